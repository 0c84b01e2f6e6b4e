/** A full or broken disk: nothing more is acknowledged, reads go on, and when it is well, so is the relay. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { err } from '../../../src/lib/result';
import { appendResult, OP, readResult, REPLY } from '../../../src/protocol/frames';
import { randomBytes, sha256 } from '../../../server/hashes';
import { seldom } from '../../../server/seldom';
import { storeFailure, type LogStore } from '../../../server/stores/logStore';
import { createMemoryLogStore } from '../../../server/stores/memoryLogStore';
import { openSqliteLogStore } from '../../../server/stores/sqliteLogStore';
import { entry } from '../../contract/logStore.contract';
import { smallEntry, TestKey, TestRelay } from './relayHarness';

const folder = mkdtempSync(join(tmpdir(), 'depesche-disk-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Fails every verb that writes while `isBroken`. */
function breakable(inner: LogStore): LogStore & { isBroken: boolean } {
  const storage = err(storeFailure('storage'));
  const unless =
    <A extends unknown[], T>(verb: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T | typeof storage> =>
      store.isBroken ? storage : verb(...args);
  const store = {
    ...inner,
    isBroken: false,
    create: unless(inner.create),
    append: async (batch: Parameters<LogStore['append']>[0]) =>
      store.isBroken
        ? batch.map(() => ({ appended: [], refused: storeFailure('storage'), lastCommit: 0 }))
        : inner.append(batch),
    put: unless(inner.put),
    closeLog: unless(inner.closeLog),
    redact: unless(inner.redact),
    truncate: unless(inner.truncate),
    expire: unless(inner.expire),
    admit: unless(inner.admit),
    revoke: unless(inner.revoke),
    setClaimToken: unless(inner.setClaimToken),
    claim: unless(inner.claim),
    probe: unless(inner.probe),
  };
  return store;
}

test('at every write of the relay: refused as `storage`, told to nobody, and as before afterwards', async () => {
  const store = breakable(createMemoryLogStore());
  const town = new TestRelay({ store });
  const [admin, member] = [await town.device(new TestKey(), true), await town.device()];
  const log = await town.log(admin);
  await member.watch([log.log, log.read, 0, 0]);
  await admin.append(log, 0, smallEntry());
  const token = randomBytes(32);
  await store.setClaimToken(sha256(token));
  const newcomer = new TestKey();
  const stranger = town.stranger();
  await stranger.authenticate(newcomer);
  const told = member.peer.frames.length;
  const hash = sha256(randomBytes(32));
  const writes: readonly (() => Promise<unknown>)[] = [
    () => admin.ask(OP.create, randomBytes(32), 0, hash, hash, hash),
    () => admin.ask(OP.put, log.log, log.write, randomBytes(16), Uint8Array.of(1)),
    () => admin.ask(OP.redact, log.log, log.write, 1, new Uint8Array(0)),
    () => stranger.ask(OP.claim, token),
    () => admin.ask(OP.admit, [[newcomer.bytes, false]]),
    () => admin.ask(OP.close, log.log, log.close),
  ];

  store.isBroken = true;
  for (const write of writes) expect(await write()).toBe('storage');
  expect(await admin.append(log, 0, smallEntry())).toEqual([[], ['storage', 0]]);
  expect(await town.relay.expire(0)).toBe(0);
  expect(await town.relay.isReady()).toBe(false);
  expect(member.peer.frames).toHaveLength(told);
  expect(town.relay.passes.has(newcomer.bytes)).toBe(false);
  expect(parse(readResult, await member.ask(OP.read, log.log, log.read, 0, 1_000))[1]).toBe(1);
  expect(await member.watch([log.log, log.read, 0, 0])).toHaveLength(1);

  store.isBroken = false;
  expect(await town.relay.isReady()).toBe(true);
  expect(await admin.append(log, 0, smallEntry())).toEqual([[[2, town.now]], null]);
  for (const write of writes) expect(await write()).toBe(true);
  expect(town.relay.passes.has(newcomer.bytes)).toBe(true);
  expect(member.peer.of(REPLY.closed)).toHaveLength(1);
});

test('a database without room: acknowledged is what is there; room comes, and it goes on', async () => {
  const opened = await openSqliteLogStore({ file: join(folder, 'relay.db'), maxPages: 60 });
  if (!opened.ok) throw new Error(opened.error.type);
  const store = opened.value;
  const town = new TestRelay({ store });
  const device = await town.device();
  const log = await town.log(device);
  const answers = [];
  for (let n = 0; n < 30; n++)
    answers.push(parse(appendResult, await device.ask(OP.append, log.log, log.write, 0, [entry(10_000)])));
  const taken = answers.filter(([appended]) => appended.length === 1).length;
  expect(taken).toBeGreaterThan(3);
  for (const [appended, refused] of answers.slice(taken))
    expect([appended, refused?.[0]]).toEqual([[], 'storage']);
  expect(await town.relay.isReady()).toBe(false);
  const page = parse(readResult, await device.ask(OP.read, log.log, log.read, 0, 1_000_000));
  expect(page[0].map(([seq]) => seq)).toEqual(Array.from({ length: taken }, (_, i) => i + 1));

  town.now += 1_000;
  expect(await town.relay.expire(500)).toBe(taken);
  expect(await town.relay.isReady()).toBe(true);
  expect(await device.append(log, 0, entry(10_000))).toEqual([[[taken + 1, town.now]], null]);
  await store.end();
});

test('the log says the same trouble once a minute, and how often it was silent', () => {
  let now = 0;
  const lines: unknown[] = [];
  const say = seldom(
    () => now,
    (what, unsaid) => lines.push([what, unsaid]),
  );
  for (; now < 60_000; now += 1_000) say('SQLITE_FULL');
  say('SQLITE_IOERR');
  say('SQLITE_FULL');
  expect(lines).toEqual([
    ['SQLITE_FULL', 0],
    ['SQLITE_IOERR', 0],
    ['SQLITE_FULL', 59],
  ]);
});
