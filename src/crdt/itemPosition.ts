/**
 * Places between places: an item's position is a fraction in base 62, written as text, so that moving
 * an item writes one field of one item. (Deleting and inserting it again would double it when two
 * people move it at once, and lose what a third one is typing into it.)
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MAX_LENGTH = 48;
const MIDDLE = 'V';

/** Anything else was not written by this app. A trailing zero would leave no room below it. */
export function isPosition(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= 2 * MAX_LENGTH && /^[0-9A-Za-z]*[1-9A-Za-z]$/.test(value)
  );
}

/**
 * Strictly between the two; an open end is undefined. Undefined when there is no room (equal or
 * turned-round neighbours, or the text would grow too long): then give all items new positions.
 */
export function positionBetween(before: string | undefined, after: string | undefined): string | undefined {
  const low = before ?? '';
  if (after !== undefined && low >= after) return undefined;
  let out = '';
  let isBounded = after !== undefined;
  for (let i = 0; i < MAX_LENGTH; i++) {
    const from = i < low.length ? DIGITS.indexOf(low.charAt(i)) : 0;
    const to =
      isBounded && after !== undefined
        ? i < after.length
          ? DIGITS.indexOf(after.charAt(i))
          : 0
        : DIGITS.length;
    if (to - from > 1) return out + DIGITS.charAt(pick(from, to, before === undefined, after === undefined));
    out += DIGITS.charAt(from);
    // One step below `after` in this digit: every longer text is below it, too.
    if (to > from) isBounded = false;
  }
  return undefined;
}

/** Lists mostly grow at an end: take the nearest digit there, so that texts stay short. */
function pick(from: number, to: number, isFirst: boolean, isLast: boolean): number {
  if (isFirst === isLast) return (from + to) >> 1;
  return isLast ? from + 1 : to - 1;
}

/** `count` positions in rising order with equal room between them. */
export function spreadPositions(count: number): string[] {
  const width = Math.max(1, Math.ceil(Math.log(count + 2) / Math.log(DIGITS.length)));
  const step = DIGITS.length ** width / (count + 1);
  return Array.from({ length: count }, (_, i) => {
    let value = Math.floor((i + 1) * step);
    let text = '';
    for (let digit = 0; digit < width; digit++) {
      text = DIGITS.charAt(value % DIGITS.length) + text;
      value = Math.floor(value / DIGITS.length);
    }
    // The middle digit keeps the text from ending in zero.
    return text + MIDDLE;
  });
}
