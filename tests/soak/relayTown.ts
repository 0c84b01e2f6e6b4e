/**
 * Senders of a town, as the relay sees them: they write as fast as they are answered, what was not
 * answered goes again byte for byte, and a ledger remembers what they were promised.
 */
import { parse } from 'valibot';
import { randomBytes, sha256 } from '../../server/hashes';
import { base64UrlToBytes, bytesToBase64Url, type Bytes } from '../../src/lib/bytes';
import { encodeEnvelope } from '../../src/protocol/envelope';
import { appendResult, LOG_KINDS, OP, readResult } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import type { TestRelay } from '../helpers/relay';
import { RelayKey, RelaySocket, valueOfAsked, type Asked } from '../helpers/relaySocket';
import type { SeededRandom } from '../helpers/seededRandom';
import { Ledger, type Chunk } from './ledger';

/** What the data folder lies on. */
export interface Disk {
  /** Environment of the relay's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers the folder that the next relay finds after the crash. */
  crashed(dataFolder: string): Promise<string>;
}

interface Unanswered {
  readonly log: Bytes;
  readonly list: readonly Bytes[];
}

/** Between two tries after `storage`. */
const PAUSE_MS = 50;
const LOGS = 6;

export class RelayTown {
  readonly ledger = new Ledger(Array.from({ length: LOGS }, () => randomBytes(32)));
  /** Refused as `storage`, envelopes and chunks. */
  refused = 0;
  readonly #admin = new RelayKey();
  readonly #keys: readonly RelayKey[];
  readonly #unanswered: Unanswered[][];
  /** Read and write key of all logs. */
  readonly #key = randomBytes(32);
  readonly #random: SeededRandom;
  /** Called after each acknowledgement. */
  onAcknowledged: () => void = () => undefined;

  constructor(random: SeededRandom, senders: number) {
    this.#random = random;
    this.#keys = Array.from({ length: senders }, () => new RelayKey());
    this.#unanswered = this.#keys.map(() => []);
  }

  async setUp(relay: TestRelay): Promise<void> {
    const socket = new RelaySocket(hostOf(relay));
    valueOfAsked(await socket.authenticate(this.#admin));
    const token = base64UrlToBytes(relay.setupLink?.split('/einrichten/')[1] ?? '');
    valueOfAsked(await socket.ask(OP.claim, token));
    const passes = this.#keys.map(({ bytes }) => [bytes, false]);
    valueOfAsked(await socket.ask(OP.admit, passes));
    const hash = sha256(this.#key);
    for (const log of this.ledger.logs)
      valueOfAsked(await socket.ask(OP.create, log, LOG_KINDS.conversation, hash, hash, hash));
    socket.drop();
  }

  /** Everything ever promised, against what this relay holds. Faults are noted in the ledger. */
  async check(relay: TestRelay): Promise<void> {
    const socket = new RelaySocket(hostOf(relay));
    valueOfAsked(await socket.authenticate(this.#own(0)));
    for (const log of this.ledger.logs) {
      const rows: { seq: number; bytes: Bytes }[] = [];
      for (;;) {
        const asked = await socket.ask(OP.read, log, this.#key, rows.at(-1)?.seq ?? 0, LIMITS.readBytes);
        const [page, head] = parse(readResult, valueOfAsked(asked));
        rows.push(...page.map(([seq, , , bytes]) => ({ seq, bytes })));
        if (page.length > 0) continue;
        this.ledger.check(log, { head, rows });
        break;
      }
    }
    const authorization = tokenOf(await socket.ask(OP.token));
    for (const chunk of this.ledger.chunks) {
      const response = await fetch(urlOf(relay, chunk), { headers: { authorization } });
      this.ledger.checkChunk(chunk, response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined);
    }
    socket.drop();
  }

  /** All senders at once; resolves when the relay is gone or `isOver`. */
  async load(relay: TestRelay, isOver: () => boolean = () => false): Promise<void> {
    await Promise.all([
      this.#upload(relay, isOver),
      ...this.#keys.map((own, i) => this.#send(relay, own, this.#unanswered[i] ?? [], isOver)),
    ]);
  }

  async #send(
    relay: TestRelay,
    own: RelayKey,
    unanswered: Unanswered[],
    isOver: () => boolean,
  ): Promise<void> {
    const socket = new RelaySocket(hostOf(relay));
    if ((await socket.authenticate(own)).type === 'gone') return;
    while (!isOver()) {
      const [first] = unanswered;
      const { log, list } = first ?? this.#somethingNew();
      if (first === undefined) unanswered.push({ log, list });
      this.ledger.sent(log, list);
      const asked = await socket.ask(OP.append, log, this.#key, 0, list);
      if (asked.type === 'gone') break;
      const [appended, refused] =
        asked.type === 'refused' && asked.reason === 'rate'
          ? [[], ['rate', asked.value] as const]
          : parse(appendResult, valueOfAsked(asked));
      appended.forEach(([seq], i) => {
        const bytes = list[i];
        if (bytes !== undefined) this.ledger.promised(log, bytes, seq);
      });
      if (refused === null) {
        unanswered.shift();
        this.onAcknowledged();
      } else if (refused[0] === 'storage' || refused[0] === 'rate') {
        if (refused[0] === 'storage') this.refused += 1;
        await pause();
      } else throw new Error(`refused: ${refused[0]}`);
    }
    socket.drop();
  }

  async #upload(relay: TestRelay, isOver: () => boolean): Promise<void> {
    const socket = new RelaySocket(hostOf(relay));
    if ((await socket.authenticate(this.#own(0))).type === 'gone') return;
    const asked = await socket.ask(OP.token);
    if (asked.type === 'gone') return;
    const headers = { authorization: tokenOf(asked), 'content-type': 'application/octet-stream' };
    while (!isOver()) {
      const blob = randomBytes(32);
      const sizes = [0, 1, 2].map(() => this.#random.between(1, 30_000));
      const chunks = sizes.map((size, index): Chunk => ({ blob, index, bytes: randomBytes(size) }));
      while (chunks[0] !== undefined && !isOver()) {
        const [chunk] = chunks;
        const request = { method: 'PUT', body: chunk.bytes, headers };
        const response = await fetch(urlOf(relay, chunk), request).catch(() => undefined);
        if (response === undefined) return;
        if (response.status === 201 || response.status === 200) {
          this.ledger.chunks.push(chunk);
          this.onAcknowledged();
          chunks.shift();
        } else if (response.status === 503) {
          this.refused += 1;
          await pause();
        } else throw new Error(`a chunk was answered ${String(response.status)}`);
      }
    }
    socket.drop();
  }

  #own(index: number): RelayKey {
    const key = this.#keys[index];
    if (key === undefined) throw new Error('no such sender');
    return key;
  }

  #somethingNew(): Unanswered {
    const random = this.#random;
    const size = (): number => (random.unit() < 0.05 ? 40_000 : random.between(20, 2_000));
    const list = Array.from({ length: random.between(1, 3) }, () => envelopeOf(size()));
    return { log: random.oneOf(this.ledger.logs), list };
  }
}

function hostOf(relay: TestRelay): string {
  return `localhost:${String(relay.port)}`;
}

export function envelopeOf(size: number): Bytes {
  return encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: randomBytes(size) });
}

function tokenOf(asked: Asked): string {
  const token = valueOfAsked(asked);
  if (!(token instanceof Uint8Array)) throw new Error('no token');
  return `Bearer ${bytesToBase64Url(new Uint8Array(token))}`;
}

function urlOf(relay: TestRelay, { blob, index }: Chunk): string {
  return `${relay.address}/blob/${bytesToBase64Url(blob)}/${String(index)}`;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
