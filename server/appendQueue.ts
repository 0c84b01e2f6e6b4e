/**
 * Appends of all sockets, on their way into the store. What came in during one tick goes as one
 * batch, what comes in while a batch is being written is the next one: group commit without a timer.
 * When a batch is on disk, its senders are answered, and each log's watchers get one news frame.
 */
import type { Bytes } from '../src/lib/bytes';
import { encodeFrame, REPLY, type StoredEnvelope } from '../src/protocol/frames';
import { LIMITS } from '../src/protocol/limits';
import { mapKeyOf } from './hashes';
import { storeFailure, type AppendOutcome, type AppendRequest, type LogStore } from './stores/logStore';

export interface AppendQueueOptions {
  readonly store: LogStore;
  readonly now: () => number;
  /** Runs the given at the end of this tick (setImmediate). */
  readonly schedule: (run: () => void) => void;
  readonly publish: (log: Bytes, newsFrame: Bytes) => void;
  /** Beyond this, senders are told `busy`. */
  readonly maxWaitingBytes: number;
}

interface Waiting {
  readonly request: Omit<AppendRequest, 'at'>;
  readonly bytes: number;
  readonly done: (outcome: AppendOutcome) => void;
}

const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_REQUESTS = 2_048;

export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #writing: Promise<void> | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  submit(request: Omit<AppendRequest, 'at'>, done: (outcome: AppendOutcome) => void): void {
    const bytes = request.envelopes.reduce((sum, envelope) => sum + envelope.bytes.length, 0);
    if (this.#waitingBytes + bytes > this.#options.maxWaitingBytes) {
      done({ appended: [], refused: storeFailure('busy', 1_000), lastCommit: 0 });
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.push({ request, bytes, done });
    this.#scheduleFlush();
  }

  /** Resolves when everything submitted so far is answered. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#flush();
      await this.#writing;
    }
  }

  #scheduleFlush(): void {
    if (this.#isScheduled || this.#writing !== undefined) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writing !== undefined || this.#waiting.length === 0) return;
    this.#writing = this.#write(this.#takeBatch()).finally(() => {
      this.#writing = undefined;
      this.#flush();
    });
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && (count >= BATCH_REQUESTS || bytes + waiting.bytes > BATCH_BYTES)) break;
      bytes += waiting.bytes;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const at = this.#options.now();
    const requests = batch.map(({ request }) => ({ ...request, at }));
    const outcomes = await this.#options.store.append(requests);
    const newsByLog = new Map<string, News>();
    batch.forEach(({ request, done }, i) => {
      const outcome = outcomes[i] ?? refusedByStore;
      collectNews(newsByLog, request, outcome);
      done(outcome);
    });
    for (const news of newsByLog.values()) this.#options.publish(news.log, newsFrameOf(news));
  }
}

const refusedByStore: AppendOutcome = {
  appended: [],
  refused: storeFailure('storage'),
  lastCommit: 0,
};

interface News {
  readonly log: Bytes;
  readonly envelopes: StoredEnvelope[];
  bytes: number;
  lastCommit: number;
}

function collectNews(
  newsByLog: Map<string, News>,
  request: Omit<AppendRequest, 'at'>,
  outcome: AppendOutcome,
): void {
  outcome.appended.forEach(({ seq, at, isNew }, i) => {
    const envelope = request.envelopes[i];
    if (!isNew || envelope === undefined) return;
    const key = mapKeyOf(request.log);
    let news = newsByLog.get(key);
    if (news === undefined)
      newsByLog.set(key, (news = { log: request.log, envelopes: [], bytes: 0, lastCommit: 0 }));
    news.envelopes.push([seq, at, request.pseudonym, envelope.bytes]);
    news.bytes += envelope.bytes.length;
    news.lastCommit = outcome.lastCommit;
  });
}

/** What is too much for a push is a hint to read. */
function newsFrameOf({ log, envelopes, bytes, lastCommit }: News): Bytes {
  const pushed = bytes > LIMITS.readBytes / 2 ? [] : envelopes;
  return encodeFrame([REPLY.news, log, pushed, lastCommit]);
}
