/**
 * One change of a text as one splice, cut where people see characters: never inside a surrogate pair,
 * a letter with its combining marks, an emoji sequence or a flag. Cut inside, two concurrent edits
 * could leave half a character (Yjs turns halves of a pair into U+FFFD, for good).
 * Limits: a text field changes in one place at a time, so one splice is what happened; a change in two
 * distant places at once (a sorted list pasted over itself) becomes one large splice.
 */
export interface TextSplice {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

export interface TextSelection {
  readonly start: number;
  readonly end: number;
}

/**
 * What leads from `before` to `after`; undefined when they are equal. `caret` is the caret in `after`:
 * it tells which of several equal letters was typed.
 */
export function boardTextDiff(before: string, after: string, caret?: number): TextSplice | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  // Behind the caret nothing was typed: take as much from there as fits, then from the front.
  const tail = caret === undefined ? 0 : Math.min(shorter, Math.max(0, after.length - caret));
  let suffix = commonSuffix(before, after, tail);
  let prefix = commonPrefix(before, after, shorter - suffix);
  suffix += commonSuffix(
    before.slice(0, before.length - suffix),
    after.slice(0, after.length - suffix),
    shorter - suffix - prefix,
  );
  while (prefix > 0 && !(isBoundary(before, prefix) && isBoundary(after, prefix))) prefix--;
  while (
    suffix > 0 &&
    !(isBoundary(before, before.length - suffix) && isBoundary(after, after.length - suffix))
  )
    suffix--;
  return {
    at: prefix,
    remove: before.length - suffix - prefix,
    insert: after.slice(prefix, after.length - suffix),
  };
}

export function applySplice(text: string, { at, remove, insert }: TextSplice): string {
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** Where the caret belongs after somebody else's splice: it stays with the characters around it. */
export function moveSelection({ start, end }: TextSelection, splice: TextSplice | undefined): TextSelection {
  if (splice === undefined) return { start, end };
  return { start: moveOffset(start, splice), end: moveOffset(end, splice) };
}

/**
 * The user's splice (made on an older text) as a splice of the text after `others`. What both removed
 * is removed once; what the others inserted inside the user's removal stays. Undefined: nothing left.
 */
export function rebaseSplice(
  user: TextSplice,
  others: TextSplice | undefined,
  current: string,
): TextSplice | undefined {
  if (others === undefined) return user;
  const userEnd = user.at + user.remove;
  const othersEnd = others.at + others.remove;
  const shift = others.insert.length - others.remove;
  const moved = (): TextSplice => {
    if (userEnd <= others.at) return user;
    if (user.at >= othersEnd) return { ...user, at: user.at + shift };
    // They overlap: what lies before the others' change, or what lies behind it.
    if (user.at < others.at) return { ...user, remove: others.at - user.at };
    return { ...user, at: others.at + others.insert.length, remove: Math.max(0, userEnd - othersEnd) };
  };
  return outward(moved(), current);
}

/** Moved splices may have come to lie inside a character: widen the removal, or step out of it. */
function outward(splice: TextSplice, text: string): TextSplice | undefined {
  let from = splice.at;
  let to = splice.at + splice.remove;
  while (from > 0 && !isBoundary(text, from)) from--;
  if (splice.remove === 0) to = from;
  while (to < text.length && !isBoundary(text, to)) to++;
  if (to === from && splice.insert === '') return undefined;
  return { at: from, remove: to - from, insert: splice.insert };
}

function moveOffset(offset: number, { at, remove, insert }: TextSplice): number {
  if (offset <= at) return offset;
  if (offset >= at + remove) return offset + insert.length - remove;
  return at + insert.length;
}

function commonPrefix(a: string, b: string, limit: number): number {
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function commonSuffix(a: string, b: string, limit: number): number {
  let length = 0;
  while (length < limit && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length))
    length++;
  return length;
}

const JOINED_TO_LEFT = /^[\p{M}\p{Emoji_Modifier}\u200d]/u;
const REGIONAL_INDICATOR = /^\p{Regional_Indicator}/u;
const ZERO_WIDTH_JOINER = 0x200d;

/** Stricter than Unicode's grapheme rules where that is shorter: never between two flag letters. */
export function isBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  const left = text.charCodeAt(at - 1);
  const right = text.charCodeAt(at);
  if (isHighSurrogate(left) && isLowSurrogate(right)) return false;
  if (left === ZERO_WIDTH_JOINER) return false;
  if (left === 0x0d && right === 0x0a) return false;
  // ASCII on the right joins nothing: the common case needs no regular expression.
  if (right < 0x80) return true;
  const next = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (JOINED_TO_LEFT.test(next)) return false;
  if (!REGIONAL_INDICATOR.test(next)) return true;
  const previous = at >= 2 ? String.fromCodePoint(text.codePointAt(at - 2) ?? 0) : '';
  return !REGIONAL_INDICATOR.test(previous);
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
