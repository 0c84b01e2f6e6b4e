/**
 * How much may wait for slow readers: of each, and of all together. Beyond `slowBytes` a reader is not
 * fed (`Subscriptions`), not read from, and its reads wait; beyond `stuckBytes` it is sent away. When
 * all together hold more than `totalBytes`, being slow begins much earlier and pages get small.
 */
export interface SendLimits {
  readonly slowBytes: number;
  readonly stuckBytes: number;
  readonly totalBytes: number;
  /** In place of `slowBytes`, and the size of a page, while the total is exceeded; and for strangers always. */
  readonly tightBytes: number;
}

export const SEND_LIMITS: SendLimits = {
  slowBytes: 2 * 1024 * 1024,
  stuckBytes: 16 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  tightBytes: 64 * 1024,
};

export class SendBudget {
  readonly #limits: SendLimits;
  #total = 0;

  constructor(limits: SendLimits) {
    this.#limits = limits;
  }

  /** A connection's waiting bytes are so many more, or fewer, than it last said. */
  changed(by: number): void {
    this.#total += by;
  }

  get isTight(): boolean {
    return this.#total > this.#limits.totalBytes;
  }

  isSlow(waitingBytes: number): boolean {
    return waitingBytes > (this.isTight ? this.#limits.tightBytes : this.#limits.slowBytes);
  }

  isStuck(waitingBytes: number): boolean {
    return waitingBytes > this.#limits.stuckBytes;
  }

  /** The most that one answer to a read should hold. */
  pageBytes(wanted: number, hasPass: boolean): number {
    return this.isTight || !hasPass ? Math.min(wanted, this.#limits.tightBytes) : wanted;
  }
}
