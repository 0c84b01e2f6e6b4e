/**
 * What a newcomer is handed with the Welcome (SPEC J3, J4): the folded state at the commit's seq and
 * as much signed history as the conversation's rule grants, sealed under a key exported from the new
 * epoch. It comes from a member, so it is parsed like anything from outside and its history is
 * verified entry by entry; the hash of its state becomes an entry that older members check.
 */
import * as v from 'valibot';
import { ok, type Failure, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import { MAX_GENERATION } from '../domain/body';
import type { Conversation } from '../domain/conversation';
import type { Directory } from '../domain/directory';
import { deviceIdSchema, invitationIdSchema, logIdSchema, personIdSchema } from '../domain/ids';
import { townLookSchema } from '../domain/townLook';
import { encodeCbor } from '../protocol/codec';
import { anyBytes, bytesOf, bytesUpTo, mapOf, parseCbor, uint } from '../protocol/fields';
import type { Fold, Progress, TimelineRecord } from '../records/logRecords';

export interface Snapshot {
  /** Of the town's logs, the one that `position` speaks of (SPEC G6). */
  readonly generation: number;
  readonly seq: number;
  readonly chain: Bytes;
  readonly lastCommit: number;
  readonly position: number;
  readonly counters: Progress['counters'];
  readonly fold: Fold;
  /** Canonical state of each shared document. */
  readonly documents: Readonly<Record<string, Bytes>>;
  readonly history: readonly TimelineRecord[];
  /** No signed text behind this seq is missing from it; absent: not known. */
  readonly historySince?: number;
}

const bytes32 = bytesOf(32);
const text = v.pipe(v.string(), v.maxLength(200));
const persons = v.array(personIdSchema);
/** Absent fields travel as null: the wire's CBOR has no undefined. */
const absent = <T extends v.GenericSchema>(schema: T) =>
  v.pipe(
    v.nullable(schema),
    v.transform((x) => x ?? undefined),
  );
const span = v.strictObject({ from: uint, to: absent(uint) });

const directorySchema = v.strictObject({
  townName: text,
  rootKey: bytes32,
  founding: bytes32,
  persons: mapOf(
    personIdSchema,
    v.strictObject({ ...span.entries, id: personIdSchema, name: text, admin: v.array(span) }),
  ),
  devices: mapOf(
    deviceIdSchema,
    v.strictObject({
      ...span.entries,
      facts: v.strictObject({
        id: deviceIdSchema,
        signatureKey: bytes32,
        relayKey: bytes32,
        keyPackage: anyBytes,
        mailbox: logIdSchema,
      }),
      person: personIdSchema,
      addedAt: uint,
      mailLost: v.exactOptional(v.strictObject({ at: uint, seqs: v.array(uint) })),
    }),
  ),
  invitations: mapOf(
    invitationIdSchema,
    v.strictObject({
      id: invitationIdSchema,
      by: personIdSchema,
      secret: bytes32,
      createdAt: uint,
      expiresAt: uint,
      uses: uint,
      guests: v.array(text),
      isWithdrawn: v.boolean(),
    }),
  ),
  claims: mapOf(v.string(), logIdSchema),
  look: v.exactOptional(townLookSchema),
  continuation: v.exactOptional(
    v.strictObject({ generation: uint, old: logIdSchema, statement: bytesUpTo(4_096) }),
  ),
  continued: v.exactOptional(
    mapOf(logIdSchema, v.strictObject({ log: logIdSchema, by: personIdSchema, generation: uint })),
  ),
});

const baseSchema = v.strictObject({ log: logIdSchema, counters: mapOf(deviceIdSchema, uint) });

const conversationSchema = v.strictObject({
  kind: v.picklist(['direct', 'group']),
  title: absent(text),
  roster: mapOf(personIdSchema, v.picklist(['member', 'manager'])),
  former: persons,
  base: v.exactOptional(
    v.strictObject({
      ...baseSchema.entries,
      later: v.exactOptional(v.pipe(v.array(baseSchema), v.maxLength(MAX_GENERATION))),
    }),
  ),
});

const returnsSchema = v.record(
  v.string(),
  v.strictObject({
    at: uint,
    open: absent(
      v.strictObject({
        keyPackage: absent(anyBytes),
        seq: uint,
        place: v.exactOptional(v.strictObject({ seq: uint, chain: bytes32 })),
        isOut: v.boolean(),
      }),
    ),
  }),
);

/** Of the fold of either kind. */
const leaves = {
  returns: v.optional(returnsSchema),
  owed: v.optional(v.record(v.string(), v.strictObject({ by: deviceIdSchema, seq: uint }))),
  silent: v.optional(mapOf(deviceIdSchema, uint)),
};

const effectSchema = v.variant('type', [
  v.strictObject({ type: v.literal('founded'), persons }),
  v.strictObject({ type: v.literal('renamed'), title: text }),
  v.strictObject({ type: v.literal('added'), persons }),
  v.strictObject({ type: v.literal('removed'), persons }),
  v.strictObject({ type: v.literal('left') }),
  v.strictObject({ type: v.literal('continued') }),
]);

const historySchema = v.strictObject({
  order: uint,
  relayAt: uint,
  author: absent(personIdSchema),
  proof: absent(v.strictObject({ epochTag: anyBytes, entry: anyBytes })),
  effects: v.array(effectSchema),
  gap: absent(v.strictObject({ count: uint, reason: v.picklist(['missing', 'unreadable', 'forked']) })),
  isHistory: v.boolean(),
});

const schema = v.strictObject({
  generation: uint,
  seq: uint,
  chain: bytes32,
  lastCommit: uint,
  position: uint,
  counters: mapOf(deviceIdSchema, uint),
  historySince: v.exactOptional(uint),
  fold: v.variant('type', [
    v.strictObject({ type: v.literal('town'), directory: directorySchema, ...leaves }),
    v.strictObject({ type: v.literal('conversation'), conversation: conversationSchema, ...leaves }),
  ]),
  documents: mapOf(v.string(), anyBytes),
  history: v.array(historySchema),
});

export type SnapshotFailure = Failure & { readonly type: 'malformed' };

export function encodeSnapshot(snapshot: Snapshot): Bytes {
  return encodeCbor(nullsForAbsent(snapshot));
}

export function parseSnapshot(encoded: Uint8Array): Result<Snapshot, SnapshotFailure> {
  const parsed = parseCbor(schema, encoded);
  if (!parsed.ok) return parsed;
  // valibot's record type loses the brand of its keys; the schema has checked them.
  return ok(parsed.value as SnapshotOutput as Snapshot);
}
type SnapshotOutput = { readonly [K in keyof Snapshot]: unknown };

/** The part that all members hold alike: the fold, and which entries of each device it stands on. */
export function stateHash(fold: Fold, counters: Progress['counters']): Bytes {
  const state: Conversation | Directory = fold.type === 'town' ? fold.directory : fold.conversation;
  const { returns = {}, owed = {}, silent = {} } = fold;
  const all = [state, returns, owed, silent].map(nullsForAbsent);
  return sha256(encodeCbor(['depesche/state/4', ...all, counters]));
}

function nullsForAbsent(value: unknown): unknown {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(nullsForAbsent);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nullsForAbsent(inner)]));
}
