/**
 * An entry: one immutable item of a conversation, provable on its own for years (SPEC E4, E5).
 *
 * wire     = [entry id, device, counter, salt, content, signature]
 * content  = CBOR [kind, device time, seen seq, seen chain, body]
 * signed   = ("entry", log id, epoch tag, entry id, device, counter, SHA-256(salt ‖ content))
 *
 * The salt goes when the content is erased, so that the hash cannot be used to guess it.
 */
import * as v from 'valibot';
import { ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { encodeCbor, type CborFailure } from '../protocol/codec';
import { anyBytes, anyMap, bytesOf, listOf, parseCbor, uint } from '../protocol/fields';
import { parseBody, type EntryBody } from './body';

export interface EntryContent {
  readonly body: EntryBody;
  /** Device time in ms. */
  readonly writtenAt: number;
  /** The last link the author had seen of this log; (0, 32 zero bytes) before the first. */
  readonly seenSeq: number;
  readonly seenChain: Bytes;
}

export interface WireEntry {
  readonly id: Bytes;
  readonly device: Bytes;
  readonly counter: number;
  readonly salt: Bytes;
  readonly content: Bytes;
  readonly signature: Bytes;
}

/** Orders leave room for this many entries of one envelope (records/keys.ts). */
export const ENTRIES_PER_ENVELOPE = 256;

const wireSchema = v.strictTuple([bytesOf(16), bytesOf(16), uint, bytesOf(16), anyBytes, bytesOf(64)]);
const envelopePlaintext = v.pipe(listOf(wireSchema, ENTRIES_PER_ENVELOPE), v.minLength(1));
const contentSchema = v.strictTuple([v.string(), uint, uint, bytesOf(32), anyMap]);

export function encodeEntries(entries: readonly WireEntry[]): Bytes {
  return encodeCbor(entries.map(entryToTuple));
}

export function encodeEntry(entry: WireEntry): Bytes {
  return encodeCbor(entryToTuple(entry));
}

export function parseEntries(bytes: Uint8Array): Result<readonly WireEntry[], CborFailure> {
  const parsed = parseCbor(envelopePlaintext, bytes);
  return parsed.ok ? ok(parsed.value.map(tupleToEntry)) : parsed;
}

export function parseEntry(bytes: Uint8Array): Result<WireEntry, CborFailure> {
  const parsed = parseCbor(wireSchema, bytes);
  return parsed.ok ? ok(tupleToEntry(parsed.value)) : parsed;
}

export function encodeContent(content: EntryContent): Bytes {
  const { kind, ...body } = content.body;
  return encodeCbor([kind, content.writtenAt, content.seenSeq, content.seenChain, body]);
}

/** A kind this version does not know becomes `unknown` and is kept (SPEC E9). */
export function parseContent(bytes: Uint8Array): Result<EntryContent, CborFailure> {
  const parsed = parseCbor(contentSchema, bytes);
  if (!parsed.ok) return parsed;
  const [kind, writtenAt, seenSeq, seenChain, body] = parsed.value;
  const known = parseBody(kind, body);
  if (!known.ok) return known;
  return ok({ body: known.value, writtenAt, seenSeq, seenChain });
}

function entryToTuple(entry: WireEntry): v.InferOutput<typeof wireSchema> {
  return [entry.id, entry.device, entry.counter, entry.salt, entry.content, entry.signature];
}

function tupleToEntry(tuple: v.InferOutput<typeof wireSchema>): WireEntry {
  const [id, device, counter, salt, content, signature] = tuple;
  return { id, device, counter, salt, content, signature };
}
