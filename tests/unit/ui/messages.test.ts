/** Both languages say the same things with the same parameters; TypeScript holds the keys, this the rest. */
import { describe, expect, it } from 'vitest';
import { de } from '../../../src/ui/i18n/de';
import { en } from '../../../src/ui/i18n/en';
import { languageFor } from '../../../src/ui/i18n/t.svelte';

type Leaf = { readonly path: string; readonly value: unknown };

function leaves(value: unknown, path = ''): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

/** Marks every parameter, so that one that is not used shows. */
function speak(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'function') return '';
  return String(
    (value as (...args: unknown[]) => unknown)(...Array.from({ length: value.length }, (_, i) => `‹${i}›`)),
  );
}

const german = leaves(de);
const english = new Map(leaves(en).map((leaf) => [leaf.path, leaf.value]));

describe('messages', () => {
  it('exist in both languages, and nowhere else', () => {
    expect([...english.keys()].sort()).toEqual(german.map((leaf) => leaf.path).sort());
  });

  it.each(german)('$path says something in both', ({ path, value }) => {
    const other = english.get(path);
    expect(typeof other).toBe(typeof value);
    expect(speak(value).trim()).not.toBe('');
    expect(speak(other).trim()).not.toBe('');
  });

  it('address people as „Sie“ and in plain words', () => {
    const banned =
      /\b(du|dein\w*|dir|dich|queue\w*|queued|sync\w*|device|login|server-error|token|hash|epoch|MLS|relay)\b/i;
    for (const { path, value } of german) expect(speak(value), path).not.toMatch(banned);
  });

  it('have no leftovers of machines', () => {
    for (const { path, value } of [...german, ...leaves(en)])
      expect(speak(value), path).not.toMatch(/undefined|\[object|NaN|\{\w+\}/);
  });
});

describe('language', () => {
  it('is German unless English is wanted first', () => {
    expect(languageFor(['en-GB', 'de'])).toBe('en');
    expect(languageFor(['fr', 'de-AT', 'en'])).toBe('de');
    expect(languageFor(['tr'])).toBe('de');
  });
});
