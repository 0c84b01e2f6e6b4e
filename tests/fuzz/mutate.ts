/**
 * Bytes that are almost right: a valid sample and a list of small wrongs, so that a counterexample shrinks to
 * the few wrongs that matter. Each wrong is a number to choose by and three to act with; any numbers do.
 */
import { decode, encode } from 'cborg';
import { concatBytes, copyBytes, type Bytes } from '../../src/lib/bytes';

export type Wrong = readonly [kind: number, a: number, b: number, c: number];

type ByteWrong = (bytes: Bytes, a: number, b: number, c: number) => Uint8Array;

/** Beyond this an input says nothing that a shorter one would not. */
const LONGEST = 200_000;

const utf8 = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text));
const hex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Heads that lie about what follows, text that is none, keys that reach for the prototype. */
const BOMBS: readonly Bytes[] = [
  hex('9affffffff'),
  hex('9bffffffffffffffff'),
  hex('baffffffff'),
  hex('5b7fffffffffffffff'),
  hex('7affffffff'),
  hex('9f'),
  hex('bf'),
  hex('ff'),
  hex('f7'),
  hex('f97e00'),
  hex('f97c00'),
  hex('fb7ff0000000000000'),
  hex('1b0020000000000000'),
  hex('1b001fffffffffffff'),
  hex('3b001fffffffffffff'),
  hex('c249ffffffffffffffffff'),
  hex('63eda080'),
  hex('62c1bf'),
  hex('64efbbbf61'),
  concatBytes(hex('a169'), utf8('__proto__'), hex('a0')),
  concatBytes(hex('a16b'), utf8('constructor'), hex('01')),
  concatBytes(hex('a2616101616102')),
  new Uint8Array(40).fill(0x81),
  new Uint8Array(3_000).fill(0x81),
  new Uint8Array(3_000).fill(0x80),
  hex('ffffffff'),
  hex('7fffffff'),
  hex('bfffffff'),
  hex('ffffffffffffff7f'),
  hex('8080808010'),
];

const BYTES: readonly ByteWrong[] = [
  (bytes, a, b) => changed(bytes, a, (bytes[place(bytes, a)] ?? 0) ^ (1 << (b % 8))),
  (bytes, a, b) => changed(bytes, a, [0, 1, 0x7f, 0x80, 0xff, 0x40, 0x81, 0xa1][b % 8] ?? 0),
  (bytes, a, b) => changed(bytes, a, b),
  (bytes, a) => bytes.subarray(0, place(bytes, a)),
  (bytes, a) => bytes.subarray(place(bytes, a)),
  (bytes, a, b) => concatBytes(bytes, new Uint8Array((a % 64) + 1).fill(b)),
  // a piece gone, a piece twice, a piece elsewhere
  (bytes, a, b) => spliced(bytes, a, 1 + (b % 16), new Uint8Array()),
  (bytes, a, b, c) => spliced(bytes, a, 0, pieceOf(bytes, b, c)),
  (bytes, a, b, c) => spliced(bytes, a, 1 + (c % 32), pieceOf(bytes, b, c)),
  // a length that lies: one, two or four bytes of it, a little or far off
  (bytes, a, b, c) => withNumber(bytes, a, [1, 2, 4][b % 3] ?? 1, c),
  (bytes, a, b) => spliced(bytes, a, 0, BOMBS[b % BOMBS.length] ?? bytes),
  (bytes, a, b) => spliced(bytes, a, 1 + (b % 8), BOMBS[b % BOMBS.length] ?? bytes),
];

const VALUES: readonly unknown[] = [
  0,
  1,
  -1,
  255,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2n ** 53n,
  2n ** 64n - 1n,
  1.5,
  -0,
  NaN,
  Infinity,
  '',
  'x',
  '\ud800',
  '\ufeffx',
  'a\u202eb',
  'constructor',
  '__proto__',
  'x'.repeat(13_000),
  '0'.repeat(32),
  'f'.repeat(64),
  null,
  undefined,
  true,
  false,
  [],
  [[]],
  {},
  nested(20),
  Array.from({ length: 3_000 }, () => 0),
  new Uint8Array(0),
  new Uint8Array(16),
  new Uint8Array(31),
  new Uint8Array(32),
  new Uint8Array(64),
  new Uint8Array(9_000),
];

type Inside = (node: unknown, a: number, b: number) => unknown;
/** Wrongs of a value that CBOR can carry. */
const INSIDE: readonly Inside[] = [
  (_, a) => VALUES[a % VALUES.length],
  (_, a) => VALUES[a % VALUES.length],
  (node, a, b) => {
    if (typeof node === 'number') return [node + 1, node - 1, -node, node * 2 ** 20, node + 0.5][a % 5];
    if (typeof node === 'string') return changedText(node, a, b);
    if (node instanceof Uint8Array) return applyBytes(copyBytes(node), a, b, a ^ b);
    if (Array.isArray(node)) return changedList(node, a, b);
    if (node instanceof Map) return changedMap(node, a, b);
    return node === true ? false : true;
  },
];

/** The sample with all wrongs done to it, one after the other. */
export function mutate(sample: Uint8Array, wrongs: readonly Wrong[]): Bytes {
  let bytes = copyBytes(sample);
  for (const [kind, a, b, c] of wrongs) {
    const next = kind % 2 === 0 ? insideCbor(bytes, a, b, c) : undefined;
    bytes = copyBytes((next ?? applyBytes(bytes, a, b, c)).subarray(0, LONGEST));
  }
  return bytes;
}

/** Text, with the same wrongs done to its bytes; what is no text then becomes U+FFFD. */
export function mutateText(sample: string, wrongs: readonly Wrong[]): string {
  return new TextDecoder().decode(mutate(utf8(sample), wrongs));
}

function applyBytes(bytes: Bytes, a: number, b: number, c: number): Uint8Array {
  return (BYTES[a % BYTES.length] ?? identity)(bytes, b, c, a);
}
const identity: ByteWrong = (bytes) => bytes;

function insideCbor(bytes: Bytes, a: number, b: number, c: number): Bytes | undefined {
  try {
    const value: unknown = decode(bytes, { useMaps: true, allowBigInt: true, strict: false });
    return new Uint8Array(encode(atSomeNode(value, a, b, c), { mapSorter: () => 0 }));
  } catch {
    return undefined;
  }
}

/** Goes down by `a` to some node, and does one wrong to it. Bytes that hold CBOR are gone into, too. */
function atSomeNode(value: unknown, a: number, b: number, c: number): unknown {
  const wrong = INSIDE[b % INSIDE.length] ?? ((node) => node);
  const way = a % 1_000;
  if (way % 4 === 0) return wrong(value, c, a);
  const down = (inner: unknown): unknown => atSomeNode(inner, Math.floor(a / 4) + 1, b, c);
  if (Array.isArray(value) && value.length > 0) {
    const at = way % value.length;
    return value.map((item: unknown, index) => (index === at ? down(item) : item));
  }
  if (value instanceof Map && value.size > 0) {
    const at = way % value.size;
    return new Map(
      [...(value as Map<unknown, unknown>)].map(([k, inner], i) => [k, i === at ? down(inner) : inner]),
    );
  }
  if (value instanceof Uint8Array && value.length > 3) {
    const inner = insideCbor(copyBytes(value), Math.floor(a / 4) + 1, b, c);
    if (inner !== undefined) return inner;
  }
  return wrong(value, c, a);
}

function changedText(text: string, a: number, b: number): string {
  const at = a % (text.length + 1);
  const piece = ['\ud83d', '\u0000', '\u202e', '\ufeff', 'ä', 'A', ' ', '\n', '%', '-'][b % 10] ?? '';
  if (b % 3 === 0) return text.slice(0, at) + text.slice(at + 1);
  return text.slice(0, at) + piece + text.slice(b % 3 === 1 ? at : at + 1);
}

function changedList(list: readonly unknown[], a: number, b: number): unknown[] {
  const at = a % (list.length + 1);
  if (b % 4 === 0) return [...list.slice(0, at), ...list.slice(at + 1)];
  if (b % 4 === 1) return [...list.slice(0, at), list[a % Math.max(1, list.length)], ...list.slice(at)];
  if (b % 4 === 2) return [...list, VALUES[a % VALUES.length]];
  return [...list].reverse();
}

function changedMap(map: ReadonlyMap<unknown, unknown>, a: number, b: number): Map<unknown, unknown> {
  const pairs = [...map];
  const key = ['__proto__', 'constructor', 'toString', '', 'kind', 'more', 0, 'x'.repeat(300)][a % 8];
  if (b % 3 === 0 && pairs.length > 0) pairs.splice(a % pairs.length, 1);
  else if (b % 3 === 1) pairs.push([key, VALUES[a % VALUES.length]]);
  else if (pairs.length > 0) pairs[a % pairs.length] = [key, pairs[a % pairs.length]?.[1]];
  return new Map(pairs);
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

function place(bytes: Uint8Array, a: number): number {
  return bytes.length === 0 ? 0 : a % bytes.length;
}
function changed(bytes: Bytes, a: number, byte: number): Bytes {
  const out = copyBytes(bytes);
  if (out.length > 0) out[place(bytes, a)] = byte;
  return out;
}
function spliced(bytes: Uint8Array, a: number, gone: number, piece: Uint8Array): Bytes {
  const at = place(bytes, a);
  return concatBytes(bytes.subarray(0, at), piece, bytes.subarray(at + gone));
}
function pieceOf(bytes: Uint8Array, b: number, c: number): Uint8Array {
  const at = place(bytes, b);
  return bytes.slice(at, at + 1 + (c % 64));
}
function withNumber(bytes: Bytes, a: number, width: number, c: number): Bytes {
  const out = copyBytes(bytes);
  const at = place(bytes, a);
  if (at + width > out.length) return out;
  const view = new DataView(out.buffer, at, width);
  const old = width === 1 ? view.getUint8(0) : width === 2 ? view.getUint16(0) : view.getUint32(0);
  const next = [old + 1, old - 1, 0, 0xffffffff, old * 2, 0x7fffffff, old ^ 0x80, c][c % 8] ?? 0;
  if (width === 1) view.setUint8(0, next);
  else if (width === 2) view.setUint16(0, next);
  else view.setUint32(0, next);
  return out;
}
