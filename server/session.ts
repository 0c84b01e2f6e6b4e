/** One connection: what it has proved, and how much it may still ask. */
import type { Bytes } from '../src/lib/bytes';
import type { Peer } from './peer';
import { TokenBucket, type BucketSize } from './tokenBucket';

export interface SessionOptions {
  readonly peer: Peer;
  /** The relay's host as this device addressed it. */
  readonly host: string;
  readonly nonce: Bytes;
  readonly nonceUntil: number;
}

export class Session {
  readonly peer: Peer;
  readonly host: string;
  /** The nonce is good for one answer, right or wrong. */
  nonce: Bytes | undefined;
  readonly nonceUntil: number;
  /** The relay key this connection has proved to hold; whether it is a pass is the pass book's matter. */
  relayKey: Bytes | undefined;
  /** Frames behind an `auth` wait for its verdict. */
  authenticating: Promise<unknown> | undefined;
  #bucket: TokenBucket;

  constructor(options: SessionOptions, size: BucketSize, now: number) {
    this.peer = options.peer;
    this.host = options.host;
    this.nonce = options.nonce;
    this.nonceUntil = options.nonceUntil;
    this.#bucket = new TokenBucket(size, now);
  }

  takeFrame(now: number, cost: number): number {
    return this.#bucket.take(now, cost);
  }

  /** Another rate, from now on. */
  allow(size: BucketSize, now: number): void {
    this.#bucket = new TokenBucket(size, now);
  }
}
