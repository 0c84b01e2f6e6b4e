/**
 * Deterministic CBOR (RFC 8949 §4.2.1) by cborg, with the bounds that a hostile sender would
 * otherwise choose for us: depth and item count are checked by a flat walk before anything is built.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { err, ok, type Failure, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { LIMITS } from './limits';

export type CborFailure = Failure & { readonly type: 'malformed' };

export function encodeCbor(value: unknown): Bytes {
  return encode(value, rfc8949EncodeOptions);
}

/** Maps become plain objects with string keys; integers beyond 2^53 are refused. */
export function decodeCbor(bytes: Uint8Array): Result<unknown, CborFailure> {
  const shape = checkShape(bytes);
  if (shape !== undefined) return malformed(shape);
  try {
    return ok(
      decode(bytes, {
        strict: true,
        allowIndefinite: false,
        allowUndefined: false,
        allowBigInt: false,
        allowNaN: false,
        allowInfinity: false,
        rejectDuplicateMapKeys: true,
      }),
    );
  } catch (error) {
    return malformed(error instanceof Error ? error.message : 'cbor');
  }
}

function malformed(detail: string): Result<never, CborFailure> {
  return err({ type: 'malformed', then: 'ignore', detail });
}

/** Walks item heads without recursion. Returns a reason, or undefined when the shape is bounded. */
function checkShape(bytes: Uint8Array): string | undefined {
  const open: number[] = [];
  let at = 0;
  let items = 0;
  do {
    const head = bytes[at++];
    if (head === undefined) return 'truncated';
    if (++items > LIMITS.cborItems) return 'too many items';
    const major = head >> 5;
    const info = head & 31;
    let length = info;
    if (info >= 24) {
      if (info > 27) return 'indefinite length';
      const width = 1 << (info - 24);
      if (at + width > bytes.length) return 'truncated';
      length = 0;
      for (let i = 0; i < width; i++) length = length * 256 + (bytes[at + i] ?? 0);
      at += width;
    }
    if (major === 2 || major === 3) {
      at += length;
      if (at > bytes.length) return 'truncated';
    }
    const children = major === 4 ? length : major === 5 ? 2 * length : major === 6 ? 1 : 0;
    if (children > bytes.length) return 'truncated';
    if (children > 0) {
      if (open.length >= LIMITS.cborDepth) return 'too deep';
      open.push(children);
      continue;
    }
    while (open.length > 0) {
      const last = open.length - 1;
      const left = (open[last] ?? 0) - 1;
      if (left > 0) {
        open[last] = left;
        break;
      }
      open.pop();
    }
  } while (open.length > 0);
  return at === bytes.length ? undefined : 'trailing bytes';
}
