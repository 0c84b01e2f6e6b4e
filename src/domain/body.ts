/**
 * What an entry says. One schema per kind; a known kind with a wrong body is malformed, an unknown
 * kind is kept as `unknown` (SPEC E9). Kinds with `town-` live in the town's own conversation and are
 * directory operations (SPEC D2).
 */
import * as v from 'valibot';
import { ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import type { CborFailure } from '../protocol/codec';
import { bytesOf, listOf, parseValue, uint } from '../protocol/fields';
import { deviceIdSchema, invitationIdSchema, logIdSchema, personIdSchema } from './ids';
import { townLookSchema } from './townLook';

const someBytes = (most: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length > 0 && x.length <= most, 'bytes');
/** So many fit into one entry, in both lists of a roster; more are named in several entries. */
export const PERSONS_PER_ENTRY = 800;
/** As many as one entry names; more follow in further ones. */
export const DEVICES_PER_WELCOME = 800;
const persons = listOf(personIdSchema, PERSONS_PER_ENTRY);

export const BACK_REQUEST_BYTES = 9_000;
export const TEXT_LENGTH = 12_000;
export const NAME_LENGTH = 80;
export const TITLE_LENGTH = 120;
/** How often a town may go on elsewhere; orders of timelines leave room for so many (records/keys.ts). */
export const MAX_GENERATION = 200;

/** One line, trimmed, without control or direction-override characters. */
const line = (length: number) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(length),
    v.check((x) => x === cleanLine(x), 'a clean line'),
  );
export const nameSchema = line(NAME_LENGTH);
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(TEXT_LENGTH));

export const deviceSchema = v.strictObject({
  id: deviceIdSchema,
  signatureKey: bytesOf(32),
  relayKey: bytesOf(32),
  keyPackage: someBytes(8_192),
  mailbox: logIdSchema,
});
/** What the directory says of a device besides when and whose. */
export type DeviceFacts = v.InferOutput<typeof deviceSchema>;

/** Documents are kept in records by name, and in these two names a record is not one. */
const documentName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9-]{1,40}$/),
  v.check((x) => x !== 'constructor' && x !== 'prototype', 'a free name'),
);

const bodies = {
  text: v.strictObject({ text }),
  /** Stands for a cancelled entry, so that counters have no holes. */
  void: v.strictObject({}),
  /** First entry of a group: who is in it and what it is called. */
  founded: v.strictObject({ title: v.optional(line(TITLE_LENGTH)), persons }),
  title: v.strictObject({ title: line(TITLE_LENGTH) }),
  roster: v.strictObject({ add: persons, remove: persons }),
  document: v.strictObject({
    document: documentName,
    session: bytesOf(16),
    update: someBytes(49_152),
  }),
  /** SHA-256 of the state a newcomer was given, at this seq (SPEC J4). */
  snapshot: v.strictObject({ seq: uint, hash: bytesOf(32) }),
  /** Newcomers to whom the author's Welcome has been handed over (SPEC J6). */
  welcomed: v.strictObject({ devices: listOf(deviceIdSchema, DEVICES_PER_WELCOME) }),

  /**
   * An entry of the log that this one continues, as its author signed it there (SPEC Q8). It changes no
   * authority; removals and blocks in it bind.
   */
  carried: v.strictObject({ log: logIdSchema, epochTag: bytesOf(8), entry: someBytes(49_152) }),
  /** A device asks to be taken back; whoever heard it puts its request into the log (SPEC B3). */
  back: v.strictObject({ request: someBytes(BACK_REQUEST_BYTES) }),

  'town-founded': v.strictObject({
    name: nameSchema,
    rootKey: bytesOf(32),
    person: personIdSchema,
    personName: nameSchema,
    device: deviceSchema,
  }),
  'town-invited': v.strictObject({
    invitation: invitationIdSchema,
    secret: bytesOf(32),
    expiresAt: uint,
    uses: v.pipe(uint, v.minValue(1), v.maxValue(1_000)),
  }),
  'town-invitation-withdrawn': v.strictObject({ invitation: invitationIdSchema }),
  'town-admitted': v.strictObject({
    invitation: invitationIdSchema,
    person: personIdSchema,
    name: nameSchema,
    device: deviceSchema,
  }),
  'town-renamed': v.strictObject({ person: personIdSchema, name: nameSchema }),
  'town-package': v.strictObject({ keyPackage: someBytes(8_192) }),
  /** Mail to its author's device was lost before it was read (SPEC J7). */
  'town-mail-lost': v.strictObject({}),
  'town-blocked': v.strictObject({ device: deviceIdSchema }),
  'town-person-removed': v.strictObject({ person: personIdSchema }),
  'town-admin': v.strictObject({ person: personIdSchema, isAdmin: v.boolean() }),
  /** The whole look, each time. */
  'town-look': townLookSchema,
  /** The first claim of a pair names its conversation (SPEC D7). */
  'town-claimed': v.strictObject({ pair: v.strictTuple([personIdSchema, personIdSchema]), log: logIdSchema }),
  /**
   * An admin's word that the town goes on in another log, from this head of the old one (SPEC Q6). It
   * stands in the directory itself, never as an entry in a log.
   */
  'town-continued': v.strictObject({
    generation: v.pipe(uint, v.minValue(1), v.maxValue(MAX_GENERATION)),
    founding: bytesOf(32),
    old: logIdSchema,
    seq: uint,
    chain: bytesOf(32),
  }),
  /** The first claim of a log names the one that continues it (SPEC Q7). */
  'town-log-continued': v.strictObject({ old: logIdSchema, log: logIdSchema }),
} as const;

type KnownKind = keyof typeof bodies;
type BodyOf<K extends KnownKind> = { readonly kind: K } & Readonly<v.InferOutput<(typeof bodies)[K]>>;
export type KnownBody = { [K in KnownKind]: BodyOf<K> }[KnownKind];
export type EntryBody = KnownBody | { readonly kind: 'unknown' };

export function parseBody(kind: string, body: unknown): Result<EntryBody, CborFailure> {
  const schema = Object.hasOwn(bodies, kind) ? bodies[kind as KnownKind] : undefined;
  if (schema === undefined) return ok({ kind: 'unknown' });
  const parsed = parseValue(schema, body);
  return parsed.ok ? ok({ kind, ...parsed.value } as KnownBody) : parsed;
}

/** Control characters, line breaks, and what turns the direction of the text around it. */
const UNFIT_FOR_A_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** What a person typed into a one-line field, made fit for a name or title. May come out empty. */
export function cleanLine(typed: string): string {
  return typed.normalize('NFC').replace(UNFIT_FOR_A_LINE, ' ').replace(/\s+/g, ' ').trim();
}
