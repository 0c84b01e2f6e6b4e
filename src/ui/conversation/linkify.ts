/**
 * Splits a text into plain stretches and links. Only http, https, mailto and tel become links, only when
 * the browser's own parser agrees, and what is shown is where it leads: no user names in front of a host,
 * no direction overrides, international hosts in their ASCII spelling.
 */
export type TextToken =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string; readonly isExternal: boolean };

const candidate = /(?<![\p{L}\p{N}:])(?:https?:\/\/|mailto:|tel:)[^\s<>"'`\\{}|^\p{Cc}]+/giu;
/** Invisible and direction-changing characters: nothing with them inside becomes a link. */
const deceptive = /[\u00ad\u061c\u115f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffc]/u;
const trailing = /[.,;:!?…"'’”“»«*_~]+$/u;
const maxLength = 2_000;
const brackets = [
  ['(', ')'],
  ['[', ']'],
] as const;

export function linkify(text: string): readonly TextToken[] {
  const tokens: TextToken[] = [];
  let done = 0;
  for (const match of text.matchAll(candidate)) {
    const raw = trimEnd(match[0]);
    const link = toLink(raw);
    if (!link) continue;
    if (match.index > done) tokens.push({ type: 'text', text: text.slice(done, match.index) });
    tokens.push(link);
    done = match.index + raw.length;
  }
  if (done < text.length) tokens.push({ type: 'text', text: text.slice(done) });
  return tokens;
}

/** The full stop after an address belongs to the sentence, a bracket without its opening one too. */
function trimEnd(raw: string): string {
  let text = raw;
  for (;;) {
    const before = text.length;
    text = text.replace(trailing, '');
    for (const [open, close] of brackets) {
      if (text.endsWith(close) && count(text, close) > count(text, open)) text = text.slice(0, -1);
    }
    if (text.length === before) return text;
  }
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

function toLink(raw: string): TextToken | undefined {
  if (raw.length > maxLength || deceptive.test(raw)) return undefined;
  const url = parseUrl(raw);
  if (!url || url.username !== '' || url.password !== '') return undefined;
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      if (url.hostname === '') return undefined;
      return {
        type: 'link',
        text: isAscii(hostPart(raw)) ? raw : url.href,
        href: url.href,
        isExternal: true,
      };
    case 'mailto:':
      return /^[^@?&]+@[^@?&]+$/u.test(url.pathname)
        ? {
            type: 'link',
            text: raw.slice(7).split('?')[0] ?? raw,
            href: `mailto:${url.pathname}`,
            isExternal: false,
          }
        : undefined;
    case 'tel:':
      return /^\+?[\d\-./()]{3,30}$/.test(url.pathname)
        ? { type: 'link', text: raw.slice(4), href: `tel:${url.pathname}`, isExternal: false }
        : undefined;
    default:
      return undefined;
  }
}

/** `URL.parse` is younger than the oldest browsers we serve. */
function parseUrl(raw: string): URL | undefined {
  try {
    return new URL(raw);
  } catch {
    return undefined;
  }
}

function hostPart(raw: string): string {
  return raw.replace(/^https?:\/\//i, '').split(/[/?#]/, 1)[0] ?? '';
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
