import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { encodeCbor } from '../../../src/protocol/codec';
import {
  anyMap,
  bytesOf,
  bytesUpTo,
  listOf,
  mapOf,
  parseCbor,
  parseValue,
  present,
  uint,
} from '../../../src/protocol/fields';

const b = (length: number): Uint8Array => new Uint8Array(length);

/** Even numbers, and how many items it was shown. */
function countingItem(): { readonly item: v.GenericSchema; readonly looks: () => number } {
  let looks = 0;
  const item = v.custom<number>((x) => {
    looks += 1;
    return typeof x === 'number' && x % 2 === 0;
  });
  return { item, looks: () => looks };
}

describe('lists from outside', () => {
  it('that are too long are not looked into', () => {
    const { item, looks } = countingItem();
    expect(parseValue(listOf(item, 3), [0, 2, 4, 6])).toMatchObject({ ok: false });
    expect(looks()).toBe(0);
    expect(parseValue(listOf(item, 4), [0, 2, 4, 6])).toEqual({ ok: true, value: [0, 2, 4, 6] });
  });

  it('are looked through up to the first fault', () => {
    const { item, looks } = countingItem();
    const faulty = Array.from({ length: 1_000 }, (_, i) => (i < 5 ? 0 : 1));
    expect(parseValue(listOf(item, 1_000), faulty)).toMatchObject({ ok: false });
    expect(looks()).toBe(6);
    expect(parseValue(v.strictTuple([v.array(item), v.array(item)]), [faulty, faulty])).toMatchObject({
      ok: false,
    });
    expect(looks()).toBe(12);
  });

  it.each([undefined, null, 'ab', { length: 1 }, 1])('are lists: %j is none', (value) => {
    expect(parseValue(listOf(uint, 3), value)).toMatchObject({ ok: false });
  });
});

describe('a refusal', () => {
  it('says what was expected and nothing of what came', () => {
    const words = 'Treffen um acht im Bauhof';
    const schemas = [
      uint,
      bytesOf(3),
      v.literal(1),
      v.picklist(['a', 'b']),
      v.pipe(v.string(), v.regex(/^x$/)),
      v.array(v.string()),
      v.strictObject({ a: uint }),
      v.record(v.string(), uint),
    ];
    for (const schema of schemas)
      for (const value of [words, [words], { [words]: words }, { [words]: 1, more: words }]) {
        const parsed = parseValue(schema, value);
        if (!parsed.ok) expect(parsed.error.detail).toBeTruthy();
        if (!parsed.ok) expect(parsed.error.detail).not.toContain('Bauhof');
      }
  });
});

describe('maps from outside', () => {
  it('are maps, and keep every key they came with', () => {
    const schema = mapOf(v.string(), uint);
    for (const value of [{}, { a: 1 }, { toString: 1 }])
      expect(parseValue(schema, value)).toEqual({ ok: true, value });
    const unfit = Object.fromEntries([['__proto__', 1]]) as unknown;
    for (const value of [[], b(0), null, 'x', unfit, { constructor: 1 }, { prototype: 1 }, { a: 'x' }])
      expect(parseValue(schema, value)).toMatchObject({ ok: false });
    for (const value of [[], b(0), null, 'x', 1])
      expect(parseValue(anyMap, value)).toMatchObject({ ok: false });
    expect(parseValue(anyMap, { a: [1] })).toEqual({ ok: true, value: { a: [1] } });
  });
});

describe('fields', () => {
  it.each([
    [
      'whole numbers',
      uint,
      [0, 1, Number.MAX_SAFE_INTEGER],
      [-1, 0.5, 2 ** 53, NaN, Infinity, '1', true, null],
    ],
    ['so many bytes', bytesOf(2), [b(2)], [b(1), b(3), [0, 0], 'ab', null]],
    ['at most so many bytes', bytesUpTo(2), [b(0), b(2)], [b(3), [], '']],
    ['anything', present, [null, 0, '', false, [], {}], [undefined]],
  ] as [string, v.GenericSchema, unknown[], unknown[]][])('take %s', (_, schema, good, bad) => {
    for (const value of good) expect(parseValue(schema, value), String(value)).toEqual({ ok: true, value });
    for (const value of bad)
      expect(parseValue(schema, value), String(value)).toMatchObject({
        ok: false,
        error: { type: 'malformed', then: 'ignore' },
      });
  });

  it('come out of CBOR, or a reason does', () => {
    const schema = v.strictTuple([uint, present]);
    expect(parseCbor(schema, encodeCbor([1, 'x']))).toEqual({ ok: true, value: [1, 'x'] });
    for (const bytes of [b(0), Uint8Array.of(0xff), encodeCbor([1]), encodeCbor([1, 2, 3]), encodeCbor({})])
      expect(parseCbor(schema, bytes)).toMatchObject({
        ok: false,
        error: { type: 'malformed', then: 'ignore', detail: expect.any(String) as string },
      });
  });
});
