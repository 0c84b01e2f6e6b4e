/**
 * Where the reader is, and what counts as read: everything, once the end is in sight and the page is
 * visible. Each new end is reported once.
 */
import type { AppClient } from '../../engine/client';
import type { ConversationView } from '../../engine/views';
import type { TimelineState } from './timelineState.svelte';

export class ReadingState {
  #isAtEnd = $state(true);
  #isVisible = $state(document.visibilityState === 'visible');
  #reportedUpTo = -1;
  readonly #client: Pick<AppClient, 'intend'>;
  readonly #view: () => ConversationView;
  readonly #timeline: TimelineState;

  constructor(client: Pick<AppClient, 'intend'>, view: () => ConversationView, timeline: TimelineState) {
    this.#client = client;
    this.#view = view;
    this.#timeline = timeline;
    // Unread ones open at their line, which may be far above the end.
    this.#isAtEnd = !timeline.hasUnreadLine;
  }

  /** The end is in sight; the timeline keeps to it while it grows. */
  get isAtEnd(): boolean {
    return this.#isAtEnd && !this.#timeline.hasNewer;
  }
  get unreadBelow(): number {
    return this.isAtEnd ? 0 : this.#view().unread;
  }

  moved(isAtEnd: boolean): void {
    this.#isAtEnd = isAtEnd;
  }
  stayAtEnd(): void {
    this.#isAtEnd = true;
  }

  /** Inside an effect; answers the way to stop. */
  follow(): () => void {
    const watch = () => (this.#isVisible = document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', watch);
    $effect(() => {
      const { unread, readUpTo, lastOrder } = this.#view();
      if (unread === 0 || !this.#timeline.isLoaded) return;
      if (!this.isAtEnd || !this.#isVisible) this.#timeline.markUnreadAfter(readUpTo);
      else this.#report(lastOrder);
    });
    return () => document.removeEventListener('visibilitychange', watch);
  }

  #report(upTo: number): void {
    if (upTo <= this.#reportedUpTo) return;
    const before = this.#reportedUpTo;
    this.#reportedUpTo = upTo;
    void this.#client.intend({ type: 'mark-read', conversation: this.#view().number, upTo }).then((saved) => {
      if (!saved.ok) this.#reportedUpTo = before;
    });
  }
}
