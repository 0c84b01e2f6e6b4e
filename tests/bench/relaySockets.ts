/**
 * The relay over sockets: time to a durable acknowledgement, time to the last of the watchers, and
 * memory of an idle connection. The relay runs as a process of its own; clients share this one, so
 * figures on two cores are pessimistic.
 *
 *   npm run build && npx tsx tests/bench/relaySockets.ts [watchers] [messages] [per second]
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { randomBytes, sha256 } from '../../server/hashes';
import { base64UrlToBytes, type Bytes } from '../../src/lib/bytes';
import { encodeCbor } from '../../src/protocol/codec';
import { encodeEnvelope } from '../../src/protocol/envelope';
import { OP, parseReply, REPLY, type ReplyFrame } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { relayAuthMessage } from '../../src/protocol/relayAuth';

const [watchers = 100, messages = 1_000, perSecond = 200] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(process.cwd(), 'node_modules/.bench-'));
const main = process.env['RELAY_MAIN'] ?? 'dist/server/main.js';
const relay = spawn(
  process.execPath,
  [main, '--port', '0', '--data', folder, '--no-app', '--log-level', 'error', '--max-per-address', '20000'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);

class Client {
  readonly key = generateKeyPairSync('ed25519');
  readonly publicKey = new Uint8Array(
    this.key.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
  );
  onFrame: (frame: ReplyFrame) => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (frame: ReplyFrame) => void>();
  #req = 0;
  readonly hello: Promise<Bytes>;

  constructor(readonly host: string) {
    this.#socket = new WebSocket(`ws://${host}/relay`, { perMessageDeflate: false });
    this.hello = new Promise((resolve) => {
      this.#socket.on('message', (data: Buffer) => {
        const parsed = parseReply(data);
        if (!parsed.ok) throw new Error('reply');
        const frame = parsed.value;
        if (frame[0] === REPLY.hello) resolve(frame[2]);
        else if (frame[0] === REPLY.ok || frame[0] === REPLY.refused) this.#answers.get(frame[1])?.(frame);
        else this.onFrame(frame);
      });
    });
  }

  ask(operation: number, ...rest: readonly unknown[]): Promise<ReplyFrame> {
    const req = ++this.#req;
    this.#socket.send(encodeCbor([operation, req, ...rest]));
    return new Promise((resolve) => this.#answers.set(req, resolve));
  }

  async authenticate(): Promise<void> {
    const signature = sign(null, relayAuthMessage(this.host, await this.hello), this.key.privateKey);
    await this.ask(OP.auth, this.publicKey, new Uint8Array(signature));
  }

  close(): void {
    this.#socket.terminate();
  }
}

const percentile = (times: readonly number[], p: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * p)] ?? 0;
const residentKiB = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(relay.pid)}/status`, 'utf8'))?.[1]);

async function run(): Promise<void> {
  let out = '';
  for await (const data of relay.stdout) {
    out += String(data);
    if (out.includes('einrichten/') && /einrichten\/[\w-]{43}/.test(out)) break;
  }
  const host = /http:\/\/(localhost:\d+)/.exec(out)?.[1] ?? '';
  const admin = new Client(host);
  await admin.authenticate();
  await admin.ask(OP.claim, base64UrlToBytes(/einrichten\/([\w-]{43})/.exec(out)?.[1] ?? ''));
  const [log, key] = [randomBytes(32), randomBytes(32)];
  await admin.ask(OP.create, log, 0, sha256(key), sha256(key), sha256(key));

  const before = residentKiB();
  const clients: Client[] = [];
  while (clients.length < watchers) {
    const some = Array.from({ length: Math.min(200, watchers - clients.length) }, () => new Client(host));
    await Promise.all(some.map((client) => client.hello));
    clients.push(...some);
  }
  for (let at = 0; at < clients.length; at += LIMITS.passesPerFrame) {
    const some = clients.slice(at, at + LIMITS.passesPerFrame);
    await admin.ask(
      OP.admit,
      some.map(({ publicKey }) => [publicKey, false]),
    );
  }
  await Promise.all(clients.map((client) => client.authenticate()));
  await Promise.all(clients.map((client) => client.ask(OP.watch, [[log, key, 0, 0]])));
  const perConnection = (residentKiB() - before) / watchers;

  const sentAt: number[] = [];
  const acknowledged: number[] = [];
  const delivered: number[] = [];
  let outstanding = messages * watchers;
  const all = new Promise<void>((resolve) => {
    for (const client of clients)
      client.onFrame = (frame) => {
        if (frame[0] !== REPLY.news) return;
        for (const [seq] of frame[2]) {
          delivered.push(performance.now() - (sentAt[seq - 1] ?? 0));
          if (--outstanding === 0) resolve();
        }
      };
  });
  const acks: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < messages; n++) {
    const due = start + (n * 1_000) / perSecond;
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const bytes = encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: randomBytes(330) });
    const sender = clients[n % clients.length];
    sentAt.push(performance.now());
    const from = performance.now();
    if (sender !== undefined)
      acks.push(
        sender.ask(OP.append, log, key, 0, [bytes]).then(() => acknowledged.push(performance.now() - from)),
      );
  }
  await Promise.all([all, ...acks]);
  const seconds = (performance.now() - start) / 1_000;
  const line = (what: string, text: string): void => void process.stdout.write(`${what.padEnd(44)}${text}\n`);
  line(
    'durable acknowledgement p50 / p95',
    `${percentile(acknowledged, 0.5).toFixed(2)} / ${percentile(acknowledged, 0.95).toFixed(2)} ms`,
  );
  line(
    'delivered to a watcher p50 / p95',
    `${percentile(delivered, 0.5).toFixed(2)} / ${percentile(delivered, 0.95).toFixed(2)} ms`,
  );
  line('deliveries per second', (delivered.length / seconds).toFixed(0));
  line('memory of a connection', `${perConnection.toFixed(1)} KiB`);
  for (const client of [admin, ...clients]) client.close();
}

void run().finally(() => {
  relay.kill('SIGTERM');
  relay.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
});
