/**
 * A window on a conversation's timeline for one tab: rows of the log, own waiting items below. Rows
 * and intents are read together, so that an item never shows twice or not at all while it moves from
 * one to the other. Opened rows are kept by their seal's nonce: only what changed is opened again.
 *
 * The window is bounded: what grows at one end is let go at the other, each in a step of its own. Whoever
 * reads far above the newest must not lose their place, so what comes in beyond the bound waits for
 * `loadNewer`.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { SEAL_NONCE_BYTES } from '../crypto/seal';
import { rowKey } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultReader, VaultRow } from '../vault/vault';
import type { Timeline, TimelineOptions } from './client';
import type { IntentReader, OpenedIntent } from './intentReader';
import {
  beginningOf,
  itemsOf,
  openItem,
  textOf,
  waitingItem,
  type OpenedItem,
  type TimelineContext,
} from './timelineItems';
import type { ConversationNumber, TimelineItem } from './views';

interface OpenedRow {
  readonly key: number;
  readonly nonce: Bytes;
  readonly items: readonly OpenedItem[];
}

interface RawWindow {
  readonly rows: readonly VaultRow[];
  readonly older: readonly VaultRow[];
  readonly newer: readonly VaultRow[];
  readonly intents: readonly VaultRow[];
}

const LAST = Number.MAX_SAFE_INTEGER;
/** More than anybody scrolls through at a stretch; what every change costs grows with it. */
const MOST_ITEMS = 1_000;

export class ClientTimeline implements Timeline {
  readonly #records: SealedRecords;
  readonly #intents: IntentReader;
  readonly #asked: ConversationNumber;
  readonly #options: TimelineOptions;
  readonly #context: () => TimelineContext;
  readonly #mostItems: number;
  /** Where the rows are: not under the number asked for, once that has moved into an older conversation. */
  #number: ConversationNumber;
  #from = 0;
  #to = LAST;
  /** As many of the newest waiting items are shown; while there are more, no rows are. */
  #shownWaiting: number;
  #hasOlder = false;
  #hasNewer = false;
  #rows: readonly OpenedRow[] = [];
  #waiting: readonly OpenedIntent[] = [];
  #opened = new Map<number, OpenedRow>();
  #stop: (() => void) | undefined;
  /** Ends the waiting for the window's latest move. */
  #drawn: () => void = () => undefined;
  #isClosed = false;
  #isRead = false;
  #run = 0;

  constructor(
    records: SealedRecords,
    intents: IntentReader,
    number: ConversationNumber,
    options: TimelineOptions,
    context: () => TimelineContext,
  ) {
    this.#records = records;
    this.#intents = intents;
    this.#asked = number;
    this.#number = number;
    this.#options = options;
    this.#context = context;
    this.#mostItems = Math.max(MOST_ITEMS, 2 * options.limit);
    this.#shownWaiting = options.limit;
    void this.#open();
  }

  async #open(): Promise<void> {
    const { limit } = this.#options;
    const half = Math.ceil(limit / 2);
    // An entry that shows as several items has orders in between.
    const around = this.#options.around === undefined ? undefined : Math.floor(this.#options.around);
    if (around === undefined) await this.#move(await this.#keyBefore(LAST, limit), LAST);
    else await this.#move(await this.#keyBefore(around, half), await this.#keyAfter(around, half));
  }

  async loadOlder(count: number): Promise<void> {
    if (this.#isWaitingCut) {
      this.#shownWaiting += count;
      this.#emit();
      return;
    }
    if (this.#from === 0) return;
    await this.#move(await this.#keyBefore(this.#from - 1, count), this.#to);
    const kept = keptRows(this.#rows, this.#mostItems).at(-1);
    if (kept !== undefined && kept !== this.#rows.at(-1)) await this.#move(this.#from, kept.key);
  }

  async loadNewer(count: number): Promise<void> {
    if (this.#to === LAST) return;
    const to = await this.#keyAfter(this.#to + 1, count);
    const kept = keptRows([...this.#rows].reverse(), this.#mostItems - count).at(-1);
    if (kept !== undefined && kept !== this.#rows[0]) await this.#move(kept.key, this.#to);
    await this.#move(this.#from, to);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
    this.#drawn();
  }

  /** Names, receipts or the connection changed. */
  redraw(): void {
    const number = this.#context().conversation?.rowsAt ?? this.#asked;
    if (number === this.#number) {
      this.#emit();
      return;
    }
    this.#number = number;
    this.#opened.clear();
    void this.#open();
  }

  /** Key of the row that begins a stretch of about `count` readable items ending at `order`. */
  async #keyBefore(order: number, count: number): Promise<number> {
    return (
      (await this.#keyAt(count, order === LAST, (key, limit) => ({
        from: rowKey(this.#number, 0),
        to: rowKey(this.#number, key === undefined ? Math.max(0, order) : key - 1),
        reverse: true,
        limit,
      }))) ?? 0
    );
  }

  async #keyAfter(order: number, count: number): Promise<number> {
    return (
      (await this.#keyAt(count, false, (key, limit) => ({
        from: rowKey(this.#number, key === undefined ? order : key + 1),
        to: rowKey(this.#number, LAST),
        limit,
      }))) ?? LAST
    );
  }

  /** Key of the row with which `count` readable items are reached; undefined when there are no more rows. */
  async #keyAt(
    count: number,
    isTail: boolean,
    rangeBehind: (key: number | undefined, limit: number) => Parameters<VaultReader['range']>[1],
  ): Promise<number | undefined> {
    let [items, rows, key]: [number, number, number | undefined] = [0, 0, undefined];
    for (;;) {
      // The newest rows are single items, older ones are pages: how full rows are is found out by two.
      const limit =
        rows === 0 ? (isTail ? count : 2) : Math.ceil(((count - items) * rows) / Math.max(1, items));
      const sealed = await this.#records.vault.range('rows', rangeBehind(key, Math.min(limit, count)));
      const opened = await Promise.all(sealed.map((row) => this.#openRow(row)));
      for (const row of opened) {
        items += row.items.length;
        if (items >= count) return row.key;
      }
      rows += opened.length;
      key = opened.at(-1)?.key;
      if (key === undefined || key === 0) return undefined;
    }
  }

  /** Resolves when the window has been drawn there, or has been moved on. */
  #move(from: number, to: number): Promise<void> {
    this.#from = from;
    this.#to = to;
    this.#drawn();
    return new Promise((resolve) => {
      this.#drawn = resolve;
      this.#observe();
    });
  }

  #observe(): void {
    this.#stop?.();
    if (this.#isClosed) {
      this.#drawn();
      return;
    }
    const [from, to, number] = [this.#from, this.#to, this.#number];
    const isThere = (reader: VaultReader, low: number, high: number): Promise<readonly VaultRow[]> =>
      reader.range('rows', { from: rowKey(number, low), to: rowKey(number, high), limit: 1 });
    this.#stop = this.#records.vault.observe(
      async (reader): Promise<RawWindow> => ({
        rows: await reader.range('rows', { from: rowKey(number, from), to: rowKey(number, to) }),
        older: from === 0 ? [] : await isThere(reader, 0, from - 1),
        newer: to === LAST ? [] : await isThere(reader, to + 1, LAST),
        intents: await reader.range('intents', { from: [0, 0], to: [LAST, 0] }),
      }),
      (raw) => void this.#take(raw),
      () => {
        this.#drawn();
      },
    );
  }

  async #take(raw: RawWindow): Promise<void> {
    const run = ++this.#run;
    const [rows, waiting] = await Promise.all([
      Promise.all(raw.rows.map((row) => this.#openRow(row))),
      this.#intents.open(raw.intents),
    ]);
    if (run !== this.#run || this.#isClosed) return;
    this.#rows = rows;
    this.#opened = new Map(rows.map((row) => [row.key, row]));
    this.#waiting = waiting;
    this.#hasOlder = raw.older.length > 0;
    this.#hasNewer = raw.newer.length > 0;
    this.#isRead = true;
    const isHeld = this.#holdEnd();
    this.#emit();
    if (!isHeld) this.#drawn();
  }

  /** At the end, and full: what is new from now on is shown when it is asked for. */
  #holdEnd(): boolean {
    if (this.#to !== LAST || countItems(this.#rows) <= this.#mostItems + this.#options.limit) return false;
    const kept = keptRows(this.#rows, this.#mostItems);
    this.#rows = kept;
    this.#hasNewer = true;
    void this.#move(this.#from, kept.at(-1)?.key ?? LAST);
    return true;
  }

  async #openRow(row: VaultRow): Promise<OpenedRow> {
    const [, key] = row.key;
    const nonce = row.value.subarray(0, SEAL_NONCE_BYTES);
    const known = this.#opened.get(key);
    if (known !== undefined && equalBytes(known.nonce, nonce)) return known;
    const page = await this.#records.open<readonly TimelineRecord[]>('rows', row.key, row.value);
    const items = page.ok ? page.value.map(openItem) : [];
    const opened = { key, nonce: new Uint8Array(nonce), items };
    this.#opened.set(key, opened);
    return opened;
  }

  get #isWaitingCut(): boolean {
    return !this.#hasNewer && this.#waitingTexts().length > this.#shownWaiting;
  }

  #waitingTexts(): readonly (OpenedIntent & { readonly text: string })[] {
    return this.#waiting.flatMap((one) => {
      const text = textOf(this.#number, one.value) ?? textOf(this.#asked, one.value);
      return text === undefined ? [] : { ...one, text };
    });
  }

  #emit(): void {
    if (this.#isClosed || !this.#isRead) return;
    const context = this.#context();
    const waiting = this.#hasNewer ? [] : this.#waitingTexts();
    const isCut = waiting.length > this.#shownWaiting;
    const items = isCut ? [] : this.#loggedItems(context);
    for (const { number, value, text } of waiting.slice(-this.#shownWaiting))
      items.push(waitingItem(number, value, text, context));
    this.#options.onChange({ items, hasOlder: this.#hasOlder || isCut, hasNewer: this.#hasNewer });
  }

  #loggedItems(context: TimelineContext): TimelineItem[] {
    const logged = this.#rows.flatMap((row) => row.items);
    const beginning = this.#hasOlder ? undefined : beginningOf(logged[0], context);
    const items = logged.flatMap((item) => itemsOf(item, context));
    return beginning === undefined ? items : [beginning, ...items];
  }
}

function countItems(rows: readonly OpenedRow[]): number {
  return rows.reduce((count, { items }) => count + items.length, 0);
}

/** The first rows, with three quarters of `most` items, when there are more than `most`; else all. */
function keptRows(rows: readonly OpenedRow[], most: number): readonly OpenedRow[] {
  if (countItems(rows) <= most) return rows;
  let items = 0;
  const end = rows.findIndex((row) => (items += row.items.length) > (most * 3) / 4);
  return rows.slice(0, Math.max(1, end));
}
