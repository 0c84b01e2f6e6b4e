/** So many at once, then one per interval. Time comes with each question; the bucket keeps no timer. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #size: BucketSize;
  #tokens: number;
  #at: number;

  constructor(size: BucketSize, now: number) {
    this.#size = size;
    this.#tokens = size.burst;
    this.#at = now;
  }

  /** Milliseconds to wait; 0 when taken. A cost above the burst is taken from a full bucket, as debt. */
  take(now: number, cost = 1): number {
    this.#refill(now);
    const needed = Math.min(cost, this.#size.burst);
    if (this.#tokens < needed)
      return Math.max(1, Math.ceil(((needed - this.#tokens) * 1000) / this.#size.perSecond));
    this.#tokens -= cost;
    return 0;
  }

  /** Of what is done already; at most a whole bucket is owed. */
  charge(now: number, cost: number): void {
    this.#refill(now);
    this.#tokens = Math.max(-this.#size.burst, this.#tokens - cost);
  }

  giveBack(cost = 1): void {
    this.#tokens = Math.min(this.#size.burst, this.#tokens + cost);
  }

  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#size.burst;
  }

  #refill(now: number): void {
    // a clock that was set back gives nothing and takes nothing
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.#size.burst, this.#tokens + (passed * this.#size.perSecond) / 1000);
  }
}
