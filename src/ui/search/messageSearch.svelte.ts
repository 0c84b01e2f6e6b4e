/**
 * Searching all conversations while typing. Hits stream in newest first; a new query abandons the old
 * search at once, and nothing of it can appear under the new words.
 *
 *   empty → short → searching → paused (enough shown, more to come) | done | failed
 */
import type { AppClient } from '../../engine/client';
import type { SearchHit } from '../../engine/views';

export type SearchStep = 'empty' | 'short' | 'searching' | 'paused' | 'done' | 'failed';

const PAGE = 40;
const MIN_LENGTH = 2;

export interface SearchTimes {
  /** Pause after a keystroke before the search begins. */
  readonly debounceMs: number;
  /** Hits are shown in bunches, at most this often. */
  readonly paintMs: number;
}

export class MessageSearch {
  #query = $state('');
  #step = $state<SearchStep>('empty');
  #hits = $state.raw<readonly SearchHit[]>([]);
  #abort: AbortController | undefined;
  #running: AsyncIterator<SearchHit> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted = PAGE;
  readonly #client: Pick<AppClient, 'search'>;
  readonly #times: SearchTimes;

  constructor(client: Pick<AppClient, 'search'>, times: SearchTimes = { debounceMs: 90, paintMs: 40 }) {
    this.#client = client;
    this.#times = times;
  }

  get query(): string {
    return this.#query;
  }
  set query(typed: string) {
    this.#query = typed;
    this.#begin();
  }
  get step(): SearchStep {
    return this.#step;
  }
  get hits(): readonly SearchHit[] {
    return this.#hits;
  }

  /** Shows the next page of a paused search. */
  more(): void {
    if (this.#step !== 'paused' || this.#abort === undefined || this.#running === undefined) return;
    this.#wanted += PAGE;
    void this.#pull(this.#running, this.#abort.signal);
  }

  again(): void {
    this.#begin();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#running = undefined;
  }

  #begin(): void {
    this.stop();
    const query = this.#query.trim();
    if (query.length < MIN_LENGTH) {
      this.#hits = [];
      this.#step = query === '' ? 'empty' : 'short';
      return;
    }
    // What was found for the words before stays until the first new hit: no flicker while typing.
    this.#step = 'searching';
    this.#wanted = PAGE;
    const abort = new AbortController();
    this.#abort = abort;
    this.#timer = setTimeout(() => {
      const running = this.#client.search(query, abort.signal)[Symbol.asyncIterator]();
      this.#running = running;
      void this.#pull(running, abort.signal, []);
    }, this.#times.debounceMs);
  }

  async #pull(
    running: AsyncIterator<SearchHit>,
    signal: AbortSignal,
    known: readonly SearchHit[] = this.#hits,
  ): Promise<void> {
    this.#step = 'searching';
    const hits = [...known];
    let paintedAt = 0;
    const paint = () => {
      this.#hits = [...hits];
      paintedAt = Date.now();
    };
    try {
      while (hits.length < this.#wanted) {
        const next = await running.next();
        if (signal.aborted) return;
        if (next.done === true) {
          paint();
          this.#step = 'done';
          return;
        }
        hits.push(next.value);
        if (Date.now() - paintedAt >= this.#times.paintMs) paint();
      }
      paint();
      this.#step = 'paused';
    } catch {
      if (signal.aborted) return;
      paint();
      this.#step = 'failed';
    }
  }
}
