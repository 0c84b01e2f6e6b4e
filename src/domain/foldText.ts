/**
 * Searching as German readers expect: case, accents and ß make no difference, and ä may be typed a or
 * ae. Both sides of a search are folded here and nowhere else.
 */

/** ä → a, ß → ss. */
export function foldPlain(text: string): string {
  return text.toLowerCase().replaceAll('ß', 'ss').normalize('NFD').replace(/\p{M}/gu, '');
}

/** ä → ae, ß → ss. */
export function foldExpanded(text: string): string {
  return foldPlain(
    text
      .normalize('NFC')
      .toLowerCase()
      .replace(/[äöü]/g, (char) => EXPANDED[char] ?? char),
  );
}

const EXPANDED: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };

export interface FoldedQuery {
  readonly plain: string;
  readonly expanded: string;
}

export function foldQuery(query: string): FoldedQuery {
  const trimmed = query.trim();
  return { plain: foldPlain(trimmed), expanded: foldExpanded(trimmed) };
}

/** Where the first match stands in `text`, in UTF-16 offsets; undefined when there is none. */
export function findFolded(
  text: string,
  query: FoldedQuery,
): { readonly start: number; readonly end: number } | undefined {
  const plain = foldPlain(text);
  let at = plain.indexOf(query.plain);
  if (at >= 0) return offsetsIn(text, foldPlain, at, query.plain.length);
  at = foldExpanded(text).indexOf(query.expanded);
  return at < 0 ? undefined : offsetsIn(text, foldExpanded, at, query.expanded.length);
}

/** A letter with the marks on it: what folding never tears apart. */
const LETTERS = /\P{M}\p{M}*|\p{M}+/gu;

/** Folding changes lengths: walk the original, letter by letter, until the folded length is there. */
function offsetsIn(
  text: string,
  fold: (text: string) => string,
  at: number,
  length: number,
): { readonly start: number; readonly end: number } {
  let folded = 0;
  let original = 0;
  let start: number | undefined;
  for (const [letter] of text.matchAll(LETTERS)) {
    if (folded >= at + length) break;
    const size = fold(letter).length;
    if (start === undefined && folded + size > at) start = original;
    folded += size;
    original += letter.length;
  }
  return { start: start ?? original, end: original };
}
