/**
 * One conversation's timeline as the screen holds it: the engine's window, own texts on their way into
 * the vault, and where the unread line stands.
 */
import type { AppClient, Timeline, TimelineWindow } from '../../engine/client';
import type { EntryId } from '../../domain/ids';
import type { ConversationNumber, TimelineItem } from '../../engine/views';
import { buildRows, withPending, type PendingText, type TimelineRow } from './rows';

const firstCount = 60;
const moreCount = 60;
export interface TimelineStart {
  /** Open around this order instead of at the end. */
  readonly around: number | undefined;
  /** The unread line stands behind this order; undefined: nothing is unread. */
  readonly unreadAfter: number | undefined;
}

export class TimelineState {
  #window = $state.raw<TimelineWindow>();
  #pending = $state.raw<readonly PendingText[]>([]);
  #unreadAfter = $state<number>();
  #grewInFront = $state(false);
  #isLoading = $state(false);
  readonly #stored = $derived(
    buildRows({
      items: this.#window?.items ?? [],
      unreadAfter: this.#unreadAfter,
      keyOfEntry: (id) => this.#keys.get(id),
    }),
  );
  readonly #rows = $derived(this.#window?.hasNewer ? this.#stored : withPending(this.#stored, this.#pending));
  readonly #client: Pick<AppClient, 'openTimeline'>;
  readonly #number: ConversationNumber;
  readonly #keys = new Map<EntryId, string>();
  #timeline: Timeline;
  #nextKey = 1;

  constructor(client: Pick<AppClient, 'openTimeline'>, number: ConversationNumber, start: TimelineStart) {
    this.#client = client;
    this.#number = number;
    this.#unreadAfter = start.unreadAfter;
    this.#timeline = this.#open(start.around);
  }

  get rows(): readonly TimelineRow[] {
    return this.#rows;
  }
  get isLoaded(): boolean {
    return this.#window !== undefined;
  }
  get isLoading(): boolean {
    return this.#isLoading;
  }
  get hasOlder(): boolean {
    return this.#window?.hasOlder ?? false;
  }
  get hasNewer(): boolean {
    return this.#window?.hasNewer ?? false;
  }
  /** The last change was in front, rows added or let go: the list must keep its place from the end. */
  get grewInFront(): boolean {
    return this.#grewInFront;
  }
  get hasUnreadLine(): boolean {
    return this.#unreadAfter !== undefined;
  }

  loadOlder(): Promise<void> {
    return this.#load(this.hasOlder, () => this.#timeline.loadOlder(moreCount));
  }
  loadNewer(): Promise<void> {
    return this.#load(this.hasNewer, () => this.#timeline.loadNewer(moreCount));
  }
  /** Away from an old place, to the newest. */
  jumpToEnd(): void {
    if (!this.hasNewer) return;
    this.#timeline.close();
    this.#timeline = this.#open(undefined);
  }
  /** The line stands behind what was read when new ones arrived unseen. */
  markUnreadAfter(order: number): void {
    this.#unreadAfter ??= order;
  }
  clearUnreadLine(): void {
    this.#unreadAfter = undefined;
  }

  /** Shown at once, in the same frame; not called saved before `settle`. */
  addPending(text: string, writtenAt: number): string {
    const key = `p${this.#nextKey++}`;
    this.#grewInFront = false;
    this.#pending = [...this.#pending, { key, text, writtenAt, entry: undefined }];
    return key;
  }
  settle(key: string, entry: EntryId): void {
    this.#pending = this.#pending.map((one) => (one.key === key ? { ...one, entry } : one));
    this.#matchPending(this.#window?.items ?? []);
  }
  drop(key: string): void {
    this.#pending = this.#pending.filter((one) => one.key !== key);
  }

  close(): void {
    this.#timeline.close();
  }

  #open(around: number | undefined): Timeline {
    let isCurrent = true;
    const timeline = this.#client.openTimeline(this.#number, {
      limit: firstCount,
      ...(around === undefined ? {} : { around }),
      onChange: (window) => {
        if (isCurrent) this.#take(window);
      },
    });
    return {
      loadOlder: (count) => timeline.loadOlder(count),
      loadNewer: (count) => timeline.loadNewer(count),
      close: () => {
        isCurrent = false;
        timeline.close();
      },
    };
  }

  async #load(isThere: boolean, load: () => Promise<void>): Promise<void> {
    if (!isThere || this.#isLoading) return;
    this.#isLoading = true;
    try {
      await load();
    } finally {
      this.#isLoading = false;
    }
  }

  #take(window: TimelineWindow): void {
    const first = this.#window?.items[0]?.order;
    const next = window.items[0]?.order;
    this.#grewInFront = first !== undefined && next !== undefined && next !== first;
    this.#matchPending(window.items);
    this.#window = window;
  }

  /** A text that the timeline shows is pending no more; its row stays the same one. */
  #matchPending(items: readonly TimelineItem[]): void {
    if (this.#pending.every(({ entry }) => entry === undefined)) return;
    const shown = new Set(items.map(({ id }) => id));
    const left = this.#pending.filter(({ key, entry }) => {
      if (entry === undefined || !shown.has(entry)) return true;
      this.#keys.set(entry, key);
      return false;
    });
    if (left.length < this.#pending.length) this.#pending = left;
  }
}
