/**
 * What travels over the socket between a device and the relay (SPEC F1–F9). One binary WebSocket
 * message is one frame, a CBOR array that begins with its operation code. A request carries a number
 * that its reply repeats; pushes carry none. Frames are parsed on both sides by the schemas below and
 * by nothing else.
 *
 * Reasons for arrays instead of maps: half the bytes, and the relay builds one frame per log and
 * group commit for all watchers.
 */
import * as v from 'valibot';
import { err, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { decodeCbor, encodeCbor, type CborFailure } from './codec';
import { bytesOf, bytesUpTo, listOf, parseValue, present, uint } from './fields';
import { LIMITS } from './limits';
import { REFUSALS } from './words';

export { LOG_KINDS, REFUSAL_THEN, REFUSALS, type LogKind, type Refusal } from './words';

export const PROTOCOL_VERSION = 1;
/** Of any kind of log; which one is how large is the log's quota. */
const LARGEST_ENVELOPE = Math.max(LIMITS.commitBytes, LIMITS.mailboxEnvelopeBytes);

/** 32 random bytes. */
const logId = bytesOf(32);
/** Bearer key; the relay stores its SHA-256. Empty where the kind needs none. */
const bearer = v.custom<Bytes>(
  (x) => x instanceof Uint8Array && (x.length === 32 || x.length === 0),
  'bearer key',
);
const hash = bytesOf(32);
const passKey = bytesOf(32);
const slotId = bytesOf(16);
/** Empty, or the first 8 bytes of the relay's HMAC (SPEC K4). */
const pseudonym = v.custom<Bytes>(
  (x) => x instanceof Uint8Array && (x.length === 8 || x.length === 0),
  'pseudonym',
);

// ---- device → relay -------------------------------------------------------------------------

export const OP = {
  auth: 0,
  create: 1,
  append: 2,
  read: 3,
  watch: 4,
  unwatch: 5,
  put: 6,
  close: 7,
  redact: 8,
  cast: 9,
  admit: 10,
  revoke: 11,
  passes: 12,
  claim: 13,
  token: 14,
} as const;

const op = <K extends keyof typeof OP>(name: K) => v.literal(OP[name]);

/** Signature over ("relay-auth", host, nonce) by the device's relay key (SPEC F2). */
const authFrame = v.strictTuple([op('auth'), uint, passKey, bytesOf(64)]);
/** log, kind, SHA-256 of read, write and close keys. Repeating it with the same hashes succeeds. */
const createFrame = v.strictTuple([
  op('create'),
  uint,
  logId,
  v.picklist([0, 1, 2, 3] as const),
  hash,
  hash,
  hash,
]);
/** log, write key, last commit processed, envelopes. A prefix may be accepted. */
const appendFrame = v.strictTuple([
  op('append'),
  uint,
  logId,
  bearer,
  uint,
  listOf(bytesUpTo(LARGEST_ENVELOPE), LIMITS.envelopesPerAppend),
]);
/** log, read key, after seq, wanted bytes. */
const readFrame = v.strictTuple([op('read'), uint, logId, bearer, uint, uint]);
/** [log, read key, after seq, after put number] for each log; only logs with news are answered. */
const watchFrame = v.strictTuple([
  op('watch'),
  uint,
  listOf(v.strictTuple([logId, bearer, uint, uint]), LIMITS.watchLogs),
]);
const unwatchFrame = v.strictTuple([op('unwatch'), uint, listOf(logId, LIMITS.watchLogs)]);
/** log, write key, slot, last value. */
const putFrame = v.strictTuple([op('put'), uint, logId, bearer, slotId, bytesUpTo(LIMITS.slotBytes)]);
/** log, close key: nothing more is accepted; the log is erased after its retention. */
const closeFrame = v.strictTuple([op('close'), uint, logId, bytesOf(32)]);
/** log, write key, seq, close key or empty: own envelopes by the pass that appended them, any by the close key. */
const redactFrame = v.strictTuple([op('redact'), uint, logId, bearer, uint, bearer]);
/** log, write key, bytes: to those who watch now, never stored. */
const castFrame = v.strictTuple([op('cast'), uint, logId, bearer, bytesUpTo(LIMITS.castBytes)]);
/** Admin passes only: [pass key, is admin]. Repeating is harmless. */
const admitFrame = v.strictTuple([
  op('admit'),
  uint,
  listOf(v.strictTuple([passKey, v.boolean()]), LIMITS.passesPerFrame),
]);
/** Admin passes only; their sockets close at once. */
const revokeFrame = v.strictTuple([op('revoke'), uint, listOf(passKey, LIMITS.passesPerFrame)]);
/** Admin passes only: answers [pass key, is admin] for all. */
const passesFrame = v.strictTuple([op('passes'), uint]);
/** The one-time set-up token: this connection's relay key becomes the first admin pass. */
const claimFrame = v.strictTuple([op('claim'), uint, bytesOf(32)]);
/** A bearer token for blobs over HTTP, bound to this connection's pass and short-lived. */
const tokenFrame = v.strictTuple([op('token'), uint]);

const requestSchemas = [
  authFrame,
  createFrame,
  appendFrame,
  readFrame,
  watchFrame,
  unwatchFrame,
  putFrame,
  closeFrame,
  redactFrame,
  castFrame,
  admitFrame,
  revokeFrame,
  passesFrame,
  claimFrame,
  tokenFrame,
] as const;
export type RequestFrame = v.InferOutput<(typeof requestSchemas)[number]>;
export type FrameOf<K extends keyof typeof OP> = Extract<
  RequestFrame,
  readonly [(typeof OP)[K], ...unknown[]]
>;

// ---- relay → device -------------------------------------------------------------------------

export const REPLY = {
  hello: 128,
  ok: 129,
  refused: 130,
  news: 131,
  slot: 132,
  cast: 133,
  closed: 134,
} as const;

/**
 * seq, relay time (ms), pseudonym of the pass that appended it (8 bytes; empty without a pass),
 * envelope bytes. A redacted envelope has empty bytes and carries id and commit flag behind, so that
 * the chain survives.
 */
const storedEnvelope = v.union([
  v.strictTuple([uint, uint, pseudonym, bytesUpTo(LARGEST_ENVELOPE)]),
  v.strictTuple([uint, uint, pseudonym, bytesOf(0), bytesOf(16), v.boolean()]),
]);
export type StoredEnvelope = v.InferOutput<typeof storedEnvelope>;

/** version, nonce, incarnation, relay time (ms). The first frame on every connection. */
const helloFrame = v.strictTuple([
  v.literal(REPLY.hello),
  v.literal(PROTOCOL_VERSION),
  bytesOf(32),
  bytesOf(16),
  uint,
]);
const laterHello = v.looseTuple([v.literal(REPLY.hello), v.pipe(uint, v.minValue(PROTOCOL_VERSION + 1))]);
/** request number, result of the operation: see the result schemas below. */
const okFrame = v.strictTuple([v.literal(REPLY.ok), uint, present]);
/** request number, reason, number that belongs to it (stale: last commit; rate: wait in ms; else 0). */
const refusedFrame = v.strictTuple([v.literal(REPLY.refused), uint, v.picklist(REFUSALS), uint]);
/**
 * log, envelopes in order, last commit. An empty list, or one that does not begin right behind the
 * reader's cursor, means: read.
 */
const newsFrame = v.strictTuple([v.literal(REPLY.news), logId, v.array(storedEnvelope), uint]);
/** log, put number, slot, value. */
const slotFrame = v.strictTuple([v.literal(REPLY.slot), logId, uint, slotId, bytesUpTo(LIMITS.slotBytes)]);
const castPushFrame = v.strictTuple([v.literal(REPLY.cast), logId, bytesUpTo(LIMITS.castBytes)]);
/** A watched log was closed, or the pass lost its right to it. */
const closedFrame = v.strictTuple([v.literal(REPLY.closed), logId]);

const replySchemas = [
  helloFrame,
  okFrame,
  refusedFrame,
  newsFrame,
  slotFrame,
  castPushFrame,
  closedFrame,
] as const;
export type ReplyFrame = v.InferOutput<(typeof replySchemas)[number]>;

// ---- results of `ok` by operation ------------------------------------------------------------

/** create, put, close, redact, cast, admit, revoke, unwatch, claim, auth: nothing to say but true. */
export const doneResult = v.literal(true);
/** [seq, relay time] of the accepted prefix; behind it, when it is not the whole list, why it ends. */
export const appendResult = v.strictTuple([
  v.array(v.strictTuple([uint, uint])),
  v.nullable(v.strictTuple([v.picklist(REFUSALS), uint])),
]);
/** envelopes, head, firstSeq (lowest seq still stored, head + 1 when none), last commit. */
export const readResult = v.strictTuple([v.array(storedEnvelope), uint, uint, uint]);
/**
 * One item for each log with news, by its index in the request:
 * [index, head, firstSeq, last commit, slots newer than asked as [put number, slot, value]]
 * or [index, refusal].
 */
export const watchResult = v.array(
  v.union([
    v.strictTuple([
      uint,
      uint,
      uint,
      uint,
      v.array(v.strictTuple([uint, slotId, bytesUpTo(LIMITS.slotBytes)])),
    ]),
    v.strictTuple([uint, v.picklist(REFUSALS)]),
  ]),
);
export const passesResult = v.array(v.strictTuple([passKey, v.boolean()]));
export const tokenResult = bytesOf(32);

// ---- both ------------------------------------------------------------------------------------

export function encodeFrame(frame: RequestFrame | ReplyFrame): Bytes {
  return encodeCbor(frame);
}

export function parseRequest(bytes: Uint8Array): Result<RequestFrame, CborFailure> {
  return parseBy(requestSchemas, 0, bytes);
}

export function parseReply(bytes: Uint8Array): Result<ReplyFrame, CborFailure> {
  return parseBy(replySchemas, REPLY.hello, bytes);
}

/** Of a later version's hello only the number is understood, so that an old app can say that it is old. */
export function laterVersionIn(bytes: Uint8Array): number | undefined {
  const value = decodeCbor(bytes);
  const parsed = value.ok ? v.safeParse(laterHello, value.value) : undefined;
  return parsed?.success === true ? parsed.output[1] : undefined;
}

/** The schema of a frame is the one at its operation code: no frame is tried against another's. */
function parseBy<const T extends readonly v.GenericSchema[]>(
  schemas: T,
  firstCode: number,
  bytes: Uint8Array,
): Result<v.InferOutput<T[number]>, CborFailure> {
  const value = decodeCbor(bytes);
  if (!value.ok) return value;
  const code: unknown = Array.isArray(value.value) ? value.value[0] : undefined;
  const schema = typeof code === 'number' ? schemas[code - firstCode] : undefined;
  if (schema === undefined) return err({ type: 'malformed', then: 'ignore', detail: 'operation' });
  return parseValue(schema, value.value);
}
