/**
 * Doors through which a text could become code, markup or style stay shut in everything a browser runs (P11).
 * What a rule finds is shown to be found: each has an example that it must catch.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../../src/', import.meta.url));
const ROOMS = ['ui', 'sw', 'engine', 'crdt', 'sync', 'vault', 'records', 'domain', 'lib', 'protocol'];

const DOORS: readonly { readonly name: string; readonly pattern: RegExp; readonly example: string }[] = [
  { name: 'raw markup in a template', pattern: /\{@html\b/, example: '<p>{@html text}</p>' },
  {
    name: 'markup from a string',
    pattern:
      /\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|parseHTMLUnsafe)\b/,
    example: 'element.innerHTML = text;',
  },
  { name: 'a document written', pattern: /\bdocument\.write(ln)?\b/, example: 'document.write(text);' },
  { name: 'a parser of markup', pattern: /\bDOMParser\b/, example: 'new DOMParser()' },
  {
    name: 'a page inside the page',
    pattern: /<(iframe|object|embed)[\s/]|\bsrcdoc\b/i,
    example: '<iframe srcdoc={text}>',
  },
  {
    name: 'code from a string',
    pattern: /\beval\s*\(|\bnew Function\s*\(|\bset(Timeout|Interval)\(\s*['"`]/,
    example: 'new Function(text)',
  },
  {
    name: 'an import of what is not written here',
    pattern: /\bimport\(\s*(?!['"])/,
    example: 'import(path)',
  },
  {
    name: 'an element named by a value',
    pattern: /<svelte:element\b/,
    example: '<svelte:element this={tag}>',
  },
  {
    name: 'style from a string',
    pattern: /\bcssText\b|\binsertRule\b|\breplaceSync\b|setAttribute\(\s*['"]style|\sstyle=(\{|"[^"]*\{)/,
    example: '<p style="color: {color}">',
  },
  {
    name: 'a handler from a string',
    pattern: /setAttribute\(\s*['"]on/,
    example: "element.setAttribute('onclick', text)",
  },
  { name: 'an address that runs', pattern: /['"`]\s*javascript:/i, example: 'href="javascript:x"' },
  {
    name: 'a message to any window',
    pattern: /\bpostMessage\([^)]*['"]\*['"]/,
    example: "top.postMessage(x, '*')",
  },
];

/** Addresses in templates come from the table of routes, from linkify, from a component's own prop, or stand there. */
const HREF = /\shref=(?:\{([^}]*)\}|"([^"]*)")/g;
const HREFS_OF_THE_HOUSE = [/^hrefOf\(/, /^token\.href$/, /^(persons|invite)Href$/, /^#/];

function filesOf(room: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(join(src, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte|html)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name: name.slice(src.length), text: readFileSync(name, 'utf8') }));
}
const files = ROOMS.flatMap(filesOf);

describe('doors for content', () => {
  it('are looked for in every room', () => {
    for (const room of ROOMS)
      expect(
        files.some(({ name }) => name.startsWith(`${room}/`)),
        room,
      ).toBe(true);
  });

  it.each(DOORS)('no $name', ({ pattern, example }) => {
    expect(pattern.test(example)).toBe(true);
    expect(files.filter(({ text }) => pattern.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('every address in a template is made by the house', () => {
    const strange = files
      .filter(({ name }) => name.endsWith('.svelte'))
      .flatMap(({ name, text }) =>
        [...text.matchAll(HREF)]
          .map(([, value, plain]) => (value ?? plain ?? '').trim())
          .filter((href) => !HREFS_OF_THE_HOUSE.some((known) => known.test(href)))
          .map((href) => `${name}: ${href}`),
      );
    expect(strange).toEqual([]);
  });
});
