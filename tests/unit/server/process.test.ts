/** The relay as the operator runs it: built, as a process with a data folder. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { base64UrlToBytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { OP, parseReply, REPLY, type ReplyFrame } from '../../../src/protocol/frames';
import packageJson from '../../../package.json' with { type: 'json' };
import { buildRelay } from '../../../server/buildRelay.mjs';
import { randomBytes, sha256 } from '../../../server/hashes';
import { smallEntry, TestKey } from './relayHarness';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'depesche-process-'));
/** Inside the project, so that the built files find their packages. */
const built = join(root, 'node_modules/.cache', `depesche-relay-${String(process.pid)}`);
const children: ChildProcess[] = [];
beforeAll(async () => {
  await buildRelay(built);
}, 60_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(built, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exited: Promise<number | null>;
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [join(built, 'main.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  let wake = (): void => undefined;
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
    wake();
  });
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      resolve(code);
      wake();
    });
  });
  return {
    child,
    out: () => out,
    err: () => err,
    exited,
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(out);
        if (match !== null) return match;
        if (child.exitCode !== null) throw new Error(`ended: ${out}${err}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const START = `process.stdout.write(require(process.argv[1]).isFromKept ? 'kept' : 'compiled')`;
const serving = /läuft auf http:\/\/localhost:(\d+)/;
const setupLink = /#\/einrichten\/([\w-]{43})/;

async function connectTo(port: string) {
  const socket = new WebSocket(`ws://localhost:${port}/relay`);
  const frames: ReplyFrame[] = [];
  let wake = (): void => undefined;
  socket.on('message', (data: Buffer) => {
    const parsed = parseReply(new Uint8Array(data));
    if (parsed.ok) frames.push(parsed.value);
    wake();
  });
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (code) => {
      resolve(code);
    }),
  );
  const next = async (): Promise<ReplyFrame> => {
    while (frames.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const frame = frames.shift();
    if (frame === undefined) throw new Error('no frame');
    return frame;
  };
  const ask = (...frame: readonly unknown[]): Promise<ReplyFrame> => {
    socket.send(encodeCbor(frame));
    return next();
  };
  const hello = await next();
  if (hello[0] !== REPLY.hello) throw new Error('no hello');
  return { ask, closed, nonce: hello[2], incarnation: hello[3] };
}

describe('the relay as a process', () => {
  test('set-up, kill -9, restart, backup, restore, reset-admin, SIGTERM', { timeout: 60_000 }, async () => {
    const data = join(folder, 'data');
    let relay = run('--port', '0', '--data', data, '--log-level', 'debug');
    let [, port = ''] = await relay.until(serving);
    const [, token = ''] = await relay.until(setupLink);
    expect(statSync(data).mode & 0o777).toBe(0o700);

    const second = run('--port', '0', '--data', data);
    expect(await second.exited).toBe(1);
    expect(second.err()).toContain('schon ein anderes Relay');

    const key = new TestKey();
    const log = randomBytes(32);
    const [readKey, writeKey] = [randomBytes(32), randomBytes(32)];
    let device = await connectTo(port);
    const auth = (): Promise<ReplyFrame> =>
      device.ask(OP.auth, 1, key.bytes, key.answer(device.nonce, `localhost:${port}`));
    expect(await auth()).toEqual([REPLY.ok, 1, true]);
    expect(await device.ask(OP.claim, 2, base64UrlToBytes(token))).toEqual([REPLY.ok, 2, true]);
    await device.ask(OP.create, 3, log, 0, sha256(readKey), sha256(writeKey), randomBytes(32));
    expect(await device.ask(OP.append, 4, log, writeKey, 0, [smallEntry()])).toMatchObject({
      2: [[[1, expect.any(Number)]], null],
    });
    const { incarnation } = device;
    relay.child.kill('SIGKILL');
    await relay.exited;

    relay = run('--port', '0', '--data', data);
    [, port = ''] = await relay.until(serving);
    device = await connectTo(port);
    expect(device.incarnation).toEqual(incarnation);
    await auth();
    expect(await device.ask(OP.read, 5, log, readKey, 0, 1_000)).toMatchObject({ 2: { 1: 1 } });
    expect(relay.out()).not.toMatch(setupLink); // there is an admin

    const backup = join(folder, 'backup');
    expect(await run('backup', backup, '--data', data).exited).toBe(0);
    expect(await run('backup', backup, '--data', data).exited).toBe(1); // never overwrites
    const copy = new Database(join(backup, 'relay.db'), { readonly: true });
    expect(copy.prepare('SELECT count(*) AS n FROM envelopes').get()).toEqual({ n: 1 });
    expect(copy.prepare("SELECT count(*) AS n FROM meta WHERE name = 'incarnation'").get()).toEqual({ n: 0 });
    copy.close();

    const running = run('restore', backup, '--data', data);
    expect(await running.exited).toBe(1);
    expect(running.err()).toContain('schon ein anderes Relay');
    const moved = join(folder, 'moved');
    const restored = run('restore', backup, '--data', moved, '--public-url', 'https://depesche.example');
    expect(await restored.exited).toBe(0);
    expect(restored.out()).toMatch(/https:\/\/depesche\.example\/#\/einrichten\/[\w-]{43}/);
    expect(await run('restore', backup, '--data', moved).exited).toBe(1); // never overwrites
    const successor = run('--port', '0', '--data', moved);
    const [, newPort = ''] = await successor.until(serving);
    const there = await connectTo(newPort);
    expect(there.incarnation).not.toEqual(incarnation);
    await there.ask(OP.auth, 1, key.bytes, key.answer(there.nonce, `localhost:${newPort}`));
    expect(await there.ask(OP.read, 2, log, readKey, 0, 1_000)).toMatchObject({ 2: { 1: 1 } });
    const heir = new TestKey();
    const claiming = await connectTo(newPort);
    await claiming.ask(OP.auth, 1, heir.bytes, heir.answer(claiming.nonce, `localhost:${newPort}`));
    const restoreToken = base64UrlToBytes(setupLink.exec(restored.out())?.[1] ?? '');
    expect(await claiming.ask(OP.claim, 2, restoreToken)).toEqual([REPLY.ok, 2, true]);
    successor.child.kill('SIGTERM');
    expect(await successor.exited).toBe(0);

    const reset = run('reset-admin', '--data', data, '--port', port);
    expect(await reset.exited).toBe(0);
    const newToken = base64UrlToBytes(setupLink.exec(reset.out())?.[1] ?? '');
    const otherKey = new TestKey();
    const other = await connectTo(port);
    await other.ask(OP.auth, 1, otherKey.bytes, otherKey.answer(other.nonce, `localhost:${port}`));
    expect(await other.ask(OP.claim, 2, newToken)).toEqual([REPLY.ok, 2, true]);

    relay.child.kill('SIGTERM');
    expect(await relay.exited).toBe(0);
    expect(await device.closed).toBe(1001);
    expect(existsSync(join(data, 'relay.db-wal'))).toBe(false);

    const logs = relay.err();
    expect(logs).toContain('"msg":"stopped"');
    for (const secret of [log, readKey, key.bytes])
      for (const form of ['hex', 'base64url', 'base64'] as const)
        expect(logs + relay.out()).not.toContain(Buffer.from(secret).toString(form));
    expect(logs).not.toMatch(/127\.0\.0\.1|::1/);
  });

  test('wrong options end with 2 and one line; a taken port with 1', { timeout: 60_000 }, async () => {
    const wrong = run('--port', 'many');
    expect(await wrong.exited).toBe(2);
    expect(wrong.err().trim().split('\n')).toHaveLength(1);
    const relay = run('--port', '0', '--data', join(folder, 'a'));
    const [, port = ''] = await relay.until(serving);
    const taken = run('--port', port, '--data', join(folder, 'b'));
    expect(await taken.exited).toBe(1);
    expect(taken.err()).toContain('belegt');
    expect(await run('--version').exited).toBe(0);
    expect(await run('reset-admin', '--data', join(folder, 'none')).exited).toBe(1);
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('"version"');
  });

  test('starts from what was compiled when it was built, and without it all the same', () => {
    const { version } = packageJson;
    const start = (): string =>
      spawnSync(process.execPath, ['-e', START, join(built, 'main.js'), '--version'], {
        encoding: 'utf8',
      }).stdout;
    const [code, compiled] = [join(built, 'relay.js'), join(built, 'relay.js.compiled')];
    const [wasCode, wasCompiled] = [readFileSync(code), readFileSync(compiled)];
    expect(start()).toBe(`${version}\nkept`);

    const otherCode = Buffer.from(wasCode.toString().replace('(is running)', '(IS RUNNING)'));
    expect(otherCode).toHaveLength(wasCode.length);
    writeFileSync(code, otherCode);
    expect(start()).toBe(`${version}\ncompiled`);
    writeFileSync(code, wasCode);

    const damaged = Buffer.from(wasCompiled);
    damaged.fill(0, damaged.length >> 1);
    for (const bytes of [damaged, wasCompiled.subarray(0, 4_096), Buffer.alloc(0)]) {
      writeFileSync(compiled, bytes);
      expect(start()).toBe(`${version}\ncompiled`);
    }
    rmSync(compiled);
    expect(start()).toBe(`${version}\ncompiled`);
    writeFileSync(compiled, wasCompiled);
    expect(start()).toBe(`${version}\nkept`);
  });
});
