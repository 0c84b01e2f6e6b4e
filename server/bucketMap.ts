/** One token bucket per key. Full buckets are forgotten: a new one would say the same. */
import { TokenBucket, type BucketSize } from './tokenBucket';

const SWEEP_AT = 1_024;

export class BucketMap {
  readonly #size: BucketSize;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = SWEEP_AT;

  constructor(size: BucketSize) {
    this.#size = size;
  }

  take(key: string, now: number): number {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
      bucket = new TokenBucket(this.#size, now);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(now);
  }

  giveBack(key: string): void {
    this.#buckets.get(key)?.giveBack();
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#buckets.size);
  }
}
