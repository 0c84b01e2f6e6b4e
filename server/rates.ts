/** How much of what one may ask, so many at once and then so many a second (SPEC K5). */
import type { BucketSize } from './tokenBucket';

export interface RelayRates {
  /** Frames of a pass, all its connections together; `costOfFrame` says what one counts. */
  readonly withPass: BucketSize;
  /** Frames of a connection that has not shown a pass. */
  readonly withoutPass: BucketSize;
  /** New logs of a pass. */
  readonly creates: BucketSize;
  /** Commits of a pass in one log: a commit loop must not starve those who catch up. */
  readonly commits: BucketSize;
  /** Envelopes of a pass in all mailboxes together: a stolen pass must not fill those of a town. */
  readonly mails: BucketSize;
  /** What a pass appends anywhere, in units of 16 KiB: a stolen pass must not fill the disk overnight. */
  readonly appended: BucketSize;
}

export const RELAY_RATES: RelayRates = {
  withPass: { burst: 2_000, perSecond: 200 },
  withoutPass: { burst: 40, perSecond: 4 },
  creates: { burst: 500, perSecond: 1 },
  commits: { burst: 4, perSecond: 0.1 },
  mails: { burst: 4_000, perSecond: 1 },
  appended: { burst: 32_000, perSecond: 4 }, // 512 MiB, then 5.5 GiB a day
};

const COST_BYTES = 16 * 1024;
const COST_ENVELOPES = 8;

/** Bytes in the unit of `appended`. */
export function unitsOf(bytes: number): number {
  return bytes / COST_BYTES;
}

/** What so many bytes count beside the frame they came or went in. */
export function costOfBytes(bytes: number): number {
  return Math.floor(bytes / COST_BYTES);
}

/** An append is work for each envelope, however small. */
export function costOfEnvelopes(count: number): number {
  return Math.floor(count / COST_ENVELOPES);
}
