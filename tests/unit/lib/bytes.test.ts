import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  concatBytes,
  copyBytes,
  equalBytes,
  hexToBytes,
} from '../../../src/lib/bytes';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('hex', () => {
  it('comes back, and is what everybody else writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(hexToBytes(bytesToHex(bytes))).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it('is read in either case', () => {
    expect(hexToBytes('00fFAb')).toEqual(Uint8Array.of(0, 255, 171));
    expect(hexToBytes('')).toEqual(new Uint8Array(0));
  });

  it.each(['0', '0g', ' 00', '00 ', '00\n', '0x00', '-1', '+1', '1.', '٠٠', 'aa-b'])(
    'refuses %j: not digits in pairs',
    (text) => {
      expect(hexToBytes(text)).toBeUndefined();
    },
  );
});

describe('base64url', () => {
  it('comes back, and is what everybody else writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(bytesToBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(base64UrlToBytes(bytesToBase64Url(bytes))).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it('has one text for each bytes: whatever is read is written the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 12 }), (text) => {
        const bytes = base64UrlToBytes(text);
        if (bytes !== undefined) expect(bytesToBase64Url(bytes)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an impossible length', 'A'],
    ['an impossible length', 'AAAAA'],
    ['padding', 'AA=='],
    ['the other alphabet', 'A+AA'],
    ['the other alphabet', 'A/AA'],
    ['blanks', 'AA A'],
    ['a line break', 'AAAA\n'],
    ['stray bits', 'AB'],
    ['stray bits', 'AAB'],
    ['a character outside the plane', 'AA😀'],
  ])('refuses %s: %j', (_, text) => {
    expect(base64UrlToBytes(text)).toBeUndefined();
  });
});

describe('bytes', () => {
  it('are joined and compared by value', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 5 }), (parts) => {
        const joined = concatBytes(...parts);
        expect([...joined]).toEqual(parts.flatMap((part) => [...part]));
        expect(equalBytes(joined, copyBytes(joined))).toBe(true);
        for (let i = 0; i < joined.length; i++) {
          const other = copyBytes(joined);
          other[i] = (other[i] ?? 0) ^ 1;
          expect(equalBytes(joined, other)).toBe(false);
        }
        expect(equalBytes(joined, concatBytes(joined, Uint8Array.of(0)))).toBe(false);
      }),
    );
  });

  it('are copied out of the buffer they lie in', () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    const copy = copyBytes(whole.subarray(1, 3));
    expect(copy.buffer.byteLength).toBe(2);
    whole.fill(9);
    expect([...copy]).toEqual([2, 3]);
  });
});
