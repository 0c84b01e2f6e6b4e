import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/lib/bytes';
import {
  encodeContent,
  encodeEntries,
  encodeEntry,
  ENTRIES_PER_ENVELOPE,
  parseContent,
  parseEntries,
  parseEntry,
  type WireEntry,
} from '../../../src/domain/entry';
import { encodeGroupContext, parseGroupContext, type GroupContext } from '../../../src/domain/groupContext';
import { idFromBytes, idToBytes, type LogId, type PersonId } from '../../../src/domain/ids';
import { encodePosition, parsePosition } from '../../../src/domain/position';
import { encodeCbor } from '../../../src/protocol/codec';

const b = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const entry: WireEntry = {
  id: b(16, 1),
  device: b(16, 2),
  counter: 7,
  salt: b(16, 3),
  content: b(40, 4),
  signature: b(64, 5),
};
const tuple: readonly unknown[] = [b(16), b(16), 7, b(16), b(40), b(64)];
const changed = (list: readonly unknown[], at: number, value: unknown): readonly unknown[] =>
  list.map((field, index) => (index === at ? value : field));

describe('wire entries (SPEC E4)', () => {
  it('come back as they were written, alone and in an envelope', () => {
    expect(parseEntry(encodeEntry(entry))).toEqual({ ok: true, value: entry });
    const other = { ...entry, counter: 8 };
    expect(parseEntries(encodeEntries([entry, other]))).toEqual({ ok: true, value: [entry, other] });
  });

  it('are the list of the page', () => {
    expect(
      equalBytes(
        encodeEntry(entry),
        encodeCbor([entry.id, entry.device, 7, entry.salt, entry.content, entry.signature]),
      ),
    ).toBe(true);
  });

  it('are refused with any field of another size or kind', () => {
    for (const at of [0, 1, 3, 5])
      for (const wrong of [b(15), b(17), b(0), b(63), b(65), 'x', 7, null, []])
        expect(parseEntry(encodeCbor(changed(tuple, at, wrong))).ok, `${at}`).toBe(false);
    for (const wrong of [-1, 1.5, 'x', null, b(1)])
      expect(parseEntry(encodeCbor(changed(tuple, 2, wrong))).ok).toBe(false);
    for (const wrong of ['x', 7, null, []])
      expect(parseEntry(encodeCbor(changed(tuple, 4, wrong))).ok).toBe(false);
    expect(parseEntry(encodeCbor(tuple.slice(0, 5))).ok).toBe(false);
    expect(parseEntry(encodeCbor([...tuple, 0])).ok).toBe(false);
    expect(parseEntry(encodeCbor([tuple])).ok).toBe(false);
  });

  it('are 1 to 256 in an envelope (SPEC E2)', () => {
    const many = (count: number): Uint8Array => encodeCbor(Array.from({ length: count }, () => tuple));
    expect(ENTRIES_PER_ENVELOPE).toBe(256);
    expect(parseEntries(many(0)).ok).toBe(false);
    expect(parseEntries(many(1)).ok).toBe(true);
    expect(parseEntries(many(256)).ok).toBe(true);
    expect(parseEntries(many(257)).ok).toBe(false);
    expect(parseEntries(encodeCbor(tuple)).ok).toBe(false);
  });

  it('answer any bytes and any damage', () => {
    const whole = encodeEntries([entry]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(255), (bytes, place, byte) => {
        const damaged = new Uint8Array(whole);
        damaged[place % damaged.length] = byte;
        expect(() => [
          parseEntries(bytes),
          parseEntry(bytes),
          parseContent(bytes),
          parseEntries(damaged),
        ]).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('contents (SPEC E4, E9)', () => {
  const content = { writtenAt: 1_700_000_000_000, seenSeq: 12, seenChain: b(32) };

  it('come back', () => {
    const bodies = [
      { kind: 'text', text: 'Grüße' },
      { kind: 'void' },
      { kind: 'title', title: 'Bauhof' },
      { kind: 'snapshot', seq: 3, hash: b(32) },
    ] as const;
    for (const body of bodies)
      expect(parseContent(encodeContent({ ...content, body }))).toEqual({
        ok: true,
        value: { ...content, body },
      });
  });

  it('of a kind of later versions are kept', () => {
    const bytes = encodeCbor(['reaction', 1, 0, b(32), { emoji: 1 }]);
    expect(parseContent(bytes)).toMatchObject({
      ok: true,
      value: { body: { kind: 'unknown' }, writtenAt: 1 },
    });
  });

  it('of a known kind that does not fit, or of another shape, are malformed', () => {
    const good: readonly unknown[] = ['text', 1, 0, b(32), { text: 'x' }];
    expect(parseContent(encodeCbor(good)).ok).toBe(true);
    for (const [at, wrong] of [
      [0, 7],
      [0, null],
      [1, -1],
      [1, 1.5],
      [2, -1],
      [2, '0'],
      [3, b(31)],
      [3, 'x'],
      [4, { text: '' }],
      [4, { text: 'x', bold: true }],
      [4, null],
      [4, ['x']],
    ] as const)
      expect(parseContent(encodeCbor(changed(good, at, wrong))), `${at}`).toMatchObject({
        ok: false,
        error: { type: 'malformed' },
      });
    expect(parseContent(encodeCbor(good.slice(0, 4))).ok).toBe(false);
    // A body is a map, also of a kind without fields, and of one that nobody knows.
    for (const kind of ['void', 'tomorrow'])
      for (const body of [[], b(0), null, 0, ''])
        expect(parseContent(encodeCbor([kind, 1, 0, b(32), body])).ok).toBe(false);
    expect(parseContent(encodeCbor([...good, 1])).ok).toBe(false);
  });
});

describe('a group’s context (SPEC G2)', () => {
  const context: GroupContext = {
    ruleset: 1,
    kind: 'direct',
    log: 'a'.repeat(64) as LogId,
    readKey: b(32),
    writeKey: b(32, 2),
    pair: ['b'.repeat(32) as PersonId, 'c'.repeat(32) as PersonId],
  };

  it('comes back, with and without a pair', () => {
    expect(parseGroupContext(encodeGroupContext(context))).toEqual({ ok: true, value: context });
    const group: GroupContext = { ...context, kind: 'group', pair: undefined };
    expect(parseGroupContext(encodeGroupContext(group))).toEqual({ ok: true, value: group });
  });

  it('of a higher ruleset is read, so that it can be told from rubbish', () => {
    expect(parseGroupContext(encodeGroupContext({ ...context, ruleset: 9 }))).toMatchObject({
      ok: true,
      value: { ruleset: 9 },
    });
  });

  it('of any other form is malformed', () => {
    const good: readonly unknown[] = [1, 'group', 'a'.repeat(64), b(32), b(32), null];
    expect(parseGroupContext(encodeCbor(good)).ok).toBe(true);
    for (const [at, wrong] of [
      [0, 0],
      [0, 1.5],
      [0, 'x'],
      [1, 'mailbox'],
      [1, 2],
      [2, b(32)],
      [2, 'A'.repeat(64)],
      [2, 'a'.repeat(32)],
      [3, b(31)],
      [4, b(0)],
      [5, []],
      [5, ['b'.repeat(32)]],
      [5, [b(16), b(16)]],
    ] as const)
      expect(parseGroupContext(encodeCbor(changed(good, at, wrong))).ok, `${at}`).toBe(false);
    expect(parseGroupContext(encodeCbor([...good, 1])).ok).toBe(false);
    expect(parseGroupContext(encodeCbor(good.slice(0, 5))).ok).toBe(false);
    expect(parseGroupContext(new Uint8Array(0)).ok).toBe(false);
  });
});

describe('a position (SPEC G6)', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, seq) => {
        const position = { generation: Math.abs(a), seq: Math.abs(seq), chain: b(32, 9) };
        expect(parsePosition(encodePosition(position))).toEqual(position);
      }),
    );
  });

  it('of any other form is none, the town’s empty one included', () => {
    for (const value of [
      [],
      [0, 1],
      [0, 1, b(31)],
      [0, -1, b(32)],
      [0.5, 1, b(32)],
      [0, 1, b(32), 0],
      null,
      'x',
    ])
      expect(parsePosition(encodeCbor(value))).toBeUndefined();
    expect(parsePosition(new Uint8Array(0))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(() => parsePosition(bytes)).not.toThrow();
      }),
    );
  });
});

describe('ids', () => {
  it('are bytes and hex of them', () => {
    for (const length of [16, 32]) {
      const bytes = b(length, 0xab);
      expect(idFromBytes(bytes)).toBe('ab'.repeat(length));
      expect(idToBytes(idFromBytes(bytes))).toEqual(bytes);
    }
    expect(() => idFromBytes(b(15))).toThrow('invariant');
    expect(() => idToBytes('nicht hex' as PersonId)).toThrow('invariant');
  });
});
