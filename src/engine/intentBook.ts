/**
 * The engine's reading of the intents store: wishes are carried out once and in order, entries wait
 * here until the log shows them. Only what is new is read: with thousands waiting, each further one
 * must cost the same as the first.
 */
import type { EntryIntent } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { WaitingIntent } from '../sync/flight';
import type { VaultRow } from '../vault/vault';
import type { Ask, StoredIntent } from './setupRecords';

/** A batch of as many is sealed in one go, and is small enough for the next to be read meanwhile. */
const WISHES_AT_ONCE = 256;

/** Thrown by a wish whose writes the vault did not take: nothing has happened yet. */
export class NotStored extends Error {}

export interface Wish {
  readonly number: number;
  readonly ask: Ask;
}

export interface IntentHandler {
  /**
   * Carries out the first wish, and with it as many of those behind it as go into the same batch; what
   * it writes replaces them in the vault. Answers how many, at least 1.
   */
  handle(wishes: readonly [Wish, ...Wish[]]): Promise<number>;
  /** Until trying again may be worth it. */
  pause(): Promise<void>;
  /** New entries are waiting for these logs. */
  entriesAdded(logs: ReadonlySet<number>): void;
}

export class IntentBook {
  readonly #records: SealedRecords;
  readonly #handler: IntentHandler;
  readonly #entries = new Map<number, EntryIntent>();
  /** Sorted: entries with a counter first, by counter; then the others, as they were asked for. */
  readonly #byLog = new Map<number, WaitingIntent[]>();
  readonly #told = new Set<number>();
  /** Every intent below has been taken. */
  #next = 0;
  #queue: Promise<void> = Promise.resolve();
  #stop: (() => void) | undefined;
  #isStopped = false;
  #loaded: () => void = () => undefined;

  constructor(records: SealedRecords, handler: IntentHandler) {
    this.#records = records;
    this.#handler = handler;
  }

  /** Resolves when every entry that waited before is at hand. */
  start(onError: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#loaded = resolve;
      this.#stop = this.#records.vault.observe(
        (reader) => reader.range('intents', { from: [this.#next, 0], to: [Number.MAX_SAFE_INTEGER, 0] }),
        (rows) => {
          if (rows.length === 0) resolve();
          this.#enqueue(rows);
        },
        onError,
      );
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#stop?.();
  }

  #enqueue(rows: readonly VaultRow[]): void {
    const fresh = rows.filter((row) => row.key[0] >= this.#next);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.#next = last.key[0] + 1;
    this.#queue = this.#queue.then(async () =>
      this.#take(await this.#records.openIntents<StoredIntent>(fresh)),
    );
  }

  async #take(rows: readonly { readonly number: number; readonly value: StoredIntent }[]): Promise<void> {
    for (const { number, value } of rows)
      // The engine told us of its own before, and may even have seen it done.
      if (value.type === 'entry' && !this.#told.delete(number)) this.set(number, value);
    this.#loaded();
    this.#tellAdded(rows);
    await this.#carryOut(
      rows.flatMap(({ number, value }) => (value.type === 'ask' ? { number, ask: value } : [])),
    );
  }

  /** A wish that could not be stored is tried until it is: nothing that was asked for later overtakes it. */
  async #carryOut(wishes: readonly Wish[]): Promise<void> {
    for (let at = 0; !this.#isStopped;) {
      const [first, ...others] = wishes.slice(at, at + WISHES_AT_ONCE);
      if (first === undefined) return;
      try {
        const count = await this.#handler.handle([first, ...others]);
        this.#tellAdded(wishes.slice(at, at + count));
        at += count;
      } catch (error) {
        // Anything else is a bug: the wish stays in the vault for the next start, the others go on.
        if (error instanceof NotStored) await this.#handler.pause();
        else at += 1;
      }
    }
  }

  #tellAdded(rows: readonly { readonly number: number }[]): void {
    this.#handler.entriesAdded(new Set(rows.flatMap(({ number }) => this.#entries.get(number)?.log ?? [])));
  }

  /** An entry of the engine's own, just written: it will be met again in the vault. */
  tell(number: number, intent: EntryIntent): void {
    if (number >= this.#next) this.#told.add(number);
    this.set(number, intent);
  }

  set(number: number, intent: EntryIntent): void {
    this.remove(number);
    this.#entries.set(number, intent);
    const item: WaitingIntent = { number, intent };
    const list = this.#listOf(intent.log);
    list.splice(placeOf(list, item), 0, item);
  }

  remove(number: number): void {
    const intent = this.#entries.get(number);
    if (intent === undefined) return;
    this.#entries.delete(number);
    const list = this.#listOf(intent.log);
    list.splice(placeOf(list, { number, intent }), 1);
  }

  /** Done: they are in the log. Thousands may be at once, out of thousands. */
  removeAll(numbers: readonly number[]): void {
    const logs = new Set(numbers.flatMap((number) => this.#entries.get(number)?.log ?? []));
    for (const number of numbers) this.#entries.delete(number);
    for (const log of logs)
      this.#byLog.set(
        log,
        this.#listOf(log).filter(({ number }) => this.#entries.has(number)),
      );
  }

  #listOf(log: number): WaitingIntent[] {
    let list = this.#byLog.get(log);
    if (list === undefined) {
      list = [];
      this.#byLog.set(log, list);
    }
    return list;
  }

  /** What has a counter goes first, whatever was asked for before it: counters must reach the log rising. */
  waiting(log: number): readonly WaitingIntent[] {
    return this.#byLog.get(log) ?? [];
  }

  all(): readonly WaitingIntent[] {
    return [...this.#entries].map(([number, intent]) => ({ number, intent }));
  }
}

/** Where the item stands, or belongs, in the sorted list. */
function placeOf(list: readonly WaitingIntent[], item: WaitingIntent): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = list[middle];
    if (other !== undefined && compare(other, item) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function compare(a: WaitingIntent, b: WaitingIntent): number {
  const [x, y] = [a.intent.counter ?? Infinity, b.intent.counter ?? Infinity];
  return x === y ? a.number - b.number : x < y ? -1 : 1;
}
