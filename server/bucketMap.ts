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

  take(key: string, now: number, cost = 1): number {
    return this.#of(key, now).take(now, cost);
  }

  charge(key: string, now: number, cost: number): void {
    if (cost > 0) this.#of(key, now).charge(now, cost);
  }

  giveBack(key: string, cost = 1): void {
    this.#buckets.get(key)?.giveBack(cost);
  }

  #of(key: string, now: number): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket !== undefined) return bucket;
    if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
    bucket = new TokenBucket(this.#size, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#buckets.size);
  }
}
