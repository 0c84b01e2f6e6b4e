/**
 * Plaintexts in buckets (SPEC E6), so that the relay sees nine sizes and not lengths: four bytes of
 * length, the plaintext, zeroes up to the smallest bucket that holds both. There is exactly one padded
 * form of a plaintext; any other is malformed.
 */
import type { Bytes } from '../lib/bytes';
import { err, ok, type Failure, type Result } from '../lib/result';
import { PADDING_BUCKETS } from '../protocol/limits';

export type PaddingFailure = Failure & { readonly type: 'too-large' | 'malformed' };

const PREFIX_BYTES = 4;
export const MAX_PADDED_PLAINTEXT = Math.max(...PADDING_BUCKETS) - PREFIX_BYTES;

export function pad(plaintext: Uint8Array): Result<Bytes, PaddingFailure> {
  const bucket = bucketFor(plaintext.length);
  if (bucket === undefined)
    return err({ type: 'too-large', then: 'stop', detail: `${plaintext.length} bytes` });
  const out = new Uint8Array(bucket);
  new DataView(out.buffer).setUint32(0, plaintext.length);
  out.set(plaintext, PREFIX_BYTES);
  return ok(out);
}

export function unpad(padded: Uint8Array): Result<Bytes, PaddingFailure> {
  if (padded.length < PREFIX_BYTES) return malformed('too short');
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (bucketFor(length) !== padded.length) return malformed('not the bucket of its length');
  const end = PREFIX_BYTES + length;
  for (let i = end; i < padded.length; i++) if (padded[i] !== 0) return malformed('padding is not zero');
  return ok(new Uint8Array(padded.subarray(PREFIX_BYTES, end)));
}

function bucketFor(length: number): number | undefined {
  return PADDING_BUCKETS.find((bucket) => PREFIX_BYTES + length <= bucket);
}

function malformed(detail: string): Result<never, PaddingFailure> {
  return err({ type: 'malformed', then: 'ignore', detail });
}
