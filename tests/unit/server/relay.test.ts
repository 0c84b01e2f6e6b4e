import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'valibot';
import { encodeCbor } from '../../../src/protocol/codec';
import { LOG_KINDS, OP, passesResult, readResult, REPLY } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { randomBytes, sha256 } from '../../../server/hashes';
import { commit, entry } from '../../contract/logStore.contract';
import { NO_KEY, smallEntry, TestKey, TestRelay } from './relayHarness';

describe('who one is', () => {
  test('a signed nonce proves a relay key, once, for this host, within a minute', async () => {
    const town = new TestRelay();
    const key = new TestKey();
    const device = town.stranger();
    expect(await device.ask(OP.auth, key.bytes, key.answer(device.nonce, 'elsewhere.test'))).toBe('bad-auth');
    expect(await device.ask(OP.auth, key.bytes, key.answer(device.nonce))).toBe('bad-auth'); // used up
    const late = town.stranger();
    town.now += 60_001;
    expect(await late.authenticate(key)).toBe('bad-auth');
    expect(await town.stranger().ask(OP.auth, new Uint8Array(32).fill(255), new Uint8Array(64))).toBe(
      'bad-auth',
    );
    expect(await town.stranger().authenticate(key)).toBe(true);
  });

  test('the set-up token makes the first admin, once; only a proven key may use it', async () => {
    const town = new TestRelay();
    const token = randomBytes(32);
    await town.store.setClaimToken(sha256(token));
    expect(await town.stranger().ask(OP.claim, token)).toBe('bad-auth');
    const key = new TestKey();
    const device = town.stranger();
    await device.authenticate(key);
    expect(await device.ask(OP.passes)).toBe('no-pass');
    expect(await device.ask(OP.claim, randomBytes(32))).toBe('bad-token');
    expect(await device.ask(OP.claim, token)).toBe(true);
    expect(await device.ask(OP.claim, token)).toBe('bad-token');
    expect(parse(passesResult, await device.ask(OP.passes))).toEqual([[key.bytes, true]]);
  });

  test('admitting works on an open connection; revoking ends it at once', async () => {
    const town = new TestRelay();
    const admin = await town.device(new TestKey(), true);
    const log = await town.log(admin);
    const key = new TestKey();
    const device = town.stranger();
    await device.authenticate(key);
    expect(await device.ask(OP.read, log.log, log.read, 0, 1_000)).toBe('no-pass');
    expect(await admin.ask(OP.admit, [[key.bytes, false]])).toBe(true);
    expect(await device.ask(OP.read, log.log, log.read, 0, 1_000)).toEqual([[], 0, 1, 0]);
    await device.watch([log.log, log.read, 0, 0]);
    expect(await device.ask(OP.admit, [[randomBytes(32), true]])).toBe('forbidden');
    expect(await admin.ask(OP.revoke, [key.bytes])).toBe(true);
    expect(device.peer.closedWith).toBe(1008);
    await admin.append(log, 0, smallEntry());
    expect(device.peer.of(REPLY.news)).toEqual([]);
    expect(await device.ask(OP.read, log.log, log.read, 0, 1_000)).toBe('no-pass');
  });

  test('the last admin stays', async () => {
    const town = new TestRelay();
    const key = new TestKey();
    const admin = await town.device(key, true);
    expect(await admin.ask(OP.revoke, [key.bytes])).toBe('forbidden');
    expect(admin.peer.closedWith).toBeUndefined();
    expect(await admin.ask(OP.passes)).toEqual([[key.bytes, true]]);
  });
});

describe('who may do what', () => {
  test('conversation: a pass and the right key for everything', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const log = await town.log(device);
    expect(await device.append(log, 0, smallEntry())).toEqual([[[1, town.now]], null]);
    expect(await device.ask(OP.append, log.log, log.read, 0, [smallEntry()])).toBe('forbidden');
    expect(await device.ask(OP.append, log.log, NO_KEY, 0, [smallEntry()])).toBe('forbidden');
    expect(await device.ask(OP.read, log.log, log.write, 0, 10)).toBe('forbidden');
    expect(await device.ask(OP.put, log.log, log.write, new Uint8Array(16), Uint8Array.of(1))).toBe(true);
    expect(await device.ask(OP.put, log.log, log.read, new Uint8Array(16), Uint8Array.of(1))).toBe(
      'forbidden',
    );
    expect(await device.ask(OP.cast, log.log, log.write, Uint8Array.of(1))).toBe(true);
    expect(await device.ask(OP.close, log.log, log.write)).toBe('forbidden');
    expect(await device.ask(OP.close, log.log, log.close)).toBe(true);
    expect(await device.append(log, 0, smallEntry())).toEqual([[], ['closed', 0]]);
    expect(await device.ask(OP.append, randomBytes(32), log.write, 0, [smallEntry()])).toBe('unknown-log');
  });

  test('mailbox: any pass writes, the owner reads', async () => {
    const town = new TestRelay();
    const owner = await town.device();
    const sender = await town.device();
    const box = await town.log(owner, LOG_KINDS.mailbox);
    expect(await sender.append(box, 0, entry(LIMITS.envelopeBytes + 1))).toEqual([[[1, town.now]], null]);
    expect(await sender.ask(OP.append, box.log, NO_KEY, 0, [commit()])).toBe('bad-frame');
    expect(await sender.ask(OP.read, box.log, NO_KEY, 0, 10)).toBe('forbidden');
    expect(await sender.ask(OP.put, box.log, NO_KEY, new Uint8Array(16), Uint8Array.of(1))).toBe('forbidden');
    expect(await sender.ask(OP.cast, box.log, NO_KEY, Uint8Array.of(1))).toBe('forbidden');
    const [envelopes] = parse(readResult, await owner.ask(OP.read, box.log, box.read, 0, 10));
    expect(envelopes).toHaveLength(1);
    expect(await town.stranger().ask(OP.append, box.log, NO_KEY, 0, [smallEntry()])).toBe('unknown-log');
  });

  test('invitation: both ends of the secret, without a pass, and little of it', async () => {
    const town = new TestRelay();
    const admin = await town.device();
    const invitation = await town.log(admin, LOG_KINDS.invitation);
    const guest = town.stranger();
    expect(await guest.append(invitation, 0, smallEntry())).toEqual([[[1, town.now]], null]);
    const [envelopes] = parse(readResult, await guest.ask(OP.read, invitation.log, invitation.read, 0, 10));
    expect(envelopes[0]?.[2]).toEqual(new Uint8Array(0)); // no pass, no pseudonym
    expect(await guest.ask(OP.append, invitation.log, invitation.read, 0, [smallEntry()])).toBe(
      'unknown-log',
    );
    const tooLarge = entry(LIMITS.invitationEnvelopeBytes);
    expect(await guest.ask(OP.append, invitation.log, invitation.write, 0, [tooLarge])).toBe('too-large');
    for (let n = 1; n < LIMITS.invitationEnvelopes; n += 128)
      await admin.append(invitation, 0, ...Array.from({ length: 128 }, smallEntry));
    expect((await admin.append(invitation, 0, smallEntry()))[1]).toEqual(['full', 0]);
  });

  test('channel: anyone reads and watches, editors write', async () => {
    const town = new TestRelay();
    const editor = await town.device();
    const channel = await town.log(editor, LOG_KINDS.channel);
    const anyone = town.stranger();
    expect(await anyone.watch([channel.log, NO_KEY, 0, 0])).toEqual([]);
    expect(await editor.append(channel, 0, smallEntry())).toEqual([[[1, town.now]], null]);
    expect(anyone.peer.of(REPLY.news)).toHaveLength(1);
    expect(await anyone.ask(OP.append, channel.log, channel.write, 0, [smallEntry()])).toBe('no-pass');
    expect(await anyone.ask(OP.append, channel.log, randomBytes(32), 0, [smallEntry()])).toBe('unknown-log');
  });

  test('without a pass an unknown log and a wrong key look the same, byte for byte', async () => {
    const town = new TestRelay();
    const device = await town.device();
    for (const kind of Object.values(LOG_KINDS)) {
      const log = await town.log(device, kind);
      const operations: readonly (readonly [number, Uint8Array, ...unknown[]])[] = [
        [OP.append, log.log, randomBytes(32), 0, [smallEntry()]],
        [OP.put, log.log, randomBytes(32), new Uint8Array(16), Uint8Array.of(1)],
        [OP.cast, log.log, randomBytes(32), Uint8Array.of(1)],
        [OP.close, log.log, randomBytes(32)],
        [OP.redact, log.log, randomBytes(32), 1, NO_KEY],
        [OP.redact, log.log, randomBytes(32), 1, randomBytes(32)],
      ];
      for (const [op, id, ...rest] of operations) {
        const known = await town.stranger().ask(op, id, ...rest);
        const unknown = await town.stranger().ask(op, randomBytes(32), ...rest);
        expect([kind, op, known]).toEqual([kind, op, unknown]);
      }
    }
  });

  test('creating needs a pass; repeating is harmless, taking another’s id is not', async () => {
    const town = new TestRelay();
    const frame = [OP.create, randomBytes(32), 0, randomBytes(32), randomBytes(32), randomBytes(32)] as const;
    expect(await town.stranger().ask(...frame)).toBe('no-pass');
    const device = await town.device();
    expect(await device.ask(...frame)).toBe(true);
    expect(await device.ask(...frame)).toBe(true);
    expect(await device.ask(OP.create, frame[1], 1, frame[3], frame[4], frame[5])).toBe('exists');
  });

  test('an own entry is redacted by its pass or by the close key', async () => {
    const town = new TestRelay();
    const author = await town.device();
    const other = await town.device();
    const log = await town.log(author);
    await author.append(log, 0, smallEntry(), smallEntry());
    expect(await other.ask(OP.redact, log.log, log.write, 1, NO_KEY)).toBe('forbidden');
    expect(await author.ask(OP.redact, log.log, log.write, 1, NO_KEY)).toBe(true);
    expect(await other.ask(OP.redact, log.log, log.write, 2, log.close)).toBe(true);
    const [envelopes] = parse(readResult, await other.ask(OP.read, log.log, log.read, 0, 10_000));
    expect(envelopes.map((envelope) => envelope.length)).toEqual([6, 6]);
  });
});

describe('order', () => {
  test('stale names the last commit; commits have a rate of their own', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const other = await town.device();
    const log = await town.log(device);
    for (let n = 0; n < 4; n++) expect((await device.append(log, n, commit()))[1]).toBeNull();
    expect((await other.append(log, 3, smallEntry()))[1]).toEqual(['stale', 4]);
    const [, refusal] = await device.append(log, 4, commit());
    expect(refusal?.[0]).toBe('rate');
    expect(refusal?.[1]).toBeGreaterThan(9_000);
    expect((await device.append(log, 4, smallEntry()))[1]).toBeNull();
    expect((await other.append(log, 4, commit()))[1]).toBeNull(); // per pass
    town.now += 10_000;
    expect((await device.append(log, 6, commit()))[1]).toBeNull();
    expect((await device.append(log, 7, commit()))[1]?.[0]).toBe('rate');
  });

  test('a refused or repeated commit costs nothing of the rate', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const log = await town.log(device);
    const first = commit();
    await device.append(log, 0, first);
    for (let n = 0; n < 10; n++) {
      expect((await device.append(log, 0, commit()))[1]?.[0]).toBe('stale');
      expect(await device.append(log, 0, first)).toEqual([[[1, town.now]], null]);
    }
    expect((await device.append(log, 1, commit()))[1]).toBeNull();
  });

  test('what a list ends with is said behind its prefix', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const log = await town.log(device);
    const [accepted, refusal] = await device.append(log, 0, smallEntry(), new Uint8Array(3), smallEntry());
    expect(accepted).toHaveLength(1);
    expect(refusal).toEqual(['bad-frame', 0]);
    const future = smallEntry();
    future[0] = 2;
    expect(await device.ask(OP.append, log.log, log.write, 0, [future])).toBe('bad-frame');
    expect(await device.append(log, 0)).toEqual([[], null]);
  });

  test('a pseudonym is the same within a log and another in the next', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const names = [];
    for (const log of [await town.log(device), await town.log(device)]) {
      await device.append(log, 0, smallEntry());
      await device.append(log, 0, smallEntry());
      const [envelopes] = parse(readResult, await device.ask(OP.read, log.log, log.read, 0, 10_000));
      expect(envelopes[0]?.[2]).toEqual(envelopes[1]?.[2]);
      names.push(envelopes[0]?.[2]);
    }
    expect(names[0]).toHaveLength(8);
    expect(names[0]).not.toEqual(names[1]);
  });
});

describe('watching', () => {
  test('only logs with news, or with a head other than the cursor, or refused, are answered', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const [quiet, news, rolledBack, receipts] = [
      await town.log(device),
      await town.log(device),
      await town.log(device),
      await town.log(device),
    ];
    await device.append(news, 0, smallEntry(), commit());
    await device.ask(OP.put, receipts.log, receipts.write, new Uint8Array(16), Uint8Array.of(7));
    expect(
      await device.watch(
        [quiet.log, quiet.read, 0, 0],
        [news.log, news.read, 1, 0],
        [news.log, news.read, 2, 0],
        [rolledBack.log, rolledBack.read, 5, 0],
        [receipts.log, receipts.read, 0, 0],
        [receipts.log, receipts.read, 0, 1],
        [quiet.log, randomBytes(32), 0, 0],
        [randomBytes(32), randomBytes(32), 0, 0],
      ),
    ).toEqual([
      [6, 'forbidden'],
      [7, 'unknown-log'],
      [1, 2, 1, 2, []],
      [3, 0, 1, 0, []],
      [4, 0, 1, 0, [[1, new Uint8Array(16), Uint8Array.of(7)]]],
    ]);
  });

  test('one news frame per log and batch goes to all watchers, the sender too', async () => {
    const town = new TestRelay();
    const devices = await Promise.all(Array.from({ length: 3 }, () => town.device()));
    const [first, second, third] = devices;
    if (first === undefined || second === undefined || third === undefined) throw new Error('devices');
    const log = await town.log(first);
    for (const device of devices) await device.watch([log.log, log.read, 0, 0]);
    await third.ask(OP.unwatch, [log.log]);
    const sent = Array.from({ length: 5 }, smallEntry);
    await Promise.all(sent.map((bytes, i) => (i % 2 === 0 ? first : second).append(log, 0, bytes)));
    for (const device of [first, second]) {
      const [news, ...rest] = device.peer.of(REPLY.news);
      expect(rest).toEqual([]);
      expect(news?.[2].map(([seq]) => seq)).toEqual([1, 2, 3, 4, 5]);
      expect(news?.[2].map((envelope) => envelope[3])).toEqual(sent);
    }
    expect(third.peer.of(REPLY.news)).toEqual([]);
    await first.append(log, 0, sent[0] ?? smallEntry());
    expect(second.peer.of(REPLY.news)).toHaveLength(1); // a repeated envelope is no news
  });

  test('puts and casts reach the others; closing reaches all', async () => {
    const town = new TestRelay();
    const [sender, reader] = [await town.device(), await town.device()];
    const log = await town.log(sender);
    for (const device of [sender, reader]) await device.watch([log.log, log.read, 0, 0]);
    await sender.ask(OP.put, log.log, log.write, new Uint8Array(16), Uint8Array.of(9));
    await sender.ask(OP.cast, log.log, log.write, Uint8Array.of(8));
    await sender.ask(OP.close, log.log, log.close);
    expect(reader.peer.of(REPLY.slot)).toEqual([
      [REPLY.slot, log.log, 1, new Uint8Array(16), Uint8Array.of(9)],
    ]);
    expect(reader.peer.of(REPLY.cast)).toEqual([[REPLY.cast, log.log, Uint8Array.of(8)]]);
    expect([sender, reader].map(({ peer }) => peer.of(REPLY.closed).length)).toEqual([1, 1]);
    expect(sender.peer.of(REPLY.slot)).toEqual([]);
    expect(sender.peer.of(REPLY.cast)).toEqual([]);
    const late = await town.device();
    await late.watch([log.log, log.read, 0, 1]);
    expect(late.peer.of(REPLY.closed)).toHaveLength(1);
  });

  test('slots that do not fit one answer follow as pushes', async () => {
    const town = new TestRelay({ rates: { withPass: { burst: 1e6, perSecond: 1 } } });
    const device = await town.device();
    const logs = [await town.log(device), await town.log(device)];
    for (const log of logs)
      for (let n = 0; n < 300; n++)
        await device.ask(OP.put, log.log, log.write, randomBytes(16), Uint8Array.of(1));
    const reader = await town.device();
    const answer = await reader.watch(...logs.map(({ log, read }) => [log, read, 0, 0] as const));
    const inAnswer = answer.reduce((sum, item) => sum + (item.length === 5 ? item[4].length : 0), 0);
    expect(inAnswer + reader.peer.of(REPLY.slot).length).toBe(600);
    expect(inAnswer).toBe(300);
  });

  test('a slow reader is not fed, and reads again once it has room', async () => {
    const town = new TestRelay({ sending: { slowBytes: 1_000, stuckBytes: 5_000 } });
    const [writer, reader] = [await town.device(), await town.device()];
    const log = await town.log(writer);
    await reader.watch([log.log, log.read, 0, 0]);
    reader.peer.bufferedBytes = 2_000;
    await writer.append(log, 0, smallEntry());
    await writer.ask(OP.put, log.log, log.write, new Uint8Array(16), Uint8Array.of(1));
    await writer.ask(OP.put, log.log, log.write, new Uint8Array(16), Uint8Array.of(2));
    await town.relay.drained(reader.peer); // still too much on its way
    expect(reader.peer.of(REPLY.news)).toEqual([]);
    reader.peer.bufferedBytes = 500;
    await writer.append(log, 0, smallEntry()); // must not overtake what was left out
    expect(reader.peer.of(REPLY.news)).toEqual([]);
    await town.relay.drained(reader.peer);
    expect(reader.peer.of(REPLY.news)).toEqual([[REPLY.news, log.log, [], 0]]);
    expect(reader.peer.of(REPLY.slot).map((frame) => frame[4])).toEqual([Uint8Array.of(2)]);
    await writer.append(log, 0, smallEntry());
    expect(reader.peer.of(REPLY.news)[1]?.[2].map(([seq]) => seq)).toEqual([3]);
    reader.peer.bufferedBytes = 6_000;
    await writer.append(log, 0, smallEntry());
    expect(reader.peer.closedWith).toBe(1013);
    expect(writer.peer.closedWith).toBeUndefined();
  });

  test('who has left is told nothing', async () => {
    const town = new TestRelay();
    const [writer, reader] = [await town.device(), await town.device()];
    const log = await town.log(writer);
    await reader.watch([log.log, log.read, 0, 0]);
    town.relay.disconnect(reader.session);
    await writer.append(log, 0, smallEntry());
    expect(reader.peer.of(REPLY.news)).toEqual([]);
    const leaving = await town.device();
    const watching = leaving.ask(OP.watch, [[log.log, log.read, 0, 0]]);
    town.relay.disconnect(leaving.session);
    await watching;
    await writer.append(log, 0, smallEntry());
    expect(leaving.peer.of(REPLY.news)).toEqual([]);
  });
});

describe('floods and rubbish', { timeout: 30_000 }, () => {
  test('too many frames are refused with a wait, and the socket rests', async () => {
    const town = new TestRelay({ rates: { withoutPass: { burst: 3, perSecond: 1 } } });
    const device = town.stranger();
    for (let n = 0; n < 3; n++) expect(await device.ask(OP.unwatch, [])).toBe(true);
    expect(await device.ask(OP.unwatch, [])).toBe('rate');
    expect(device.peer.of(REPLY.refused)[0]?.[3]).toBe(1_000);
    expect(device.peer.rested).toBe(1_000);
    town.now += 1_000;
    expect(await device.ask(OP.unwatch, [])).toBe(true);
  });

  test('a pass cannot make logs without end', async () => {
    const town = new TestRelay({ rates: { creates: { burst: 2, perSecond: 1 } } });
    const device = await town.device();
    await town.log(device);
    await town.log(device);
    await expect(town.log(device)).rejects.toThrow('rate');
  });

  test('a stranger watches a handful', async () => {
    const town = new TestRelay();
    const editor = await town.device();
    const channels = [];
    for (let n = 0; n < 9; n++) channels.push(await town.log(editor, LOG_KINDS.channel));
    const answer = await town.stranger().watch(...channels.map(({ log }) => [log, NO_KEY, 0, 0] as const));
    expect(answer).toEqual([[8, 'full']]);
  });

  test('a crowd of strangers costs strangers their place, not staff', async () => {
    const town = new TestRelay({ limits: { maxStrangers: 3 } });
    const staff = await town.device();
    const channel = await town.log(staff, LOG_KINDS.channel);
    const citizen = town.stranger();
    await citizen.watch([channel.log, NO_KEY, 0, 0]);
    const crowd = [1, 2, 3, 4].map(() => town.stranger());
    expect(crowd.map(({ peer }) => peer.closedWith)).toEqual([1013, 1013, undefined, undefined]);
    expect([staff.peer.closedWith, citizen.peer.closedWith]).toEqual([undefined, undefined]);
    expect((await town.device()).peer.closedWith).toBeUndefined();
  });

  test('any bytes are answered, and so is the valid message behind them', async () => {
    const town = new TestRelay({ rates: { withPass: { burst: 1e9, perSecond: 1 } } });
    const device = await town.device();
    const log = await town.log(device);
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.anything({ withTypedArray: true, maxDepth: 3 })).map((value) => encodeIfPossible(value)),
      fc
        .tuple(fc.integer({ min: 0, max: 16 }), fc.nat(), fc.uint8Array({ maxLength: 40 }))
        .map(encodeIfPossible),
      fc
        .tuple(
          fc.integer({ min: 0, max: 16 }),
          fc.nat(),
          fc.constant(log.log),
          fc.constant(log.write),
          fc.anything(),
        )
        .map(encodeIfPossible),
    );
    await fc.assert(
      fc.asyncProperty(frames, async (bytes) => {
        const before = device.peer.frames.length;
        await device.raw(bytes);
        expect(device.peer.frames.length).toBeGreaterThan(before);
        const [accepted, refusal] = await device.append(log, 0, smallEntry());
        expect([accepted.length, refusal]).toEqual([1, null]);
      }),
      { numRuns: 400 },
    );
  });

  test('a refusal names the request whenever it had a number', async () => {
    const town = new TestRelay();
    const device = town.stranger();
    await device.raw(encodeCbor([OP.read, 77, 'no log']));
    await device.raw(Uint8Array.of(255));
    expect(device.peer.of(REPLY.refused)).toEqual([
      [REPLY.refused, 77, 'bad-frame', 0],
      [REPLY.refused, 0, 'bad-frame', 0],
    ]);
  });
});

describe('trouble', () => {
  test('more than the queue holds is told `busy`', async () => {
    const town = new TestRelay({ maxWaitingBytes: 100 });
    const device = await town.device();
    const log = await town.log(device);
    expect((await device.append(log, 0, entry(200)))[1]?.[0]).toBe('busy');
    expect((await device.append(log, 0, smallEntry()))[1]).toBeNull();
  });

  test('stopping writes and answers what was taken, and takes nothing more', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const log = await town.log(device);
    const waiting = Promise.all(Array.from({ length: 10 }, () => device.append(log, 0, smallEntry())));
    await Promise.resolve();
    const stopping = town.relay.stop();
    const late = device.ask(OP.unwatch, []);
    expect((await waiting).map(([accepted]) => accepted.length)).toEqual(Array.from({ length: 10 }, () => 1));
    await stopping;
    expect(await late).toBe('busy');
    expect(device.peer.closedWith).toBe(1001);
  });

  test('a blob token belongs to a pass and ends with it', async () => {
    const town = new TestRelay();
    expect(await town.stranger().ask(OP.token)).toBe('no-pass');
    const key = new TestKey();
    const device = await town.device(key);
    const token = await device.ask(OP.token);
    if (!(token instanceof Uint8Array)) throw new Error('no token');
    const bytes = new Uint8Array(token);
    expect(town.relay.tokens.passOf(bytes)).toEqual(key.bytes);
    town.now += 3_600_000;
    expect(town.relay.tokens.passOf(bytes)).toBeUndefined();
  });
});

function encodeIfPossible(value: unknown): Uint8Array {
  try {
    return encodeCbor(value);
  } catch {
    return Uint8Array.of(0x80);
  }
}
