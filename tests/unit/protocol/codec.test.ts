import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../src/lib/bytes';
import { decodeCbor, encodeCbor } from '../../../src/protocol/codec';
import { LIMITS } from '../../../src/protocol/limits';

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(' ', '')) ?? new Uint8Array();

/** What the wire carries: no undefined, no other numbers than these. */
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 6 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true, maxKeys: 5 },
    ),
  ),
}));

describe('CBOR (SPEC L2)', () => {
  it('brings every value back', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual({ ok: true, value });
      }),
      { numRuns: 400 },
    );
  });

  it('has one form of a value, whatever order its fields were written in', () => {
    const fields: [string, number][] = [
      ['b', 1],
      ['aa', 2],
      ['a', 3],
      ['', 4],
      ['ä', 5],
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (order) => {
        // Shorter keys first, then by their bytes (RFC 8949 §4.2.1: the order of the encoded keys).
        expect(bytesToHex(encodeCbor(Object.fromEntries(order)))).toBe('a560046161036162016261610262c3a405');
      }),
    );
  });

  it.each([
    ['0', 0, '00'],
    ['23 and 24', [23, 24], '8217 1818'],
    ['256', 256, '190100'],
    ['2^32', 2 ** 32, '1b0000000100000000'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
    ['text and bytes', ['ä', Uint8Array.of(1, 2)], '82 62c3a4 420102'],
    ['nothing', [null, true, false], '83f6f5f4'],
  ])('writes the bytes of the standard: %s', (_, value, bytes) => {
    expect(bytesToHex(encodeCbor(value))).toBe(bytes.replaceAll(' ', ''));
    expect(decodeCbor(hex(bytes))).toEqual({ ok: true, value });
  });

  it.each([
    ['nothing at all', ''],
    ['an unfinished head', '19'],
    ['an unfinished head', '1b00000000000000'],
    ['an unfinished text', '6261'],
    ['unfinished bytes', '5818 00'],
    ['an unfinished list', '8201'],
    ['an unfinished map', 'a161 61'],
    ['a list of 2^32 items', '9a ffffffff'],
    ['a list of 2^64 items', '9b ffffffffffffffff'],
    ['bytes longer than memory', '5b 7fffffffffffffff'],
    ['something behind the item', '00 00'],
    ['an indefinite list', '9f 01 ff'],
    ['an indefinite map', 'bf 6161 01 ff'],
    ['an indefinite text', '7f 6161 ff'],
    ['indefinite bytes', '5f 4101 ff'],
    ['a lonely end', 'ff'],
    ['a reserved head', '1c'],
    ['a doubled key', 'a2 6161 01 6161 02'],
    ['keys out of order', 'a2 6162 01 6161 02'],
    ['a longer key before a shorter one', 'a2 626161 01 6162 02'],
    ['keys out of order inside', '81 a1 6161 a2 6162 01 6161 02'],
    ['a key with a byte order mark', 'a1 64efbbbf61 01'],
    ['half a number', 'f93e00'],
    ['a whole number as a fraction', 'f93c00'],
    ['a whole number as a fraction of four bytes', 'fa3f800000'],
    ['minus nothing', 'f98000'],
    ['a lone surrogate', '63eda080'],
    ['a surrogate pair as two', '66eda0bdedb880'],
    ['a letter in too many bytes', '62c1a1'],
    ['a letter in three bytes for two', '63e08080'],
    ['a letter beyond Unicode', '64f4908080'],
    ['an unfinished letter', '61c3'],
    ['an unfinished letter before another item', '82 62e282 01'],
    ['a letter that only goes on', '6180'],
    ['a key that is no text', 'a1 01 02'],
    ['NaN', 'f97e00'],
    ['NaN in eight bytes', 'fb7ff8000000000000'],
    ['infinity', 'f97c00'],
    ['minus infinity', 'fbfff0000000000000'],
    ['undefined', 'f7'],
    ['undefined inside', '81f7'],
    ['2^53', '1b0020000000000000'],
    ['−2^53', '3b001fffffffffffff'],
    ['2^64 − 1', '1bffffffffffffffff'],
    ['a big number', 'c2 41ff'],
    ['a date', 'c1 1a514b67b0'],
    ['an unknown tag', 'd9d9f7 00'],
    ['a longer head than needed', '1800'],
    ['a longer head than needed', '190017'],
    ['a longer length than needed', '7801 61'],
    ['a simple value nobody knows', 'f0'],
    ['a simple value nobody knows', 'f820'],
  ])('refuses %s: %s', (_, bytes) => {
    expect(decodeCbor(hex(bytes))).toMatchObject({ ok: false, error: { type: 'malformed', then: 'ignore' } });
  });

  it('writes into bytes of its own, which nobody else reads or changes', () => {
    for (const size of [0, 1, 100, 300, 1_000, 5_000, 100_000])
      for (const value of [new Uint8Array(size), 'x'.repeat(size), { a: 1, b: 'x'.repeat(size) }, [[]]]) {
        const encoded = encodeCbor(value);
        expect(Object.getPrototypeOf(encoded)).toBe(Uint8Array.prototype);
        expect(encoded.buffer.byteLength).toBe(encoded.length);
        const copy = new Uint8Array(encoded);
        encodeCbor(value).fill(0);
        expect(encodeCbor(value)).toEqual(copy);
      }
  });

  it('reads bytes that stay when the frame they came in is gone', () => {
    const frame = encodeCbor([Uint8Array.of(1, 2, 3)]);
    const decoded = decodeCbor(frame);
    frame.fill(0);
    expect(decoded).toEqual({ ok: true, value: [Uint8Array.of(1, 2, 3)] });
  });

  it('goes sixteen levels deep and no further', () => {
    const nested = (depth: number): Uint8Array =>
      concatBytes(new Uint8Array(depth).fill(0x81), Uint8Array.of(0));
    expect(decodeCbor(nested(LIMITS.cborDepth)).ok).toBe(true);
    expect(decodeCbor(nested(LIMITS.cborDepth + 1))).toMatchObject({ error: { detail: 'too deep' } });
    // A stack would not hold this.
    expect(decodeCbor(nested(500_000))).toMatchObject({ error: { detail: 'too deep' } });
    const maps = concatBytes(...Array.from({ length: 17 }, () => hex('a16161')), hex('00'));
    expect(decodeCbor(maps)).toMatchObject({ error: { detail: 'too deep' } });
  });

  it('counts items before it builds them', () => {
    const list = (items: number): Uint8Array => {
      const head = new Uint8Array(5);
      head[0] = 0x9a;
      new DataView(head.buffer).setUint32(1, items);
      return concatBytes(head, new Uint8Array(items));
    };
    expect(decodeCbor(list(LIMITS.cborItems - 1)).ok).toBe(true);
    expect(decodeCbor(list(LIMITS.cborItems))).toMatchObject({ error: { detail: 'too many items' } });
  });

  it('answers any bytes and never throws; what it reads, it can write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeCbor(bytes);
        if (decoded.ok) expect(encodeCbor(decoded.value)).toEqual(new Uint8Array(bytes));
        else expect(decoded.error).toMatchObject({ type: 'malformed', then: 'ignore' });
      }),
      { numRuns: 3_000 },
    );
  });

  it('answers every prefix and every changed byte of a valid item', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.nat(255), (value, place, byte) => {
        const bytes = encodeCbor(value);
        const at = place % bytes.length;
        expect(decodeCbor(bytes.subarray(0, at)).ok).toBe(false);
        bytes[at] = byte;
        expect(() => decodeCbor(bytes)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets no key reach the prototype', () => {
    const decoded = decodeCbor(
      concatBytes(hex('a1 69'), new TextEncoder().encode('__proto__'), hex('a1 6161 01')),
    );
    const value = decoded.ok ? (decoded.value as { a?: unknown }) : {};
    expect(value.a).toBeUndefined();
    expect({}).not.toHaveProperty('a');
  });
});
