/**
 * Virtual time: what is to happen stands in a queue, ordered by time and then by when it was put there.
 * One thing happens, everything that follows from it in microtasks comes to rest, then the next.
 */
import { setImmediate as nextTurn } from 'node:timers';

interface Due {
  readonly at: number;
  readonly count: number;
  readonly run: () => void | Promise<void>;
  isCancelled: boolean;
}

export class Scheduler {
  now: number;
  steps = 0;
  readonly #heap: Due[] = [];
  #count = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** Not before now. Answers the way to cancel. */
  at(time: number, run: () => void | Promise<void>): () => void {
    const due: Due = { at: Math.max(time, this.now), count: this.#count++, run, isCancelled: false };
    this.#push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  in(ms: number, run: () => void | Promise<void>): () => void {
    return this.at(this.now + ms, run);
  }

  /** False when nothing is left up to `end`; time then stands at `end`. */
  async step(end: number): Promise<boolean> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end) {
        this.now = Math.max(this.now, end);
        return false;
      }
      this.#pop();
      if (next.isCancelled) continue;
      this.now = Math.max(this.now, next.at);
      this.steps += 1;
      await this.rest(() => next.run());
      return true;
    }
  }

  /** Runs `work`; when it needs more than microtasks, it has reached for the platform. */
  async rest(work: () => void | Promise<void>): Promise<void> {
    let isDone = false;
    let failure: unknown;
    void Promise.resolve(work()).then(
      () => (isDone = true),
      (error: unknown) => {
        isDone = true;
        failure = error ?? 'rejected';
      },
    );
    await new Promise<void>((resolve) => nextTurn(resolve));
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error('rejected', { cause: failure });
    if (!isDone) throw new Error('a step of the world waited for something outside of it');
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at === b.at ? a.count < b.count : a.at < b.at;
}
