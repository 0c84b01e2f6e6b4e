/**
 * Records are our own: what comes back was sealed by this device's vault key, so it is decoded without
 * a schema. Absent fields are kept as `undefined`, which the wire's codec refuses. What is no record all
 * the same is a failure, like a row that does not open.
 */
import { decode, encode } from 'cborg';
import type { Bytes } from '../lib/bytes';
import { err, ok, type Failure, type Result } from '../lib/result';

export type RecordCodecFailure = Failure & { readonly type: 'no-record' };

export function encodeRecord(record: unknown): Bytes {
  return encode(record);
}

export function decodeRecord<T>(bytes: Uint8Array): Result<T, RecordCodecFailure> {
  try {
    return ok(decode(bytes) as T);
  } catch {
    return err({ type: 'no-record', then: 'ignore' });
  }
}
