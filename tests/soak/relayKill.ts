/**
 * Promise P1 on the real relay: senders with real sockets write as fast as they are answered, the
 * process is killed at a moment nobody chose (SIGKILL), started again, and asked for everything it
 * ever acknowledged. Envelopes without an answer are sent again byte for byte, as devices do.
 *
 * What it is killed on is passed in: the plain disk, or one that forgets what was not synced
 * (`powerCut.ts`).
 */
import { randomBytes, sha256 } from '../../server/hashes';
import { parse } from 'valibot';
import { base64UrlToBytes, bytesToBase64Url, type Bytes } from '../../src/lib/bytes';
import { encodeEnvelope } from '../../src/protocol/envelope';
import { appendResult, LOG_KINDS, OP, readResult } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { TestRelay, type TestRelayOptions } from '../helpers/relay';
import { RelayKey, RelaySocket, valueOfAsked } from '../helpers/relaySocket';
import { SeededRandom } from '../helpers/seededRandom';
import { Ledger, type Chunk } from './ledger';

/** What the data folder lies on. */
export interface Disk {
  /** Environment of the relay's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers the folder that the next relay finds after the crash. */
  crashed(dataFolder: string): Promise<string>;
}

export const PLAIN_DISK: Disk = { env: {}, crashed: async (dataFolder) => dataFolder };

export interface RelayKillOptions {
  readonly seed: number;
  readonly rounds: number;
  /** An existing, empty folder. */
  readonly dataFolder: string;
  readonly disk?: Disk;
  readonly senders?: number;
  /** Acknowledged envelopes of a round after which the kill comes: somewhere between the two. */
  readonly killAfter?: readonly [number, number];
  readonly relay?: Pick<TestRelayOptions, 'main' | 'nodeArgs'>;
  readonly onRound?: (line: string) => void;
}

export interface RelayKillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Stored, and the answer lost: these were sent again. */
  readonly unheard: number;
  readonly chunks: number;
  /** Empty when every promise was kept. */
  readonly faults: readonly string[];
}

const LOGS = 6;

export async function relayKill(options: RelayKillOptions): Promise<RelayKillReport> {
  const { disk = PLAIN_DISK, senders: senderCount = 12, killAfter = [30, 400] } = options;
  const random = new SeededRandom(options.seed);
  const town = {
    admin: new RelayKey(),
    keys: Array.from({ length: senderCount }, () => new RelayKey()),
    key: randomBytes(32),
    ledger: new Ledger(Array.from({ length: LOGS }, () => randomBytes(32))),
    unanswered: Array.from({ length: senderCount }, (): Unanswered[] => []),
    random,
  };
  const { ledger } = town;
  let { dataFolder } = options;

  for (let round = 0; round < options.rounds; round++) {
    const before = ledger.acknowledged;
    const relay = await TestRelay.start({ ...options.relay, dataFolder, env: disk.env });
    try {
      if (round === 0) await setUp(town, relay);
      await check(town, relay);
      await loadUntilKilled(town, relay, random.between(...killAfter));
    } catch (error) {
      throw new Error(`the relay said:\n${relay.output}`, { cause: error });
    } finally {
      await relay.kill();
    }
    dataFolder = await disk.crashed(dataFolder);
    options.onRound?.(
      `round ${String(round + 1)}: ${String(ledger.acknowledged - before)} acknowledged, ${String(ledger.faults.length)} faults`,
    );
  }
  const last = await TestRelay.start({ ...options.relay, dataFolder, env: disk.env });
  try {
    await check(town, last);
  } finally {
    await last.stop();
  }
  const { acknowledged, unheard, chunks, faults } = ledger;
  return { rounds: options.rounds, acknowledged, unheard, chunks: chunks.length, faults };
}

interface Unanswered {
  readonly log: Bytes;
  readonly list: readonly Bytes[];
}

interface Town {
  readonly admin: RelayKey;
  readonly keys: readonly RelayKey[];
  /** Read and write key of all logs. */
  readonly key: Bytes;
  readonly ledger: Ledger;
  /** By sender. */
  readonly unanswered: Unanswered[][];
  readonly random: SeededRandom;
}

const hostOf = (relay: TestRelay): string => `localhost:${String(relay.port)}`;

async function setUp({ admin, keys, key, ledger }: Town, relay: TestRelay): Promise<void> {
  const socket = new RelaySocket(hostOf(relay));
  valueOfAsked(await socket.authenticate(admin));
  const token = base64UrlToBytes(relay.setupLink?.split('/einrichten/')[1] ?? '');
  valueOfAsked(await socket.ask(OP.claim, token));
  valueOfAsked(
    await socket.ask(
      OP.admit,
      keys.map(({ bytes }) => [bytes, false]),
    ),
  );
  const hash = sha256(key);
  for (const log of ledger.logs)
    valueOfAsked(await socket.ask(OP.create, log, LOG_KINDS.conversation, hash, hash, hash));
  socket.drop();
}

/** Everything ever promised, against what this relay holds. */
async function check({ keys, key, ledger }: Town, relay: TestRelay): Promise<void> {
  const socket = new RelaySocket(hostOf(relay));
  const [own] = keys;
  if (own === undefined) throw new Error('no senders');
  valueOfAsked(await socket.authenticate(own));
  for (const log of ledger.logs) {
    const rows: { seq: number; bytes: Bytes }[] = [];
    for (;;) {
      const asked = await socket.ask(OP.read, log, key, rows.at(-1)?.seq ?? 0, LIMITS.readBytes);
      const [page, head] = parse(readResult, valueOfAsked(asked));
      rows.push(...page.map(([seq, , , bytes]) => ({ seq, bytes })));
      if (page.length > 0) continue;
      ledger.check(log, { head, rows });
      break;
    }
  }
  const token = tokenOf(await socket.ask(OP.token));
  for (const chunk of ledger.chunks) {
    const response = await fetch(urlOf(relay, chunk), { headers: { authorization: token } });
    ledger.checkChunk(chunk, response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined);
  }
  socket.drop();
}

/** Resolves when all senders have noticed that the relay is gone. */
async function loadUntilKilled(town: Town, relay: TestRelay, killAfter: number): Promise<void> {
  const { ledger, random } = town;
  const end = ledger.acknowledged + killAfter;
  const chunksBefore = ledger.chunks.length;
  const killWhenDue = (): void => {
    if (ledger.acknowledged >= end && ledger.chunks.length > chunksBefore) void relay.kill();
  };
  const sending = town.keys.map((own, i) => send(own, town.unanswered[i] ?? [], i === 0));
  await Promise.all(sending);

  async function send(own: RelayKey, unanswered: Unanswered[], withBlobs: boolean): Promise<void> {
    const socket = new RelaySocket(hostOf(relay));
    if ((await socket.authenticate(own)).type === 'gone') return;
    const blobs = withBlobs ? uploadUntilGone(socket) : undefined;
    for (;;) {
      const [first] = unanswered;
      const { log, list } = first ?? somethingNew();
      if (first === undefined) unanswered.push({ log, list });
      ledger.sent(log, list);
      const asked = await socket.ask(OP.append, log, town.key, 0, list);
      if (asked.type === 'gone') break;
      const [appended, refused] = parse(appendResult, valueOfAsked(asked));
      if (refused !== null) throw new Error(`refused: ${refused[0]}`);
      appended.forEach(([seq], i) => {
        const bytes = list[i];
        if (bytes !== undefined) ledger.promised(log, bytes, seq);
      });
      unanswered.shift();
      killWhenDue();
    }
    await blobs;
  }

  function somethingNew(): Unanswered {
    const size = (): number => (random.unit() < 0.05 ? 40_000 : random.between(20, 2_000));
    const list = Array.from({ length: random.between(1, 3) }, () => envelopeOf(size()));
    return { log: random.oneOf(ledger.logs), list };
  }

  async function uploadUntilGone(socket: RelaySocket): Promise<void> {
    const asked = await socket.ask(OP.token);
    if (asked.type === 'gone') return;
    const authorization = tokenOf(asked);
    for (;;) {
      const blob = randomBytes(32);
      for (let index = 0; index < 3; index++) {
        const chunk: Chunk = { blob, index, bytes: randomBytes(random.between(1, 30_000)) };
        const response = await fetch(urlOf(relay, chunk), {
          method: 'PUT',
          body: chunk.bytes,
          headers: { authorization, 'content-type': 'application/octet-stream' },
        }).catch(() => undefined);
        if (response?.status !== 201) return;
        ledger.chunks.push(chunk);
        killWhenDue();
      }
    }
  }
}

function envelopeOf(size: number): Bytes {
  return encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: randomBytes(size) });
}

function tokenOf(asked: Parameters<typeof valueOfAsked>[0]): string {
  const token = valueOfAsked(asked);
  if (!(token instanceof Uint8Array)) throw new Error('no token');
  return `Bearer ${bytesToBase64Url(new Uint8Array(token))}`;
}

function urlOf(relay: TestRelay, { blob, index }: Chunk): string {
  return `${relay.address}/blob/${bytesToBase64Url(blob)}/${String(index)}`;
}
