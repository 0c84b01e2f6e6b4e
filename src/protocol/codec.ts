/**
 * Deterministic CBOR (RFC 8949 §4.2.1) by cborg, with the bounds that a hostile sender would
 * otherwise choose for us: depth and item count are checked by a flat walk before anything is built.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { err, ok, type Failure, type Result } from '../lib/result';
import { copyBytes, type Bytes } from '../lib/bytes';
import { LIMITS } from './limits';
import { isUtf8 } from './utf8';

export type CborFailure = Failure & { readonly type: 'malformed' };

/** In bytes of their own: on Node, cborg answers slices of a pool that others' bytes lie in, too. */
export function encodeCbor(value: unknown): Bytes {
  const encoded = encode(value, rfc8949EncodeOptions);
  return encoded.length === encoded.buffer.byteLength ? encoded : copyBytes(encoded);
}

/**
 * Maps become plain objects with string keys. What is not in the one deterministic form is refused, so
 * that a value that was read is written as the same bytes; only numbers that are whole and at most 2^53
 * away from zero are numbers here (SPEC L2).
 */
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

/** A list or map that is being walked. `left` counts keys and values; `key` is the last key's place. */
interface Level {
  readonly isMap: boolean;
  left: number;
  key: readonly [from: number, to: number] | undefined;
}

/**
 * Walks item heads without recursion. Returns a reason, or undefined when the shape is bounded and
 * what cborg does not look at (keys in order, text that is text, whole numbers) is in the one form.
 */
function checkShape(bytes: Uint8Array): string | undefined {
  const open: Level[] = [];
  let at = 0;
  let items = 0;
  do {
    const from = at;
    const head = bytes[at++];
    if (head === undefined) return 'truncated';
    if (++items > LIMITS.cborItems) return 'too many items';
    const major = head >> 5;
    const info = head & 31;
    let length = info;
    if (info >= 24) {
      if (info > 27) return 'indefinite length';
      if (major === 7) return 'no whole number';
      const width = 1 << (info - 24);
      if (at + width > bytes.length) return 'truncated';
      length = 0;
      for (let i = 0; i < width; i++) length = length * 256 + (bytes[at + i] ?? 0);
      at += width;
    }
    if (major === 2 || major === 3) {
      const text = at;
      at += length;
      if (at > bytes.length) return 'truncated';
      if (major === 3 && !isUtf8(bytes, text, at)) return 'no text';
    }
    const level = open.at(-1);
    if (level?.isMap === true && level.left % 2 === 0) {
      const fault = faultOfKey(bytes, level.key, from, at);
      if (fault !== undefined) return fault;
      level.key = [from, at];
    }
    const children = major === 4 ? length : major === 5 ? 2 * length : major === 6 ? 1 : 0;
    if (children > bytes.length) return 'truncated';
    if (children > 0) {
      if (open.length >= LIMITS.cborDepth) return 'too deep';
      open.push({ isMap: major === 5, left: children, key: undefined });
      continue;
    }
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      last.left -= 1;
      if (last.left > 0) break;
      open.pop();
    }
  } while (open.length > 0);
  return at === bytes.length ? undefined : 'trailing bytes';
}

/** Keys are texts in the order of their bytes (RFC 8949 §4.2.1), each once. */
function faultOfKey(bytes: Uint8Array, previous: Level['key'], from: number, to: number): string | undefined {
  if ((bytes[from] ?? 0) >> 5 !== 3) return 'a key that is no text';
  // Readers swallow a byte order mark, which would make two keys of one.
  if (hasByteOrderMark(bytes, from, to)) return 'a key with a byte order mark';
  return previous !== undefined && compareRanges(bytes, previous, [from, to]) >= 0
    ? 'keys out of order'
    : undefined;
}

function hasByteOrderMark(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at + 2 < to; at++)
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) return true;
  return false;
}

function compareRanges(
  bytes: Uint8Array,
  [a, aEnd]: readonly [number, number],
  [b, bEnd]: readonly [number, number],
): number {
  for (let i = 0; a + i < aEnd && b + i < bEnd; i++) {
    const difference = (bytes[a + i] ?? 0) - (bytes[b + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}
