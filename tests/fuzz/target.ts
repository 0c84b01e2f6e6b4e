/** One parser under attack: what is fed to it, and what must hold whatever it is fed. */
import type { Bytes } from '../../src/lib/bytes';
import { bytesToHex } from '../../src/lib/bytes';
import type { Result } from '../../src/lib/result';

export interface Target {
  readonly name: string;
  /** Inputs that are taken, made by the real code: what mutations begin with. */
  readonly samples: readonly Uint8Array[];
  /** How many inputs a bounded run tries; dear targets try fewer. */
  readonly runs: number;
  /** Throws when a property does not hold. Answers whether the input was taken. */
  check(input: Bytes): boolean | Promise<boolean>;
}

const THEN = ['ignore', 'retry', 'stop'];

/** The value of a result, or undefined when it was refused; a refusal says what to do about it. */
export function valueOrRefusal<T>(
  result: Result<T, { readonly type: string; readonly then: string; readonly detail?: string }>,
): T | undefined {
  if (result.ok) return result.value;
  const { type, then, detail } = result.error;
  must(type.length > 0 && THEN.includes(then), `a refusal is typed: ${type} ${then}`);
  must(detail === undefined || detail.length < 1_000, 'a refusal is short');
  return undefined;
}

export function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`broken: ${rule}`);
}

/** Formats with one form: what was read is written as the same bytes. */
export function mustBeSame(input: Uint8Array, again: Uint8Array, rule: string): void {
  if (bytesToHex(input) !== bytesToHex(again))
    throw new Error(`broken: ${rule}\nread    ${shorten(input)}\nwritten ${shorten(again)}`);
}

function shorten(bytes: Uint8Array): string {
  return `${bytesToHex(bytes.subarray(0, 200))} (${bytes.length} bytes)`;
}

/** Readers swallow a byte order mark at the beginning of a text: the one exception of SPEC L2. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  for (let i = 0; i + 2 < bytes.length; i++)
    if (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) return true;
  return false;
}

/** How many values a value is made of: what a hostile head must not be able to blow up. */
export function countValues(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    count += 1;
    if (typeof next === 'object' && next !== null && !(next instanceof Uint8Array))
      for (const inner of Object.values(next)) open.push(inner);
  }
  return count;
}
