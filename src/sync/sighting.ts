/**
 * What another device says it has seen, against our links (SPEC E7): an entry, a receipt and a request to be
 * taken back each name a seq and the link their author holds there.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { withSighting } from '../domain/fork';
import type { DeviceId } from '../domain/ids';
import type { Progress } from '../records/logRecords';

const TROUBLE_RANK = { none: 0, gap: 1, forked: 2, 'needs-reentry': 3 } as const;

export interface Claim {
  readonly device: DeviceId;
  readonly seq: number;
  readonly chain: Bytes;
}

/**
 * `ours`: our link at that seq; what we do not hold any more is not held against anybody. `ahead`: whoever has
 * our history cannot have one there.
 */
export function withClaim(
  progress: Progress,
  { device, seq, chain }: Claim,
  ours: Bytes | 'ahead' | undefined,
): Progress {
  if (ours === undefined) return progress;
  const agrees = ours !== 'ahead' && equalBytes(ours, chain);
  const fork = withSighting(progress.fork, { device, seq, agrees });
  const next = fork === progress.fork ? progress : { ...progress, fork };
  return agrees ? next : withTrouble(next, 'forked');
}

/** It only grows (SPEC S6). */
export function withTrouble(progress: Progress, trouble: Progress['trouble']): Progress {
  return TROUBLE_RANK[trouble] > TROUBLE_RANK[progress.trouble] ? { ...progress, trouble } : progress;
}
