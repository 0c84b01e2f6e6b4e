/** Names and proofs of a town that goes on in another log (SPEC Q5, Q6). */
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { SecretKey } from '../crypto/secretKey';
import { sha256 } from '../crypto/hash';
import { isAdminAt, holdsAt, type Continuation, type Directory } from '../domain/directory';
import { encodeEntry, parseContent, parseEntry } from '../domain/entry';
import type { DeviceId, EntryId, LogId } from '../domain/ids';
import { isFaithful } from '../domain/succession';
import { encodeCbor } from '../protocol/codec';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';
import { signEntry, verifyEntry } from './entrySeal';

/** Everybody of a town knows where it can go on; the relay lets the first one create it. */
export function townLogId(founding: Bytes, generation: number): LogId {
  return bytesToHex(sha256(encodeCbor(['depesche/town-log/1', founding, generation]))) as LogId;
}

/** No epoch of a group: the statement stands outside of all logs. */
const NO_EPOCH: Bytes = new Uint8Array(EPOCH_TAG_BYTES);
const NO_LINK: Bytes = new Uint8Array(32);

export interface Head {
  readonly log: LogId;
  readonly seq: number;
  readonly chain: Bytes;
}

export async function stateContinuation(
  author: { readonly device: DeviceId; readonly secret: SecretKey },
  founding: Bytes,
  generation: number,
  head: Head,
  chosen: { readonly id: EntryId; readonly salt: Bytes; readonly writtenAt: number },
): Promise<Continuation> {
  const { log: old, seq, chain } = head;
  const wire = await signEntry(townLogId(founding, generation), NO_EPOCH, author, {
    id: chosen.id,
    counter: 0,
    salt: chosen.salt,
    content: {
      body: { kind: 'town-continued', generation, founding, old, seq, chain },
      writtenAt: chosen.writtenAt,
      seenSeq: 0,
      seenChain: NO_LINK,
    },
  });
  return { generation, old, statement: encodeEntry(wire) };
}

/**
 * Does `next`, come with the Welcome into `log`, follow on from our directory as we have folded it up to
 * `seq`? Only an admin by our own directory can say so, whatever the next one says of admins.
 */
export async function isSuccessor(
  own: Directory,
  seq: number,
  next: Directory,
  log: LogId,
): Promise<boolean> {
  const { continuation } = next;
  if (continuation === undefined || continuation.generation <= (own.continuation?.generation ?? 0))
    return false;
  if (townLogId(own.founding, continuation.generation) !== log || !isFaithful(own, next)) return false;
  const wire = parseEntry(continuation.statement);
  if (!wire.ok) return false;
  const author = own.devices[bytesToHex(wire.value.device) as DeviceId];
  if (author === undefined || !holdsAt(author, seq) || !isAdminAt(own, author.person, seq)) return false;
  const content = parseContent(wire.value.content);
  if (!content.ok || content.value.body.kind !== 'town-continued') return false;
  const { body } = content.value;
  return (
    body.generation === continuation.generation &&
    body.old === continuation.old &&
    equalBytes(body.founding, own.founding) &&
    (await verifyEntry(log, NO_EPOCH, author.facts.signatureKey, wire.value))
  );
}
