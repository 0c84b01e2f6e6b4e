/**
 * Promise P10: what each kind of flood does to the staff, on the same machine. Staff write into one
 * conversation at a calm pace; measured is the time from sending to the last of them having it, on disk
 * before. The flood runs in a process of its own; relay, flood and staff share the processors.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes, sha256 } from '../../server/hashes';
import { base64UrlToBytes, bytesToHex } from '../../src/lib/bytes';
import { LOG_KINDS, OP, REPLY } from '../../src/protocol/frames';
import { TestRelay } from '../helpers/relay';
import { RelayKey, RelaySocket, valueOfAsked } from '../helpers/relaySocket';
import { envelopeOf } from './relayTown';

export const FLOOD_KINDS = ['strangers', 'half-open', 'oversized', 'slow-readers', 'member'] as const;
export type FloodKind = (typeof FLOOD_KINDS)[number];

export interface FloodsOptions {
  readonly dataFolder: string;
  /** Of each flood. */
  readonly seconds: number;
  readonly idleDevices: number;
  readonly say: (line: string) => void;
}

export interface FloodFigure {
  readonly kind: FloodKind | 'nothing' | 'idle devices';
  /** ms until all staff have a message. */
  readonly p50: number;
  readonly p95: number;
  readonly lost: number;
  /** Most the relay's process held, MiB. */
  readonly memoryMiB: number;
}

const STAFF = 20;
const PACE_MS = 100;
const SETTLE_MS = 2_000;
const PATIENCE_MS = 10_000;
/** Before the first flood, so that code is warm. */
const WARM_MS = 2_000;

export async function floods(options: FloodsOptions): Promise<readonly FloodFigure[]> {
  const { dataFolder, say } = options;
  // all come from one address here, which in a town only a flood does
  const args = [
    '--log-level',
    'error',
    '--no-app',
    '--max-per-address',
    '14000',
    '--max-connections',
    '14000',
  ];
  const relay = await TestRelay.start({ dataFolder, args });
  const town = await settle(relay);
  const figures: FloodFigure[] = [];
  const measure = async (kind: FloodFigure['kind']): Promise<void> => {
    const figure = { kind, ...(await staffTimes(town, relay, options.seconds * 1_000)) };
    figures.push(figure);
    say(lineOf(figure));
  };
  try {
    await staffTimes(town, relay, WARM_MS);
    await measure('nothing');
    for (const kind of FLOOD_KINDS) {
      const flood = town.flood(kind);
      await pause(SETTLE_MS);
      await measure(kind);
      flood.kill('SIGKILL');
      await pause(SETTLE_MS);
    }
    await town.addIdle(options.idleDevices);
    await measure('idle devices');
  } finally {
    town.close();
    await relay.kill();
  }
  return figures;
}

export function lineOf({ kind, p50, p95, lost, memoryMiB }: FloodFigure): string {
  return `${kind.padEnd(14)} p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${String(lost)} lost, ${memoryMiB.toFixed(0)} MiB`;
}

type Town = Awaited<ReturnType<typeof settle>>;

async function settle(relay: TestRelay) {
  const host = `localhost:${String(relay.port)}`;
  const admin = new RelaySocket(host);
  const [adminKey, attacker] = [new RelayKey(), new RelayKey()];
  valueOfAsked(await admin.authenticate(adminKey));
  valueOfAsked(await admin.ask(OP.claim, base64UrlToBytes(relay.setupLink?.split('/einrichten/')[1] ?? '')));
  const keys = Array.from({ length: STAFF }, () => new RelayKey());
  valueOfAsked(
    await admin.ask(
      OP.admit,
      [...keys, attacker].map(({ bytes }) => [bytes, false]),
    ),
  );
  const key = randomBytes(32);
  const [own, attacked] = [randomBytes(32), randomBytes(32)];
  const hash = sha256(key);
  for (const log of [own, attacked])
    valueOfAsked(await admin.ask(OP.create, log, LOG_KINDS.conversation, hash, hash, hash));
  // something worth reading
  for (let n = 0; n < 8; n++)
    valueOfAsked(
      await admin.ask(
        OP.append,
        attacked,
        key,
        0,
        Array.from({ length: 15 }, () => envelopeOf(64_000)),
      ),
    );
  const staff = keys.map(() => new RelaySocket(host));
  for (const [i, socket] of staff.entries()) {
    valueOfAsked(await socket.authenticate(keys[i] ?? adminKey));
    valueOfAsked(await socket.ask(OP.watch, [[own, key, 0, 0]]));
  }
  const idle: RelaySocket[] = [];
  return {
    staff,
    log: own,
    key,
    flood: (kind: FloodKind): ChildProcess =>
      fork(
        join(import.meta.dirname, 'flooder.ts'),
        [kind, 'localhost', String(relay.port), bytesToHex(attacked), bytesToHex(key), attacker.secretHex()],
        { execArgv: ['--import', 'tsx'], stdio: 'inherit' },
      ),
    addIdle: async (count: number) => {
      while (idle.length < count) {
        const some = Array.from({ length: Math.min(200, count - idle.length) }, () => new RelayKey());
        valueOfAsked(
          await admin.ask(
            OP.admit,
            some.map(({ bytes }) => [bytes, false]),
          ),
        );
        const sockets = some.map(() => new RelaySocket(host));
        await Promise.all(
          sockets.map(async (socket, i) => {
            valueOfAsked(await socket.authenticate(some[i] ?? adminKey));
            valueOfAsked(await socket.ask(OP.watch, [[attacked, key, 1_000_000, 0]]));
          }),
        );
        idle.push(...sockets);
      }
    },
    close: () => {
      for (const socket of [admin, ...staff, ...idle]) socket.drop();
    },
  };
}

async function staffTimes({ staff, log, key }: Town, relay: TestRelay, ms: number) {
  const times: number[] = [];
  const open = new Map<string, { from: number; left: number; done: () => void }>();
  for (const socket of staff)
    socket.onPush = (frame) => {
      if (frame[0] !== REPLY.news) return;
      for (const [, , , bytes] of frame[2]) {
        const sent = open.get(bytesToHex(sha256(bytes)));
        if (sent === undefined || --sent.left > 0) continue;
        times.push(performance.now() - sent.from);
        sent.done();
      }
    };
  const end = performance.now() + ms;
  const all: Promise<unknown>[] = [];
  let memoryMiB = 0;
  for (let n = 0; performance.now() < end; n++) {
    const bytes = envelopeOf(330);
    const sent = new Promise<void>((done) => {
      open.set(bytesToHex(sha256(bytes)), { from: performance.now(), left: staff.length, done });
    });
    void staff[n % staff.length]?.ask(OP.append, log, key, 0, [bytes]);
    all.push(sent);
    memoryMiB = Math.max(memoryMiB, residentMiB(relay));
    await pause(PACE_MS);
  }
  await Promise.race([Promise.all(all), pause(PATIENCE_MS)]);
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), lost: all.length - times.length, memoryMiB };
}

function residentMiB(relay: TestRelay): number {
  const status = readFileSync(`/proc/${String(relay.pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
