import type { Clock } from '../../../src/lib/services';

/** Stands still until a test lets time pass. */
export class StandingClock implements Clock {
  #now = 1_000;
  /** What the device's clock shows beyond the time that passes. */
  skew = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  #next = 1;

  now(): number {
    return this.#now + this.skew;
  }

  after(ms: number, callback: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + ms, callback });
    return () => this.#timers.delete(id);
  }

  get waiting(): number {
    return this.#timers.size;
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.#now = at;
      callback();
      await settle();
    }
    this.#now = end;
  }
}

export const settle = () => new Promise((resolve) => setImmediate(resolve));
