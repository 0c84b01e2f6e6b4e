/**
 * The engine's reading of the intents store: wishes are carried out once and in order, entries wait
 * here until the log shows them.
 */
import type { EntryIntent } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { WaitingIntent } from '../sync/flight';
import type { Ask, StoredIntent } from './setupRecords';

export interface IntentHandler {
  /** Carries out a wish; the writes replace it in the vault. Undefined: try again later. */
  handle(number: number, ask: Ask): Promise<void>;
  /** New entries may be waiting for these logs. */
  entriesAdded(logs: ReadonlySet<number>): void;
}

export class IntentBook {
  readonly #records: SealedRecords;
  readonly #handler: IntentHandler;
  readonly #entries = new Map<number, EntryIntent>();
  readonly #byLog = new Map<number, WaitingIntent[]>();
  readonly #seen = new Set<number>();
  #queue: Promise<void> = Promise.resolve();
  #stop: (() => void) | undefined;

  constructor(records: SealedRecords, handler: IntentHandler) {
    this.#records = records;
    this.#handler = handler;
  }

  start(onError: () => void): void {
    this.#stop = this.#records.vault.observe(
      (reader) => reader.range('intents', { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, 0] }),
      (rows) => {
        const fresh = rows.filter((row) => !this.#seen.has(row.key[0]));
        if (fresh.length === 0) return;
        for (const row of fresh) this.#seen.add(row.key[0]);
        this.#queue = this.#queue.then(async () => {
          await this.#take(await this.#records.openIntents<StoredIntent>(fresh));
        });
      },
      onError,
    );
  }

  stop(): void {
    this.#stop?.();
  }

  async #take(rows: readonly { readonly number: number; readonly value: StoredIntent }[]): Promise<void> {
    for (const { number, value } of rows) {
      if (value.type === 'entry') this.set(number, value);
      else await this.#handler.handle(number, value);
    }
    this.#handler.entriesAdded(new Set([...this.#entries.values()].map((intent) => intent.log)));
  }

  set(number: number, intent: EntryIntent): void {
    this.#seen.add(number);
    this.#entries.set(number, intent);
    this.#byLog.delete(intent.log);
  }

  remove(number: number): void {
    const intent = this.#entries.get(number);
    if (intent === undefined) return;
    this.#entries.delete(number);
    this.#byLog.delete(intent.log);
  }

  /** In the order they were asked for. */
  waiting(log: number): readonly WaitingIntent[] {
    let list = this.#byLog.get(log);
    if (list === undefined) {
      list = [...this.#entries].flatMap(([number, intent]) =>
        intent.log === log ? [{ number, intent }] : [],
      );
      list.sort((a, b) => a.number - b.number);
      this.#byLog.set(log, list);
    }
    return list;
  }

  all(): readonly WaitingIntent[] {
    return [...this.#entries].map(([number, intent]) => ({ number, intent }));
  }
}
