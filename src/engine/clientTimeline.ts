/**
 * A window on a conversation's timeline for one tab: rows of the log, own waiting items below. Rows
 * and intents are read together, so that an item never shows twice or not at all while it moves from
 * one to the other. Opened rows are kept by their seal's nonce: only what changed is opened again.
 */
import { bytesToHex } from '../lib/bytes';
import type { EntryId, PersonId } from '../domain/ids';
import { parseContent, parseEntry } from '../domain/entry';
import { rowKey, seqOfOrder, WAITING_ORDER } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultRow } from '../vault/vault';
import type { Timeline, TimelineOptions } from './client';
import type { StoredIntent } from './setupRecords';
import type { ConversationNumber, DeliveryState, TimelineItem } from './views';
import type { ConversationRecord } from './viewWriter';

/** What a timeline is drawn with besides its rows; see VaultClient. */
export interface TimelineContext {
  readonly me: PersonId | undefined;
  readonly names: ReadonlyMap<PersonId, string>;
  readonly conversation: ConversationRecord | undefined;
  readonly isOnline: boolean;
}

interface OpenedRow {
  readonly nonce: string;
  readonly items: readonly OpenedItem[];
}
interface OpenedItem {
  readonly record: TimelineRecord;
  readonly id: EntryId;
  readonly content: TimelineItem['content'][];
  readonly writtenAt: number;
}

const LAST = Number.MAX_SAFE_INTEGER;

export class ClientTimeline implements Timeline {
  readonly #records: SealedRecords;
  readonly #number: ConversationNumber;
  readonly #options: TimelineOptions;
  readonly #context: () => TimelineContext;
  #from = 0;
  #to = LAST;
  #hasOlder = false;
  #hasNewer = false;
  #rows: readonly OpenedItem[] = [];
  #waiting: readonly { readonly number: number; readonly value: StoredIntent }[] = [];
  readonly #opened = new Map<number, OpenedRow>();
  #stop: (() => void) | undefined;
  #isClosed = false;
  #run = 0;

  constructor(
    records: SealedRecords,
    number: ConversationNumber,
    options: TimelineOptions,
    context: () => TimelineContext,
  ) {
    this.#records = records;
    this.#number = number;
    this.#options = options;
    this.#context = context;
    void this.#open();
  }

  async #open(): Promise<void> {
    const { around, limit } = this.#options;
    if (around === undefined) this.#from = await this.#keyBefore(LAST, limit);
    else {
      this.#from = await this.#keyBefore(around, Math.ceil(limit / 2));
      this.#to = await this.#keyAfter(around, Math.ceil(limit / 2));
    }
    this.#observe();
  }

  async loadOlder(count: number): Promise<void> {
    this.#from = await this.#keyBefore(this.#from - 1, count);
    this.#observe();
  }

  async loadNewer(count: number): Promise<void> {
    this.#to = await this.#keyAfter(this.#to + 1, count);
    this.#observe();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
  }

  /** Names, receipts or the connection changed. */
  redraw(): void {
    if (!this.#isClosed && this.#run > 0) this.#emit();
  }

  /** Key of the row that begins a stretch of about `count` items ending at `order`. */
  async #keyBefore(order: number, count: number): Promise<number> {
    const rows = await this.#records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(this.#number, 0),
      to: rowKey(this.#number, Math.max(0, order)),
      reverse: true,
      limit: count,
    });
    let items = 0;
    for (const row of rows) {
      items += row.value.length;
      if (items >= count) return row.key[1];
    }
    return 0;
  }

  async #keyAfter(order: number, count: number): Promise<number> {
    const rows = await this.#records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(this.#number, Math.min(order, LAST)),
      to: rowKey(this.#number, LAST),
      limit: count,
    });
    let items = 0;
    for (const row of rows) {
      items += row.value.length;
      if (items >= count) return row.key[1];
    }
    return LAST;
  }

  #observe(): void {
    if (this.#isClosed) return;
    this.#stop?.();
    const [from, to, number] = [this.#from, this.#to, this.#number];
    this.#stop = this.#records.vault.observe(
      async (reader) => ({
        rows: await reader.range('rows', { from: rowKey(number, from), to: rowKey(number, to) }),
        older:
          from === 0
            ? []
            : await reader.range('rows', { from: rowKey(number, 0), to: rowKey(number, from - 1), limit: 1 }),
        newer:
          to === LAST
            ? []
            : await reader.range('rows', {
                from: rowKey(number, to + 1),
                to: rowKey(number, LAST),
                limit: 1,
              }),
        intents: await reader.range('intents', { from: [0, 0], to: [LAST, 0] }),
      }),
      (raw) => void this.#take(raw),
    );
  }

  async #take(raw: {
    readonly rows: readonly VaultRow[];
    readonly older: readonly VaultRow[];
    readonly newer: readonly VaultRow[];
    readonly intents: readonly VaultRow[];
  }): Promise<void> {
    const run = ++this.#run;
    const [rows, waiting] = await Promise.all([
      Promise.all(raw.rows.map((row) => this.#openRow(row))),
      this.#records.openIntents<StoredIntent>(raw.intents),
    ]);
    if (run !== this.#run || this.#isClosed) return;
    this.#rows = rows.flat();
    this.#waiting = waiting;
    this.#hasOlder = raw.older.length > 0;
    this.#hasNewer = raw.newer.length > 0;
    this.#emit();
  }

  async #openRow(row: VaultRow): Promise<readonly OpenedItem[]> {
    const nonce = bytesToHex(row.value.subarray(0, 12));
    const known = this.#opened.get(row.key[1]);
    if (known?.nonce === nonce) return known.items;
    const page = await this.#records.open<readonly TimelineRecord[]>('rows', row.key, row.value);
    const items = page.ok ? page.value.map(openItem) : [];
    this.#opened.set(row.key[1], { nonce, items });
    return items;
  }

  #emit(): void {
    const context = this.#context();
    const items = this.#rows.flatMap((item) => itemsOf(item, context));
    if (!this.#hasNewer)
      for (const { number, value } of this.#waiting) {
        const item = waitingItem(this.#number, number, value, context);
        if (item !== undefined) items.push(item);
      }
    this.#options.onChange({ items, hasOlder: this.#hasOlder, hasNewer: this.#hasNewer });
  }
}

function openItem(record: TimelineRecord): OpenedItem {
  const entry = record.proof === undefined ? undefined : parseEntry(record.proof.entry);
  const content = entry?.ok === true ? parseContent(entry.value.content) : undefined;
  const shown: TimelineItem['content'][] = [];
  if (record.gap !== undefined)
    shown.push({ type: 'gap', count: record.gap.count, reason: record.gap.reason });
  if (content?.ok === true) {
    const { body } = content.value;
    if (body.kind === 'text') shown.push({ type: 'text', text: body.text });
    else if (body.kind === 'unknown') shown.push({ type: 'unknown' });
  }
  for (const effect of record.effects)
    if (record.author !== undefined) shown.push({ type: 'system', event: { ...effect, by: record.author } });
  return {
    record,
    id: (entry?.ok === true ? bytesToHex(entry.value.id) : '') as EntryId,
    content: shown,
    writtenAt: content?.ok === true ? content.value.writtenAt : record.relayAt,
  };
}

/** An entry may show as several items (a gap before it, two effects): they get orders of their own. */
function itemsOf(item: OpenedItem, context: TimelineContext): readonly TimelineItem[] {
  const { record } = item;
  const isMine = record.author !== undefined && record.author === context.me;
  return item.content.map((content, index) => ({
    order: record.order + index / item.content.length,
    id: item.id,
    author: record.author,
    authorName: record.author === undefined ? undefined : context.names.get(record.author),
    isMine,
    content,
    writtenAt: item.writtenAt,
    relayAt: record.relayAt,
    state:
      isMine && content.type === 'text' ? stateOf(seqOfOrder(record.order), context.conversation) : undefined,
    waitsFor: undefined,
  }));
}

function stateOf(seq: number, conversation: ConversationRecord | undefined): DeliveryState {
  if (conversation === undefined) return 'handed-over';
  if (seq <= conversation.othersRead) return 'read';
  return seq <= conversation.othersDelivered ? 'delivered' : 'handed-over';
}

function waitingItem(
  conversation: ConversationNumber,
  number: number,
  intent: StoredIntent,
  context: TimelineContext,
): TimelineItem | undefined {
  const text = textOf(conversation, intent);
  if (text === undefined) return undefined;
  const isHandedOver = intent.type === 'entry' && intent.seq !== undefined;
  return {
    order: WAITING_ORDER + number,
    id: intent.entry,
    author: context.me,
    authorName: context.me === undefined ? undefined : context.names.get(context.me),
    isMine: true,
    content: { type: 'text', text },
    writtenAt: intent.type === 'entry' ? intent.writtenAt : intent.askedAt,
    relayAt: undefined,
    state: isHandedOver ? 'handed-over' : 'saved',
    waitsFor: isHandedOver ? undefined : waitsFor(context),
  };
}

export function textOf(
  conversation: ConversationNumber | undefined,
  intent: StoredIntent,
): string | undefined {
  if (intent.type === 'entry') {
    const isHere = conversation === undefined || intent.log === conversation;
    return isHere && intent.body.kind === 'text' ? intent.body.text : undefined;
  }
  if (intent.intent.type !== 'send-text') return undefined;
  return conversation === undefined || intent.intent.conversation === conversation
    ? intent.intent.text
    : undefined;
}

function waitsFor(context: TimelineContext): TimelineItem['waitsFor'] {
  if (!context.isOnline) return 'network';
  return context.conversation?.trouble === 'needs-reentry' ? 'setup' : undefined;
}
