/**
 * Entries into envelopes and back (SPEC E1–E8): sign, pad, seal under the epoch's entry key; then
 * verify, and only then believe.
 */
import { err, ok, type Failure, type Result } from '../lib/result';
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import { openBytes, pad, sealBytes, unpad } from '../crypto/seal';
import { sha256 } from '../crypto/hash';
import { signLabelled, verifyLabelled } from '../crypto/signature';
import type { SecretKey } from '../crypto/secretKey';
import {
  encodeContent,
  encodeEntries,
  parseContent,
  parseEntries,
  type EntryContent,
  type WireEntry,
} from '../domain/entry';
import { idToBytes, type DeviceId, type EntryId, type LogId } from '../domain/ids';
import { encodeCbor } from '../protocol/codec';
import { encodeEnvelope, ENVELOPE_ID_BYTES, type Envelope } from '../protocol/envelope';
import type { Group } from './logState';

export type SealFailure = Failure & { readonly type: 'unreadable' | 'forged' | 'malformed' | 'too-large' };

export interface OpenedEntry {
  readonly wire: WireEntry;
  readonly id: EntryId;
  readonly device: DeviceId;
  readonly content: EntryContent;
}

export function envelopeIdOf(bytes: Uint8Array): Bytes {
  return sha256(bytes).slice(0, ENVELOPE_ID_BYTES);
}

/** SPEC E7: link = SHA-256(previous link ‖ seq ‖ envelope id ‖ commit flag). */
export function nextLink(previous: Uint8Array, seq: number, id: Uint8Array, isCommit: boolean): Bytes {
  const tail = new Uint8Array(9);
  new DataView(tail.buffer).setBigUint64(0, BigInt(seq));
  tail[8] = isCommit ? 1 : 0;
  return sha256(previous, tail.subarray(0, 8), id, tail.subarray(8));
}

export interface EntryToSign {
  readonly id: EntryId;
  readonly counter: number;
  readonly salt: Bytes;
  readonly content: EntryContent;
}

export async function signEntry(
  log: LogId,
  epochTag: Bytes,
  author: { readonly device: DeviceId; readonly secret: SecretKey },
  entry: EntryToSign,
): Promise<WireEntry> {
  const unsigned = {
    id: idToBytes(entry.id),
    device: idToBytes(author.device),
    counter: entry.counter,
    salt: entry.salt,
    content: encodeContent(entry.content),
  };
  const signature = await signLabelled(author.secret, 'entry', ...signedParts(log, epochTag, unsigned));
  return { ...unsigned, signature };
}

/** Valid for this author in this log and epoch, now and years later (SPEC E5). */
export async function verifyEntry(
  log: LogId,
  epochTag: Uint8Array,
  signatureKey: Uint8Array,
  wire: WireEntry,
): Promise<boolean> {
  return verifyLabelled(signatureKey, wire.signature, 'entry', ...signedParts(log, epochTag, wire));
}

export async function sealEntries(
  log: LogId,
  group: Group,
  entries: readonly WireEntry[],
): Promise<Result<Bytes, SealFailure>> {
  const padded = pad(encodeEntries(entries));
  if (!padded.ok) return err({ type: 'too-large', then: 'stop' });
  const sealed = await sealBytes(group.key, associatedData('entry', log, group.tag), padded.value);
  return ok(encodeEnvelope({ isCommit: false, epochTag: group.tag, sealed }));
}

export async function openEntries(
  log: LogId,
  group: Group,
  envelope: Envelope,
): Promise<Result<readonly OpenedEntry[], SealFailure>> {
  const plain = await openBytes(group.key, associatedData('entry', log, group.tag), envelope.sealed);
  if (!plain.ok) return err({ type: 'unreadable', then: 'ignore' });
  const unpadded = unpad(plain.value);
  if (!unpadded.ok) return err({ type: 'malformed', then: 'ignore' });
  const wires = parseEntries(unpadded.value);
  if (!wires.ok) return err({ type: 'malformed', then: 'ignore' });
  const [first] = wires.value;
  const opened: OpenedEntry[] = [];
  for (const wire of wires.value) {
    // SPEC E2: an envelope carries entries of one author.
    if (first !== undefined && !equalBytes(wire.device, first.device))
      return err({ type: 'malformed', then: 'ignore', detail: 'several authors' });
    const entry = await verifyAndOpenEntry(log, group, wire);
    // One envelope has one author: a forged part makes the whole a forgery.
    if (!entry.ok) return entry;
    opened.push(entry.value);
  }
  return ok(opened);
}

async function verifyAndOpenEntry(
  log: LogId,
  group: Group,
  wire: WireEntry,
): Promise<Result<OpenedEntry, SealFailure>> {
  const device = bytesToHex(wire.device) as DeviceId;
  const leaf = group.leaves.find((candidate) => candidate.device === device);
  if (leaf === undefined) return err({ type: 'forged', then: 'ignore', detail: 'no member' });
  if (!(await verifyEntry(log, group.tag, leaf.signatureKey, wire)))
    return err({ type: 'forged', then: 'ignore', detail: 'signature' });
  const content = parseContent(wire.content);
  if (!content.ok) return err({ type: 'malformed', then: 'ignore' });
  return ok({ wire, id: bytesToHex(wire.id) as EntryId, device, content: content.value });
}

/** A commit is sealed once more, because MLS leaves group id and authenticated data readable. */
export async function sealCommit(log: LogId, group: Group, commit: Bytes): Promise<Bytes> {
  const sealed = await sealBytes(group.key, associatedData('commit', log, group.tag), commit);
  return encodeEnvelope({ isCommit: true, epochTag: group.tag, sealed });
}

export async function openCommit(
  log: LogId,
  group: Group,
  envelope: Envelope,
): Promise<Result<Bytes, SealFailure>> {
  const plain = await openBytes(group.key, associatedData('commit', log, group.tag), envelope.sealed);
  return plain.ok ? plain : err({ type: 'unreadable', then: 'ignore' });
}

function associatedData(use: 'entry' | 'commit', log: LogId, epochTag: Bytes): Bytes {
  return encodeCbor([`depesche/${use}-seal/1`, idToBytes(log), epochTag]);
}

function signedParts(
  log: LogId,
  epochTag: Uint8Array,
  entry: Omit<WireEntry, 'signature'>,
): readonly [Bytes, Uint8Array, Bytes, Bytes, number, Bytes] {
  return [idToBytes(log), epochTag, entry.id, entry.device, entry.counter, sha256(entry.salt, entry.content)];
}
