/** The fields that wire formats are made of, and the one way bytes from outside become a value. */
import * as v from 'valibot';
import { err, ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { decodeCbor, type CborFailure } from './codec';

export const bytesOf = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `${length} bytes`);
export const bytesUpTo = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length <= length, `at most ${length} bytes`);
export const anyBytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'bytes');
export const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Anything but nothing: a tuple's last field would else be allowed to be missing. */
export const present = v.custom<unknown>((x) => x !== undefined, 'present');

const isMap = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
/** A map, whatever is in it. Valibot alone takes an empty list, or no bytes, for an empty map. */
export const anyMap = v.custom<object>(isMap, 'a map');

/** Keys that valibot would pass over in silence, so that a map could have two forms. */
const UNFIT_KEYS = ['__proto__', 'prototype', 'constructor'];

export const mapOf = <
  K extends v.BaseSchema<string, string | number | symbol, v.BaseIssue<unknown>>,
  T extends v.GenericSchema,
>(
  key: K,
  item: T,
) =>
  v.pipe(
    v.custom<Record<v.InferInput<K>, v.InferInput<T>>>(
      (x) => isMap(x) && !UNFIT_KEYS.some((unfit) => Object.hasOwn(x as object, unfit)),
      'a map',
    ),
    v.record(key, item),
  );

/** Counted before its items are looked at, so that a list too long costs nothing. */
export const listOf = <T extends v.GenericSchema>(item: T, max: number) =>
  v.pipe(
    v.custom<v.InferInput<T>[]>((x) => Array.isArray(x) && x.length <= max, `a list of at most ${max}`),
    v.array(item),
  );

/** CBOR from outside (SPEC L2) as what the schema says, or why it is not that. */
export function parseCbor<T extends v.GenericSchema>(
  schema: T,
  bytes: Uint8Array,
): Result<v.InferOutput<T>, CborFailure> {
  const value = decodeCbor(bytes);
  return value.ok ? parseValue(schema, value.value) : value;
}

/** Ends at the first fault: a hostile list of 200,000 wrong items must not make as many reports. */
export function parseValue<T extends v.GenericSchema>(
  schema: T,
  value: unknown,
): Result<v.InferOutput<T>, CborFailure> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success
    ? ok(parsed.output)
    : err({ type: 'malformed', then: 'ignore', detail: expectationOf(parsed.issues[0]) });
}

/** What was expected, and nothing of what came: it may be long, and it may be somebody's words. */
function expectationOf(issue: v.BaseIssue<unknown>): string {
  const isOurSentence = issue.type === 'custom' || issue.type === 'check';
  return isOurSentence ? issue.message : (issue.expected ?? issue.type);
}
