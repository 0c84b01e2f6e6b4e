import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findFolded, foldExpanded, foldPlain, foldQuery } from '../../../src/domain/foldText';

/** The part of `text` that is shown as found. */
function found(text: string, query: string): string | undefined {
  const match = findFolded(text, foldQuery(query));
  return match && text.slice(match.start, match.end);
}

describe('searching as German readers expect', () => {
  it.each([
    ['Müller', 'muller', 'Müller'],
    ['Müller', 'mueller', 'Müller'],
    ['Müller', 'MÜLLER', 'Müller'],
    ['Mueller', 'Müller', 'Mueller'],
    ['Muller', 'Müller', 'Muller'],
    ['Die Straße dort', 'STRASSE', 'Straße'],
    ['Die STRASSE dort', 'straße', 'STRASSE'],
    ['GROẞ', 'groß', 'GROẞ'],
    ['im Café', 'cafe', 'Café'],
    ['im Cafe', 'café', 'Cafe'],
    ['Çelik', 'celik', 'Çelik'],
    ['der Bauhof', '  bauhof ', 'Bauhof'],
    ['zwei Worte', 'ei wo', 'ei Wo'],
    ['Ärger und Öl', 'oel', 'Öl'],
  ])('%j is found by %j', (text, query, part) => {
    expect(found(text, query)).toBe(part);
  });

  it.each([
    ['Bauhof', 'Bahnhof'],
    ['Muller', 'mueller'],
    ['', 'a'],
    ['kurz', 'kurz und gut'],
  ])('%j is not found by %j', (text, query) => {
    expect(found(text, query)).toBeUndefined();
  });

  it.each([
    ['😀😀 Straße 😀', 'strasse', 'Straße'],
    ['👩‍👩‍👧 Ölwehr', 'oelwehr', 'Ölwehr'],
    ['ß ß Fuß!', 'fuss', 'Fuß'],
    ['ÄÖÜ am Ende', 'am', 'am'],
    // The dot of the large İ becomes a mark of its own.
    ['İİ am Ende', 'am', 'am'],
  ])('in %j the place of %j is right whatever stands before it', (text, query, part) => {
    expect(found(text, query)).toBe(part);
  });

  it('takes a letter with the marks on it, composed or not', () => {
    expect(found('Mu\u0308llerei', 'mueller')).toBe('Mu\u0308ller');
    expect(found('Mu\u0308llerei', 'muller')).toBe('Mu\u0308ller');
    expect(found('Cafe\u0301!', 'cafe')).toBe('Cafe\u0301');
    expect(found('a\u0308\u0301b', 'ab')).toBe('a\u0308\u0301b');
    expect(found('u\u0308 u\u0308 am', 'am')).toBe('am');
  });

  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        ...'aeioußÄÖÜäöüsSçÇéİı A',
        'u\u0308',
        'e\u0301',
        '\u0301',
        '😀',
        '👩‍👧',
        'ae',
        'oe',
        'ss',
      ),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 30,
  });

  it('finds every part of a text, and what it shows contains the query', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(8), (whole, from, length) => {
        const letters = whole.match(/\P{M}\p{M}*|\p{M}+/gu) ?? [];
        const start = letters.length === 0 ? 0 : from % letters.length;
        const query = foldQuery(letters.slice(start, start + 1 + length).join(''));
        fc.pre(query.plain !== '');
        const match = findFolded(whole, query);
        expect(match).toBeDefined();
        if (match === undefined) return;
        const part = whole.slice(match.start, match.end);
        expect(foldPlain(part).includes(query.plain) || foldExpanded(part).includes(query.expanded)).toBe(
          true,
        );
        // And nothing behind it: without its last letter it would not.
        const less = part.replace(/(?:\P{M}\p{M}*|\p{M}+)$/u, '');
        expect(foldPlain(less).includes(query.plain)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(text, text, (whole, query) => {
        const match = findFolded(whole, foldQuery(query));
        if (match === undefined) return;
        for (const at of [match.start, match.end]) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(whole.length);
          expect(
            /^[\udc00-\udfff]/.test(whole.slice(at)) && /[\ud800-\udbff]$/.test(whole.slice(0, at)),
          ).toBe(false);
        }
        expect(match.start).toBeLessThanOrEqual(match.end);
      }),
      { numRuns: 2_000 },
    );
  });
});
