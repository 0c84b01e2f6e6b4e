/** One connection: what it has proved. How much it may still ask is the matter of `Sessions`. */
import type { Bytes } from '../src/lib/bytes';
import type { Peer } from './peer';
import { TokenBucket, type BucketSize } from './tokenBucket';

export interface SessionOptions {
  readonly peer: Peer;
  /** The relay's host as this device addressed it. */
  readonly host: string;
  readonly nonce: Bytes;
  /** When it came, ms. */
  readonly since: number;
}

export class Session {
  readonly peer: Peer;
  readonly host: string;
  /** The nonce is good for one answer, right or wrong. */
  nonce: Bytes | undefined;
  readonly since: number;
  /** The relay key this connection has proved to hold; whether it is a pass is the pass book's matter. */
  relayKey: Bytes | undefined;
  /** Frames behind an `auth` wait for its verdict. */
  authenticating: Promise<void> | undefined;
  /** The last read that is not answered yet; the next one waits for it. */
  reading: Promise<void> | undefined;
  /** Under which `Sessions` counts it; undefined = a stranger, who has a bucket of its own. */
  pass: string | undefined;
  bucket: TokenBucket | undefined;

  constructor(options: SessionOptions, size: BucketSize) {
    this.peer = options.peer;
    this.host = options.host;
    this.nonce = options.nonce;
    this.since = options.since;
    this.bucket = new TokenBucket(size, options.since);
  }
}
