import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applySplice,
  boardTextDiff,
  isBoundary,
  moveSelection,
  rebaseSplice,
} from '../../../src/crdt/textSplice';

const SEED = 20_261_117;
const piece = fc.constantFrom('a', 'b', 'ß', 'ä', 'a\u0308', '👍', '👍🏽', '👩‍👩‍👧', '🇩🇪', '🇫🇷', '\n', ' ');
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe(`text splices, seed ${SEED}`, () => {
  test('lead from one text to the other, and cut no character of either', () => {
    fc.assert(
      fc.property(text, text, fc.option(fc.nat(40), { nil: undefined }), (before, after, caret) => {
        const splice = boardTextDiff(before, after, caret);
        if (splice === undefined) return before === after;
        expect(applySplice(before, splice)).toBe(after);
        for (const [whole, at] of [
          [before, splice.at],
          [before, splice.at + splice.remove],
          [after, splice.at],
          [after, splice.at + splice.insert.length],
        ] as const) {
          expect(isBoundary(whole, at)).toBe(true);
        }
        return true;
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test('boundaries are never inside what the platform calls one character', () => {
    const segmenter = new Intl.Segmenter('de', { granularity: 'grapheme' });
    fc.assert(
      fc.property(text, (whole) => {
        const boundaries = new Set([...segmenter.segment(whole)].map(({ index }) => index));
        for (let at = 1; at < whole.length; at++)
          if (isBoundary(whole, at)) expect(boundaries.has(at)).toBe(true);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  test('two edits in different places both survive, whoever is first', () => {
    fc.assert(
      fc.property(text, text, text, text, (head, tail, mine, theirs) => {
        const base = `${head}|${tail}`;
        const user = boardTextDiff(base, `${mine}|${tail}`);
        const current = `${head}|${theirs}`;
        const others = boardTextDiff(base, current);
        fc.pre(user === undefined || others === undefined || user.at + user.remove < others.at);
        const rebased = user && rebaseSplice(user, others, current);
        expect(rebased ? applySplice(current, rebased) : current).toBe(`${mine}|${theirs}`);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test('an edit on any older text cuts no character of the newer one', () => {
    fc.assert(
      fc.property(text, text, text, (base, wanted, current) => {
        const user = boardTextDiff(base, wanted);
        const splice = user && rebaseSplice(user, boardTextDiff(base, current), current);
        if (splice === undefined) return;
        expect(isBoundary(current, splice.at) && isBoundary(current, splice.at + splice.remove)).toBe(true);
        expect(splice.at >= 0 && splice.at + splice.remove <= current.length).toBe(true);
        if (user) expect(applySplice(current, splice)).toContain(user.insert);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test('the caret stays with the characters around it', () => {
    fc.assert(
      fc.property(text, text, text, (head, tail, inserted) => {
        const [before, after] = [`${head}|${tail}`, `${inserted}${head}|${tail}`];
        const splice = boardTextDiff(before, after);
        const { start, end } = moveSelection({ start: before.length, end: before.length }, splice);
        expect([start, end]).toEqual([after.length, after.length]);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(moveSelection({ start: 1, end: 5 }, { at: 2, remove: 2, insert: 'xyz' })).toEqual({
      start: 1,
      end: 6,
    });
    expect(moveSelection({ start: 3, end: 3 }, { at: 2, remove: 2, insert: 'x' })).toEqual({
      start: 3,
      end: 3,
    });
  });

  test('the caret tells equal letters apart', () => {
    expect(boardTextDiff('aaa', 'aaaa', 1)).toEqual({ at: 0, remove: 0, insert: 'a' });
    expect(boardTextDiff('aaa', 'aaaa', 3)).toEqual({ at: 2, remove: 0, insert: 'a' });
    expect(boardTextDiff('aaa', 'aa', 1)).toEqual({ at: 1, remove: 1, insert: '' });
  });

  test('a mark typed onto a letter replaces the letter', () => {
    expect(boardTextDiff('xay', 'xa\u0308y')).toEqual({ at: 1, remove: 1, insert: 'a\u0308' });
    expect(boardTextDiff('👍', '👍🏽')).toEqual({ at: 0, remove: 2, insert: '👍🏽' });
    expect(boardTextDiff('😀', '😁')).toEqual({ at: 0, remove: 2, insert: '😁' });
  });
});
