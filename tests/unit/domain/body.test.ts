import { describe, expect, it } from 'vitest';
import {
  cleanLine,
  NAME_LENGTH,
  parseBody,
  TEXT_LENGTH,
  TITLE_LENGTH,
  type KnownBody,
} from '../../../src/domain/body';

const b = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const id = (digit: string) => digit.repeat(32);
const log = 'c'.repeat(64);
const device = {
  id: id('1'),
  signatureKey: b(32),
  relayKey: b(32, 2),
  keyPackage: b(300),
  mailbox: log,
};

type Fields = Readonly<Record<string, unknown>>;

const bodies: Readonly<Record<KnownBody['kind'], Fields>> = {
  text: { text: 'Hallo' },
  void: {},
  founded: { title: 'Bauhof', persons: [id('a'), id('b')] },
  title: { title: 'Bauhof' },
  roster: { add: [id('a')], remove: [] },
  document: { document: 'board', session: b(16), update: b(20) },
  snapshot: { seq: 4, hash: b(32) },
  welcomed: { devices: [id('1'), id('2')] },
  carried: { log, epochTag: b(8), entry: b(90) },
  back: { request: b(400) },
  'town-founded': { name: 'Musterstadt', rootKey: b(32), person: id('a'), personName: 'Anna Ahrens', device },
  'town-invited': { invitation: id('e'), secret: b(32), expiresAt: 1_700_000_000_000, uses: 1 },
  'town-invitation-withdrawn': { invitation: id('e') },
  'town-admitted': { invitation: id('e'), person: id('b'), name: 'Bert Böhm', device },
  'town-renamed': { person: id('a'), name: 'Anna Adler' },
  'town-package': { keyPackage: b(300) },
  'town-mail-lost': {},
  'town-blocked': { device: id('1') },
  'town-person-removed': { person: id('a') },
  'town-admin': { person: id('a'), isAdmin: true },
  'town-look': { accent: '#0a5c2f' },
  'town-claimed': { pair: [id('a'), id('b')], log },
  'town-continued': { generation: 1, founding: b(32), old: log, seq: 9, chain: b(32) },
  'town-log-continued': { old: log, log: 'f'.repeat(64) },
};

function isValid(kind: string, body: unknown): boolean {
  return parseBody(kind, body).ok;
}

const isOptional = (kind: string, name: string): boolean =>
  (kind === 'founded' && name === 'title') || kind === 'town-look';

describe('bodies (SPEC E9)', () => {
  it.each(Object.entries(bodies))('%s is read as it was written', (kind, body) => {
    expect(parseBody(kind, body)).toEqual({ ok: true, value: { kind, ...body } });
  });

  it.each(Object.entries(bodies))(
    '%s with a field more, less, or of another kind is malformed',
    (kind, body) => {
      const wrongs: unknown[] = [{ ...body, more: 1 }, null, 'x', 7, true, b(3), [body]];
      for (const [name, value] of Object.entries(body)) {
        if (!isOptional(kind, name))
          wrongs.push(Object.fromEntries(Object.entries(body).filter(([key]) => key !== name)));
        for (const other of [null, -1, 1.5, {}, [1], b(1), '', id('A'), value === true ? 1 : true])
          if (!fitsByChance(name, other)) wrongs.push({ ...body, [name]: other });
      }
      for (const wrong of wrongs)
        expect(parseBody(kind, wrong), JSON.stringify(wrong)).toMatchObject({
          ok: false,
          error: { type: 'malformed', then: 'ignore' },
        });
    },
  );

  it('of a kind this version does not know are kept, whatever they hold', () => {
    for (const kind of [
      'reaction',
      '',
      'Text',
      'text ',
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'unknown',
    ])
      for (const body of [{}, null, 7, { text: 'x' }, undefined])
        expect(parseBody(kind, body)).toEqual({ ok: true, value: { kind: 'unknown' } });
  });

  it('have no title unless they say one', () => {
    expect(parseBody('founded', { persons: [] })).toEqual({
      ok: true,
      value: { kind: 'founded', persons: [] },
    });
  });
});

/** Any line is a name, any bytes are an update. */
function fitsByChance(name: string, value: unknown): boolean {
  const isLine = typeof value === 'string' && value !== '';
  if (isLine) return ['text', 'title', 'name', 'personName', 'document'].includes(name);
  return value instanceof Uint8Array && ['update', 'keyPackage', 'entry', 'request'].includes(name);
}

describe('bounds of bodies', () => {
  it.each([
    ['text', 'text', 'x', TEXT_LENGTH],
    ['title', 'title', 'x', TITLE_LENGTH],
    ['town-renamed', 'name', 'ä', NAME_LENGTH],
    ['document', 'document', 'a', 40],
  ])('%s.%s', (kind, name, char, length) => {
    const body = bodies[kind as KnownBody['kind']];
    expect(isValid(kind, { ...body, [name]: char.repeat(length) })).toBe(true);
    expect(isValid(kind, { ...body, [name]: char.repeat(length + 1) })).toBe(false);
    expect(isValid(kind, { ...body, [name]: '' })).toBe(false);
  });

  it('updates, key packages, uses and persons', () => {
    expect(isValid('document', { ...bodies.document, update: b(49_152) })).toBe(true);
    expect(isValid('document', { ...bodies.document, update: b(49_153) })).toBe(false);
    expect(isValid('document', { ...bodies.document, update: b(0) })).toBe(false);
    expect(isValid('town-package', { keyPackage: b(8_192) })).toBe(true);
    expect(isValid('town-package', { keyPackage: b(8_193) })).toBe(false);
    for (const [uses, fits] of [
      [0, false],
      [1, true],
      [1_000, true],
      [1_001, false],
      [2.5, false],
    ] as const)
      expect(isValid('town-invited', { ...bodies['town-invited'], uses }), String(uses)).toBe(fits);
    const many = (length: number): string[] => Array.from({ length }, () => id('a'));
    expect(isValid('roster', { add: many(800), remove: [] })).toBe(true);
    expect(isValid('roster', { add: many(801), remove: [] })).toBe(false);
    expect(isValid('town-claimed', { pair: [id('a')], log })).toBe(false);
    expect(isValid('town-claimed', { pair: [id('a'), id('b'), id('c')], log })).toBe(false);
  });

  it('ids are lower-case hex of their length and nothing else', () => {
    for (const device of [
      id('A'),
      id('a').slice(1),
      `${id('a')}0`,
      `${id('a').slice(1)}g`,
      `${id('a')}\n`,
      log,
    ])
      expect(isValid('town-blocked', { device }), device).toBe(false);
  });

  it('a document’s name cannot lead anywhere', () => {
    for (const document of [
      'Board',
      'a/b',
      '../a',
      'a b',
      'ä',
      'a\n',
      '__proto__',
      'constructor',
      'prototype',
    ])
      expect(isValid('document', { ...bodies.document, document }), document).toBe(false);
  });
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a line break', 'Anna\nAdmin'],
  ['a carriage return', 'Anna\rAdmin'],
  ['a tab', 'Anna\tAhrens'],
  ['a null', 'Anna\u0000'],
  ['an escape', '\u001b[31mAnna'],
  ['a C1 control', 'Anna\u0085Ahrens'],
  ['a line separator', 'Anna\u2028Ahrens'],
  ['a paragraph separator', 'Anna\u2029Ahrens'],
  ['an override', 'Anna\u202enimdA'],
  ['an embedding', '\u202aAnna'],
  ['an isolate', 'Anna\u2066Ahrens\u2069'],
  ['a blank in front', ' Anna'],
  ['a blank behind', 'Anna '],
  ['two blanks', 'Anna  Ahrens'],
  ['a blank that does not break', 'Anna\u00a0Ahrens'],
  ['letters taken apart', 'Bo\u0308hm'],
  ['only blanks', '   '],
];

describe('names and titles (SPEC E9)', () => {
  it.each(HOSTILE)('with %s are malformed', (_, name) => {
    expect(isValid('town-renamed', { person: id('a'), name })).toBe(false);
    expect(isValid('town-admitted', { ...bodies['town-admitted'], name })).toBe(false);
    expect(isValid('town-founded', { ...bodies['town-founded'], name })).toBe(false);
    expect(isValid('town-founded', { ...bodies['town-founded'], personName: name })).toBe(false);
    expect(isValid('title', { title: name })).toBe(false);
    expect(isValid('founded', { persons: [], title: name })).toBe(false);
  });

  it.each(HOSTILE)('typed with %s are made fit', (_, name) => {
    const clean = cleanLine(name);
    expect(cleanLine(clean)).toBe(clean);
    if (clean !== '') expect(isValid('town-renamed', { person: id('a'), name: clean })).toBe(true);
  });

  it('of any language are fit', () => {
    for (const name of [
      'Böhm',
      'Çelik',
      'O’Brien-Nguyễn',
      'محمد',
      'דנה',
      '山田 太郎',
      'Anna 🌻',
      '<b>Anna</b>',
    ])
      expect(isValid('town-renamed', { person: id('a'), name }), name).toBe(true);
  });

  it('texts keep their lines and are not touched', () => {
    const text = ' zwei\nZeilen\u202e ';
    expect(parseBody('text', { text })).toEqual({ ok: true, value: { kind: 'text', text } });
  });
});
