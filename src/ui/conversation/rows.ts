/**
 * From the items of a timeline to the rows of the screen. Pure. One item is one row, whatever stands
 * above it (day, unread line, author), so that loading older items adds exactly as many rows in front.
 */
import type { EntryId, PersonId } from '../../domain/ids';
import type { TimelineItem } from '../../engine/views';
import { isWaiting, shownState, type ShownState } from '../components/stateWords';
import { dayNumber } from '../i18n/dates';

/** An own text between "Senden" and the moment it is in the vault. */
export interface PendingText {
  readonly key: string;
  readonly text: string;
  readonly writtenAt: number;
  /** Once it is durable: the entry it becomes. */
  readonly entry: EntryId | undefined;
}

export interface TimelineRow {
  readonly key: string;
  readonly entry: EntryId | undefined;
  /** Undefined while only on its way into the vault. */
  readonly order: number | undefined;
  readonly content: TimelineItem['content'];
  readonly author: PersonId | undefined;
  readonly authorName: string | undefined;
  readonly isMine: boolean;
  /** Where it stands in time: the relay's time once there is one. */
  readonly at: number;
  /** The author's own time where it differs noticeably. */
  readonly writtenAt: number | undefined;
  readonly state: ShownState | undefined;
  /** False where the next one of the run says the same. */
  readonly showsState: boolean;
  readonly canWithdraw: boolean;
  readonly startsDay: boolean;
  readonly isFirstUnread: boolean;
  /** First and last of several in a row by one author. */
  readonly startsRun: boolean;
  readonly endsRun: boolean;
}

export interface RowOptions {
  readonly items: readonly TimelineItem[];
  /** Order of the last item before the unread line; undefined: no line. */
  readonly unreadAfter: number | undefined;
  /** A row keeps the key it had while pending, so that nothing flickers. */
  readonly keyOfEntry: (id: EntryId) => string | undefined;
}

const runGapMs = 10 * 60_000;
const differsMs = 5 * 60_000;

export function buildRows({ items, unreadAfter, keyOfEntry }: RowOptions): readonly TimelineRow[] {
  const rows = new RowWriter(unreadAfter);
  for (const item of items) rows.add(rowOfItem(item, keyOfEntry));
  return rows.written;
}

/** Pending texts stand below everything else; what is above them is not looked at again. */
export function withPending(
  rows: readonly TimelineRow[],
  pending: readonly PendingText[],
): readonly TimelineRow[] {
  if (pending.length === 0) return rows;
  const writer = new RowWriter(undefined, rows);
  for (const one of pending) writer.add(rowOfPending(one));
  return writer.written;
}

type MutableRow = { -readonly [K in keyof TimelineRow]: TimelineRow[K] };

class RowWriter {
  readonly written: TimelineRow[];
  #last: MutableRow | undefined;
  #hasLine: boolean;
  #day: number | undefined;
  #dayFrom = 0;
  readonly #unreadAfter: number | undefined;

  constructor(unreadAfter: number | undefined, rows: readonly TimelineRow[] = []) {
    this.written = [...rows];
    this.#unreadAfter = unreadAfter;
    this.#hasLine = unreadAfter === undefined;
    const last = this.written.pop();
    if (last) {
      this.#day = this.#dayOf(last.at);
      this.#last = { ...last };
      this.written.push(this.#last);
    }
  }

  add(bare: BareRow): void {
    const before = this.#day;
    this.#day = this.#dayOf(bare.at);
    const startsDay = this.#day !== before;
    const isFirstUnread =
      !this.#hasLine &&
      !bare.isMine &&
      bare.order !== undefined &&
      bare.order > (this.#unreadAfter ?? Infinity);
    this.#hasLine ||= isFirstUnread;
    const startsRun = startsDay || isFirstUnread || this.#last === undefined || !isSameRun(this.#last, bare);
    if (!startsRun && this.#last) {
      this.#last.endsRun = false;
      this.#last.showsState = this.#last.state !== bare.state || this.#last.canWithdraw;
    }
    this.#last = { ...bare, startsDay, isFirstUnread, startsRun, endsRun: true, showsState: true };
    this.written.push(this.#last);
  }

  /** Thousands of rows fall on few days. */
  #dayOf(at: number): number {
    if (this.#day !== undefined && at >= this.#dayFrom && at < this.#dayFrom + 22 * 3_600_000)
      return this.#day;
    this.#dayFrom = new Date(at).setHours(0, 0, 0, 0);
    return dayNumber(at);
  }
}

type BareRow = Omit<TimelineRow, 'startsDay' | 'isFirstUnread' | 'startsRun' | 'endsRun' | 'showsState'>;

function isSameRun(a: BareRow, b: BareRow): boolean {
  return (
    a.content.type === 'text' &&
    b.content.type === 'text' &&
    (a.author === b.author || (a.isMine && b.isMine)) &&
    a.isMine === b.isMine &&
    b.at - a.at < runGapMs
  );
}

function rowOfItem(item: TimelineItem, keyOfEntry: RowOptions['keyOfEntry']): BareRow {
  const at = item.relayAt ?? item.writtenAt;
  const isText = item.content.type === 'text';
  const state = item.state && shownState(item.state, item.waitsFor);
  return {
    // One entry may show as several items, but as one text at most.
    key: isText && item.id ? (keyOfEntry(item.id) ?? item.id) : `${item.order}`,
    entry: item.id,
    order: item.order,
    content: item.content,
    author: item.author,
    authorName: item.authorName,
    isMine: item.isMine,
    at,
    writtenAt: isText && Math.abs(at - item.writtenAt) > differsMs ? item.writtenAt : undefined,
    state,
    canWithdraw: item.isMine && isText && state !== undefined && (isWaiting(state) || state === 'saved'),
  };
}

function rowOfPending(pending: PendingText): BareRow {
  return {
    key: pending.key,
    entry: undefined,
    order: undefined,
    content: { type: 'text', text: pending.text },
    author: undefined,
    authorName: undefined,
    isMine: true,
    at: pending.writtenAt,
    writtenAt: undefined,
    state: pending.entry === undefined ? 'saving' : 'saved',
    canWithdraw: false,
  };
}
