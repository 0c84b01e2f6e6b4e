/**
 * Records are our own: what comes back was sealed by this device's vault key, so it is decoded without
 * a schema. Absent fields are kept as `undefined`, which the wire's codec refuses.
 */
import { decode, encode } from 'cborg';
import type { Bytes } from '../lib/bytes';

export function encodeRecord(record: unknown): Bytes {
  return encode(record);
}

export function decodeRecord<T>(bytes: Uint8Array): T {
  return decode(bytes) as T;
}
