import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PersonId } from '../../../src/domain/ids';
import type { ConversationSummary, PersonView } from '../../../src/engine/views';
import { findTargets, rank } from '../../../src/ui/search/findTargets';
import { foldText } from '../../../src/ui/search/foldText';
import { splitMatch } from '../../../src/ui/search/splitMatch';

const person = (name: string, more: Partial<PersonView> = {}): PersonView => ({
  id: name as PersonId,
  name,
  isMe: false,
  isAdmin: false,
  isActive: true,
  ...more,
});
const conversation = (
  number: number,
  title: string,
  more: Partial<ConversationSummary> = {},
): ConversationSummary => ({
  number,
  kind: 'group',
  title,
  preview: undefined,
  at: number,
  unread: 0,
  waiting: 0,
  isPinned: false,
  isMuted: false,
  isArchived: false,
  isMember: true,
  ...more,
});

describe('foldText', () => {
  it('treats umlauts, accents and ß as their plain letters', () => {
    expect(foldText('Straße Übergabe René')).toBe('strasse ubergabe rene');
  });
});

describe('findTargets', () => {
  const persons = [
    person('Jörg Müller'),
    person('Anna Jörgens'),
    person('Ich Selbst', { isMe: true }),
    person('Weg Müller', { isActive: false }),
  ];
  const conversations = [
    conversation(1, 'Winterdienst'),
    conversation(2, 'Jörg Müller', { kind: 'direct' }),
    conversation(3, 'Alt', { isArchived: true }),
  ];

  it('puts names that begin so before names that contain it', () => {
    expect(findTargets('jorg', persons, conversations).persons.map((x) => x.name)).toEqual([
      'Jörg Müller',
      'Anna Jörgens',
    ]);
  });
  it('leaves out oneself and people who left', () => {
    expect(findTargets('müller', persons, conversations).persons.map((x) => x.name)).toEqual(['Jörg Müller']);
    expect(findTargets('selbst', persons, conversations).persons).toEqual([]);
  });
  it('offers a direct conversation as its person only', () => {
    expect(findTargets('müller', persons, conversations).conversations).toEqual([]);
  });
  it('keeps the direct conversation of somebody who is in the directory no more', () => {
    expect(findTargets('jörg', [], conversations).conversations.map((x) => x.number)).toEqual([2]);
  });
  it('finds words in any order, by their beginnings or parts', () => {
    expect(rank(['mull', 'jor'], 'jorg muller')).toBe(1);
    expect(rank(['dienst'], 'winterdienst')).toBe(2);
    expect(rank(['winter dienst'], 'winterdienst')).toBeUndefined();
  });
  it('without a query offers the newest conversations that are not archived', () => {
    expect(findTargets(' ', persons, conversations).conversations.map((x) => x.number)).toEqual([1, 2]);
  });
});

describe('splitMatch', () => {
  it('cuts before and after the match, at a word, so that it stays in sight', () => {
    const text = `${'Lange Vorrede ohne Belang '.repeat(10)}Hydrant an der Ecke ${'und noch mehr '.repeat(40)}`;
    const at = text.indexOf('Hydrant');
    const parts = splitMatch(text, at, at + 7);
    expect(parts.match).toBe('Hydrant');
    expect(parts.before.startsWith('… ')).toBe(true);
    expect(parts.before.length).toBeLessThan(50);
    expect(parts.after.endsWith(' …')).toBe(true);
  });
  it('never throws and never splits a character, whatever the offsets', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -5, max: 400 }),
        fc.integer({ min: -5, max: 400 }),
        (text, a, b) => {
          const { before, match, after } = splitMatch(text, a, b);
          for (const part of [before, match, after]) expect(part.isWellFormed()).toBe(true);
          expect(text.includes(match)).toBe(true);
        },
      ),
    );
  });
});
