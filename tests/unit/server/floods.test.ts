/** Each bound that keeps a flood away from the staff (P10), one by one; no times are measured here. */
import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'valibot';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { bytesToBase64Url } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { LOG_KINDS, OP, readResult, REPLY } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { randomBytes, sha256 } from '../../../server/hashes';
import { createHttp, type HttpOptions, type HttpServer } from '../../../server/http';
import { Relay } from '../../../server/relay';
import { SEND_LIMITS, SendBudget } from '../../../server/sendBudget';
import { BlobStore } from '../../../server/stores/blobStore';
import { createMemoryLogStore } from '../../../server/stores/memoryLogStore';
import { entry } from '../../contract/logStore.contract';
import { RelayKey, RelaySocket, valueOfAsked } from '../../helpers/relaySocket';
import { smallEntry, TestDevice, TestKey, TestRelay } from './relayHarness';

describe('connections of a pass', () => {
  test('are so many; the newest costs the oldest its place, and nobody else', async () => {
    const town = new TestRelay({ limits: { maxOfPass: 3 } });
    const key = new TestKey();
    const other = await town.device();
    const devices = [await town.device(key)];
    while (devices.length < 5) {
      const device = new TestDevice(town.relay);
      await device.authenticate(key);
      devices.push(device);
    }
    expect(devices.map(({ peer }) => peer.closedWith)).toEqual([1013, 1013, undefined, undefined, undefined]);
    expect(other.peer.closedWith).toBeUndefined();
    for (const { session } of devices.slice(0, 3)) town.relay.disconnect(session);
    await new TestDevice(town.relay).authenticate(key);
    expect(devices[3]?.peer.closedWith).toBeUndefined(); // there was room again
  });

  test('share one rate, which does not begin anew with a new connection', async () => {
    const town = new TestRelay({ rates: { withPass: { burst: 4, perSecond: 1 } } });
    const key = new TestKey();
    const [first, second] = [await town.device(key), await town.device(key)];
    const asked = [];
    for (const device of [first, second, first, second]) asked.push(await device.ask(OP.unwatch, []));
    expect(asked).toEqual([true, true, true, true]);
    town.relay.disconnect(first.session);
    const third = new TestDevice(town.relay);
    await third.authenticate(key);
    expect(await third.ask(OP.unwatch, [])).toBe('rate');
    town.now += 1_000;
    expect(await second.ask(OP.unwatch, [])).toBe(true);
  });

  test('may send large frames only once they have shown it', async () => {
    const town = new TestRelay();
    const key = new TestKey();
    const device = new TestDevice(town.relay);
    await device.authenticate(key);
    expect(device.peer.isTrusted).toBe(false);
    await town.relay.passes.admit([{ key: key.bytes, isAdmin: false }]);
    const admin = await town.device(new TestKey(), true);
    await admin.ask(OP.admit, [[key.bytes, false]]);
    expect(device.peer.isTrusted).toBe(true);
  });
});

describe('what a pass may do', () => {
  test('many small envelopes count as the work they are', async () => {
    const town = new TestRelay({ rates: { withPass: { burst: 100, perSecond: 1 } } });
    const device = await town.device();
    const log = await town.log(device);
    const many = Array.from({ length: 256 }, smallEntry);
    const [appended] = await device.append(log, 0, ...many);
    expect(appended).toHaveLength(256); // 1 + 256/8 of what 1 frame before has left
    for (let n = 0; n < 2; n++) await device.append(log, 0, ...Array.from({ length: 256 }, smallEntry));
    expect(await device.ask(OP.append, log.log, log.write, 0, [smallEntry()])).toBe('rate');
  });

  test('writes so much, then slowly, wherever it writes; others are not touched', async () => {
    // units of 16 KiB
    const town = new TestRelay({ rates: { appended: { burst: 4, perSecond: 1 } } });
    const device = await town.device();
    const logs = [await town.log(device), await town.log(device)] as const;
    const half = entry(32 * 1024 - 10);
    expect((await device.append(logs[0], 0, half))[1]).toBeNull();
    expect((await device.append(logs[1], 0, half))[1]).toBeNull();
    const more = entry(16 * 1024 - 10);
    expect(await device.ask(OP.append, logs[0].log, logs[0].write, 0, [more])).toBe('rate');
    const other = await town.device();
    expect((await other.append(logs[0], 0, more))[1]).toBeNull();
    town.now += 1_000;
    expect((await device.append(logs[0], 0, more))[1]).toBeNull();
  });

  test('a stolen pass fills no mailbox, and not all of them quickly', async () => {
    const town = new TestRelay({ rates: { mails: { burst: 1_200, perSecond: 1 } } });
    const owner = await town.device();
    const boxes = [
      await town.log(owner, LOG_KINDS.mailbox),
      await town.log(owner, LOG_KINDS.mailbox),
    ] as const;
    const thief = await town.device();
    for (let n = 0; n < 4; n++) {
      const list = Array.from({ length: 250 }, smallEntry);
      expect((await thief.append(boxes[0], 0, ...list))[1]).toBeNull();
    }
    expect(LIMITS.mailboxEnvelopesOfPass).toBe(1_000);
    expect((await thief.append(boxes[0], 0, smallEntry()))[1]?.[0]).toBe('full');
    expect((await owner.append(boxes[0], 0, smallEntry()))[1]).toBeNull();
    const rest = Array.from({ length: 199 }, smallEntry);
    expect((await thief.append(boxes[1], 0, ...rest))[1]).toBeNull();
    expect(await thief.ask(OP.append, boxes[1].log, boxes[1].write, 0, [smallEntry()])).toBe('rate');
    // conversations are no mailboxes
    expect((await thief.append(await town.log(thief), 0, smallEntry()))[1]).toBeNull();
  });
});

describe('reading', () => {
  test('counts what was read, though that is known only afterwards', async () => {
    const town = new TestRelay({ rates: { withPass: { burst: 60, perSecond: 1 } } });
    const writer = await town.device();
    const log = await town.log(writer);
    await writer.append(log, 0, ...Array.from({ length: 8 }, () => entry(60_000)));
    const reader = await town.device();
    const read = (): Promise<unknown> => reader.ask(OP.read, log.log, log.read, 0, LIMITS.readBytes);
    for (let n = 0; n < 2; n++) expect(parse(readResult, await read())[0]).toHaveLength(8); // 1 and 29 each
    expect(await read()).toBe('rate');
    town.now += 30_000;
    expect(parse(readResult, await read())[0]).toHaveLength(8);
  });

  test('is answered one page at a time, and waits while the reader does not take the last', async () => {
    const town = new TestRelay();
    const device = await town.device();
    const log = await town.log(device);
    await device.append(log, 0, ...Array.from({ length: 4 }, () => entry(1_000)));
    device.peer.roomBytes = 10;
    device.peer.bufferedBytes = 100;
    const reads = Promise.all([0, 1, 2].map((after) => device.ask(OP.read, log.log, log.read, after, 1)));
    const answers = (): number =>
      device.peer.of(REPLY.ok).filter(({ 2: result }) => Array.isArray(result)).length;
    const before = answers();
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
    await device.ask(OP.unwatch, []); // other requests go on
    expect(answers()).toBe(before);
    device.peer.bufferedBytes = 0;
    device.peer.drain();
    const pages = (await reads).map((read) => parse(readResult, read)[0].map(([seq]) => seq));
    expect(pages).toEqual([[1], [2], [3]]);
  });

  test('strangers get small pages; so does everybody while too much waits for slow readers', async () => {
    const budget = new SendBudget(SEND_LIMITS);
    expect([budget.pageBytes(1e6, true), budget.pageBytes(1e6, false)]).toEqual([
      1e6,
      SEND_LIMITS.tightBytes,
    ]);
    expect([budget.isSlow(SEND_LIMITS.slowBytes), budget.isSlow(SEND_LIMITS.slowBytes + 1)]).toEqual([
      false,
      true,
    ]);
    budget.changed(SEND_LIMITS.totalBytes + 1);
    expect(budget.isTight).toBe(true);
    expect(budget.pageBytes(1e6, true)).toBe(SEND_LIMITS.tightBytes);
    expect(budget.isSlow(SEND_LIMITS.tightBytes + 1)).toBe(true);
    budget.changed(-1);
    expect(budget.isTight).toBe(false);
  });
});

describe('on a real port', { timeout: 30_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-floods-'));
  const servers: HttpServer[] = [];
  const sockets: { destroy(): unknown }[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await server.close(0);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(options: Partial<HttpOptions> = {}) {
    const store = createMemoryLogStore();
    const relay = new Relay({ store, now: () => Date.now() });
    const blobs = await BlobStore.open({ folder: join(folder, 'blobs'), now: () => 0, quotaBytes: 1e9 });
    const server = await createHttp({
      relay,
      blobs,
      pseudonymSecret: store.identity.pseudonymSecret,
      isBehindProxy: false,
      appFolder: undefined,
      limits: { total: 100, perAddress: 100 },
      onError: (error) => {
        throw error;
      },
      ...options,
    });
    servers.push(server);
    const port = await server.listen('127.0.0.1', 0);
    return { relay, port, host: `127.0.0.1:${String(port)}` };
  }

  function open(host: string): RelaySocket {
    const socket = new RelaySocket(host);
    sockets.push({ destroy: () => socket.drop() });
    return socket;
  }

  function silent(port: number): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  test('connections that ask for nothing cost the oldest of them, not those who are served', async () => {
    const { port, host } = await start({ maxNewcomers: 4 });
    const device = open(host);
    expect(await device.nonce).toBeDefined();
    const crowd: Socket[] = [];
    const closings: Promise<unknown>[] = [];
    while (crowd.length < 7) {
      const socket = silent(port);
      closings.push(new Promise((resolve) => socket.once('close', resolve)));
      await new Promise((resolve) => socket.once('connect', resolve));
      crowd.push(socket);
    }
    await Promise.all(closings.slice(0, 3));
    expect(crowd.slice(3).map((socket) => socket.destroyed)).toEqual([false, false, false, false]);
    expect((await device.ask(OP.unwatch, [])).type).toBe('ok');
    expect(await open(host).nonce).toBeDefined();
  });

  test('a stranger sends no large frame, a device with a pass does', async () => {
    const { relay, host } = await start();
    const large = encodeCbor([OP.unwatch, 1, randomBytes(LIMITS.strangerFrameBytes)]);
    const stranger = open(host);
    await stranger.nonce;
    stranger.socket.send(large);
    expect(await stranger.closed).toBe(1009);
    const key = new RelayKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: false }]);
    const device = open(host);
    valueOfAsked(await device.authenticate(key));
    device.socket.send(large);
    expect((await device.ask(OP.unwatch, [])).type).toBe('ok');
    device.socket.send(new Uint8Array(LIMITS.frameBytes + 1));
    expect(await device.closed).toBe(1009);
  });

  test('what is sent in one turn comes in its order, and all of it before a goodbye', async () => {
    const { relay, host } = await start();
    const key = new RelayKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: true }]);
    const device = open(host);
    valueOfAsked(await device.authenticate(key));
    const answers = Array.from({ length: 30 }, () => device.ask(OP.unwatch, []));
    const order: number[] = [];
    answers.forEach((answer, i) => void answer.then(() => order.push(i)));
    await Promise.all(answers);
    expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
    // revoking oneself is answered, then the connection ends
    await relay.passes.admit([{ key: new RelayKey().bytes, isAdmin: true }]);
    const revoked = device.ask(OP.revoke, [key.bytes]);
    expect((await revoked).type).toBe('ok');
    expect(await device.closed).toBe(1008);
  });

  test('whoever comes back to many logs on a slow line gets all of them, and is not sent away', async () => {
    const { relay, host } = await start();
    const key = new RelayKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: false }]);
    const device = open(host);
    valueOfAsked(await device.authenticate(key));
    const log = randomBytes(32);
    const none = sha256(new Uint8Array(0));
    valueOfAsked(await device.ask(OP.create, log, LOG_KINDS.channel, none, none, none));
    for (let n = 0; n < 2; n++) {
      const list = Array.from({ length: 8 }, () => entry(64_000));
      valueOfAsked(await device.ask(OP.append, log, new Uint8Array(0), 0, list));
    }
    // 30 MiB in one go: more than the system's buffers and what may wait for one reader
    const reads = Array.from({ length: 30 }, () =>
      device.ask(OP.read, log, new Uint8Array(0), 0, LIMITS.readBytes),
    );
    device.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    device.socket.resume();
    for (const read of reads) expect(parse(readResult, valueOfAsked(await read))[0]).toHaveLength(16);
  });

  test('a body is read only from those who may send one, and so many at once', async () => {
    const { relay, port, host } = await start();
    const head = (path: string, more = ''): string =>
      `PUT ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/octet-stream\r\nContent-Length: 200000\r\n${more}\r\n`;
    const answerTo = async (text: string): Promise<string> => {
      const socket = silent(port);
      const answer = new Promise<string>((resolve) =>
        socket.once('data', (data: Buffer) => {
          resolve(data.toString().slice(9, 12));
        }),
      );
      socket.write(text); // and never a body
      return answer;
    };
    const path = (): string => `/blob/${bytesToBase64Url(randomBytes(32))}/0`;
    expect(await answerTo(head(path()))).toBe('401');
    const key = new RelayKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: false }]);
    const token = `Authorization: Bearer ${bytesToBase64Url(relay.tokens.issue(key.bytes))}\r\n`;
    for (let n = 0; n < 16; n++) silent(port).write(head(path(), token));
    // the seventeenth; those before it may not have been seen yet
    let answer = '';
    while (answer !== '429') answer = await Promise.race([answerTo(head(path(), token)), later()]);
    expect(answer).toBe('429');
  });

  const later = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 50, 'later'));
});
