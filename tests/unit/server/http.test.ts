/** The whole server on a real port, with a store in memory. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bytesToBase64Url, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { OP, parseReply, REPLY, type ReplyFrame } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { randomBytes } from '../../../server/hashes';
import { createHttp, type HttpOptions, type HttpServer } from '../../../server/http';
import { Relay } from '../../../server/relay';
import { BlobStore } from '../../../server/stores/blobStore';
import { createMemoryLogStore } from '../../../server/stores/memoryLogStore';
import { TestKey } from './relayHarness';

const folder = mkdtempSync(join(tmpdir(), 'depesche-http-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const running: HttpServer[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const server of running.splice(0)) await server.close(0);
});

async function start(options: Partial<HttpOptions> & { quotaBytes?: number; now?: () => number } = {}) {
  const now = options.now ?? (() => Date.now());
  const store = createMemoryLogStore();
  const relay = options.relay ?? new Relay({ store, now });
  const blobs = await BlobStore.open({
    folder: mkdtempSync(join(folder, 'blobs-')),
    now,
    quotaBytes: options.quotaBytes ?? 10_000_000,
  });
  const errors: unknown[] = [];
  const server = await createHttp({
    relay,
    blobs,
    pseudonymSecret: store.identity.pseudonymSecret,
    isBehindProxy: false,
    appFolder: undefined,
    limits: { total: 100, perAddress: 100 },
    onError: (error) => errors.push(error),
    ...options,
  });
  running.push(server);
  const port = await server.listen('127.0.0.1', 0);
  return {
    relay,
    blobs,
    port,
    base: `http://127.0.0.1:${String(port)}`,
    host: `127.0.0.1:${String(port)}`,
    errors,
  };
}

class Client {
  readonly frames: ReplyFrame[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor(port: number, headers: Record<string, string> = {}, path = '/relay') {
    this.#socket = new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, {
      headers,
      perMessageDeflate: true,
    });
    sockets.push(this.#socket);
    this.#socket.on('message', (data: Buffer) => {
      const parsed = parseReply(new Uint8Array(data));
      if (parsed.ok) this.frames.push(parsed.value);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', (code) => {
        resolve(code);
      });
      this.#socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
      });
    });
    this.#socket.on('error', () => undefined);
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  send(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  async frame<C extends ReplyFrame[0]>(code: C): Promise<Extract<ReplyFrame, readonly [C, ...unknown[]]>> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame[0] === code);
      const [found] = at < 0 ? [] : this.frames.splice(at, 1);
      if (found !== undefined) return found as Extract<ReplyFrame, readonly [C, ...unknown[]]>;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async authenticate(key: TestKey, host: string): Promise<void> {
    const hello = await this.frame(REPLY.hello);
    this.send(encodeCbor([OP.auth, 1, key.bytes, key.answer(hello[2], host)]));
    await this.frame(REPLY.ok);
  }
}

describe('headers and pages', { timeout: 30_000 }, () => {
  test('every answer carries the careful headers', async () => {
    const { base } = await start();
    for (const path of ['/healthz', '/readyz', '/nowhere', '/blob/x/1']) {
      const { headers } = await fetch(base + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe-inline');
      expect(policy).not.toContain("'unsafe-eval'");
      expect(policy).not.toMatch(/https?:|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=(self)');
      expect(headers.get('permissions-policy')).toContain('microphone=()');
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
    }
    const proxied = await start({ isBehindProxy: true });
    expect((await fetch(`${proxied.base}/healthz`)).headers.get('strict-transport-security')).toContain(
      'max-age',
    );
  });

  test('the app: hashed files for ever, everything else anew; nothing outside its folder', async () => {
    const appFolder = join(folder, 'app');
    mkdirSync(join(appFolder, 'assets'), { recursive: true });
    mkdirSync(join(appFolder, 'citizen'), { recursive: true });
    for (const [name, text] of [
      ['index.html', '<!doctype html>app'],
      ['citizen/index.html', '<!doctype html>citizen'],
      ['sw.js', '//'],
      ['manifest.webmanifest', '{}'],
      ['assets/main-abc123.js', '//'],
    ] as const)
      writeFileSync(join(appFolder, name), text);
    const { base } = await start({ appFolder });
    const cacheOf = async (path: string): Promise<string | null> =>
      (await fetch(base + path)).headers.get('cache-control');
    expect(await cacheOf('/assets/main-abc123.js')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/index.html', '/sw.js', '/manifest.webmanifest', '/citizen/'])
      expect(await cacheOf(path)).toBe('no-cache');
    expect(await (await fetch(`${base}/citizen/`)).text()).toContain('citizen');
    expect((await fetch(`${base}/..%2fpackage.json`)).status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${base}/assets/none.js`)).status).toBe(404);
  });

  test('a missing build says so', async () => {
    const { base } = await start({ appFolder: join(folder, 'not-built') });
    const response = await fetch(`${base}/`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build');
  });

  test('health and readiness', async () => {
    const { base, relay } = await start();
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    await relay.stop();
    expect((await fetch(`${base}/readyz`)).status).toBe(503);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });
});

describe('sockets', { timeout: 30_000 }, () => {
  test('hello, rubbish of all kinds, and the valid request behind it', async () => {
    const { port, errors } = await start();
    const client = new Client(port);
    const hello = await client.frame(REPLY.hello);
    expect(hello[1]).toBe(1);
    expect(client.extensions).toBe(''); // no compression
    client.send('text');
    expect((await client.frame(REPLY.refused))[2]).toBe('bad-frame');
    client.send(randomBytes(500));
    expect((await client.frame(REPLY.refused))[2]).toBe('bad-frame');
    client.send(new Uint8Array(0));
    expect((await client.frame(REPLY.refused))[2]).toBe('bad-frame');
    client.send(encodeCbor([OP.unwatch, 5, []]));
    expect(await client.frame(REPLY.ok)).toEqual([REPLY.ok, 5, true]);
    expect(errors).toEqual([]);
  });

  test('a frame that is too large ends the connection', async () => {
    const { port } = await start();
    const client = new Client(port);
    await client.frame(REPLY.hello);
    client.send(new Uint8Array(LIMITS.frameBytes + 1));
    expect(await client.closed).toBe(1009);
  });

  test('rubbish instead of a handshake harms nobody', async () => {
    const { port } = await start();
    for (const text of [
      '\u0000\u0001\u0002',
      'GET /relay HTTP/1.1\r\n\r\n',
      'GET /relay HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ])
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('data', () => socket.destroy());
        socket.on('error', () => undefined);
        socket.on('close', () => {
          resolve();
        });
      });
    await new Client(port).frame(REPLY.hello);
  });

  test('only its own pages may connect, and only to its path', async () => {
    const { port, host } = await start();
    expect(await new Client(port, { origin: 'https://evil.example' }).closed).toBe(403);
    expect(await new Client(port, { origin: 'null' }).closed).toBe(403);
    expect(await new Client(port, {}, '/other').closed).toBe(404);
    await new Client(port, { origin: `http://${host}` }).frame(REPLY.hello);
  });

  test('behind a proxy the host is the one the client used', async () => {
    const { port, relay } = await start({ isBehindProxy: true });
    const key = new TestKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: true }]);
    const client = new Client(port, {
      'x-forwarded-host': 'Depesche.Stadt.example',
      origin: 'https://depesche.stadt.example',
    });
    await client.authenticate(key, 'depesche.stadt.example');
  });

  test('connections per address are limited, and the place is free again afterwards', async () => {
    const { port } = await start({ limits: { total: 10, perAddress: 2 } });
    const [first, second] = [new Client(port), new Client(port)];
    await first.frame(REPLY.hello);
    await second.frame(REPLY.hello);
    expect(await new Client(port).closed).toBe(503);
    first.close();
    await first.closed;
    await new Client(port).frame(REPLY.hello);
  });

  test('who proves nothing must go; who has proved a key may stay', async () => {
    const { port, relay, host } = await start({ strangerMs: 150 });
    const key = new TestKey();
    await relay.passes.admit([{ key: key.bytes, isAdmin: true }]);
    const [stranger, device] = [new Client(port), new Client(port)];
    await device.authenticate(key, host);
    expect(await stranger.closed).toBe(1008);
    device.send(encodeCbor([OP.unwatch, 9, []]));
    expect((await device.frame(REPLY.ok))[1]).toBe(9);
  });

  test('closing says goodbye with 1001', async () => {
    const { port, relay } = await start();
    const client = new Client(port);
    await client.frame(REPLY.hello);
    await relay.stop();
    await running.pop()?.close(1_000);
    expect(await client.closed).toBe(1001);
  });
});

describe('blobs', { timeout: 30_000 }, () => {
  async function withToken(options: Parameters<typeof start>[0] = {}) {
    const server = await start(options);
    const key = new TestKey();
    await server.relay.passes.admit([{ key: key.bytes, isAdmin: false }]);
    const client = new Client(server.port);
    await client.authenticate(key, server.host);
    client.send(encodeCbor([OP.token, 2]));
    const token = (await client.frame(REPLY.ok))[2];
    if (!(token instanceof Uint8Array)) throw new Error('no token');
    const headers = { authorization: `Bearer ${bytesToBase64Url(new Uint8Array(token))}` };
    const id = bytesToBase64Url(randomBytes(32));
    const put = (
      index: number | string,
      body: Bytes,
      blob = id,
      as: Record<string, string> = headers,
    ): Promise<Response> =>
      fetch(`${server.base}/blob/${blob}/${String(index)}`, {
        method: 'PUT',
        body,
        headers: { 'content-type': 'application/octet-stream', ...as },
      });
    const get = (index: number | string): Promise<Response> =>
      fetch(`${server.base}/blob/${id}/${String(index)}`, { headers });
    const head = (blob = id): Promise<Response> =>
      fetch(`${server.base}/blob/${blob}`, { method: 'HEAD', headers });
    return { ...server, key, headers, id, put, get, head };
  }

  test('chunks come in any order, again, and are listed for resuming', async () => {
    const { put, get, head } = await withToken();
    expect((await head()).status).toBe(404);
    const chunk = randomBytes(LIMITS.blobChunkBytes + 16);
    expect((await put(3, chunk)).status).toBe(201);
    expect((await put(0, chunk)).status).toBe(201);
    expect((await put(1, randomBytes(5))).status).toBe(201);
    expect((await put(3, chunk)).status).toBe(200);
    expect((await put(3, randomBytes(9))).status).toBe(409);
    const there = await head();
    expect([there.status, there.headers.get('depesche-chunks')]).toEqual([200, '0-1,3']);
    expect(new Uint8Array(await (await get(3)).arrayBuffer())).toEqual(chunk);
    expect((await get(2)).status).toBe(404);
  });

  test('what is not a chunk is refused', async () => {
    const { put, get, head } = await withToken();
    expect((await put(0, randomBytes(LIMITS.blobChunkBytes + 65))).status).toBe(413);
    expect((await put(0, new Uint8Array(0))).status).toBeGreaterThanOrEqual(400);
    expect((await put(513, randomBytes(5))).status).toBe(413);
    expect((await put('01', randomBytes(5))).status).toBe(400);
    expect((await put('-1', randomBytes(5))).status).toBe(400);
    expect((await put(0, randomBytes(5), '..%2f..%2fescape')).status).toBe(400);
    expect((await get('owner')).status).toBe(400);
    expect((await head('short')).status).toBe(400);
  });

  test('only passes; only the owner adds; the quota holds, also in parallel', async () => {
    const { put, base, id, relay, key } = await withToken({ quotaBytes: 1_000 });
    expect((await put(0, randomBytes(5), id, { authorization: 'Bearer x' })).status).toBe(401);
    expect((await fetch(`${base}/blob/${id}/0`)).status).toBe(401);
    expect((await put(0, randomBytes(400))).status).toBe(201);
    const other = new TestKey();
    await relay.passes.admit([{ key: other.bytes, isAdmin: true }]);
    const token = bytesToBase64Url(relay.tokens.issue(other.bytes));
    expect((await put(1, randomBytes(5), id, { authorization: `Bearer ${token}` })).status).toBe(403);
    const statuses = await Promise.all(
      [1, 2, 3].map(async (index) => (await put(index, randomBytes(500))).status),
    );
    expect(statuses.sort()).toEqual([201, 507, 507]);
    await relay.passes.revoke([key.bytes]);
    expect((await put(9, randomBytes(5))).status).toBe(401);
  });

  test('old blobs go, and their place in the quota with them', async () => {
    let ahead = 0;
    const { put, get, blobs } = await withToken({ quotaBytes: 1_000, now: () => Date.now() + ahead });
    await put(0, randomBytes(900));
    expect((await put(1, randomBytes(900))).status).toBe(507);
    expect(await blobs.expire(60_000)).toBe(0);
    ahead = 120_000;
    expect(await blobs.expire(60_000)).toBe(1);
    expect((await get(0)).status).toBe(404);
    expect((await put(1, randomBytes(900))).status).toBe(201);
  });
});
