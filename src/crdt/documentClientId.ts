/**
 * The Yjs client id of one opening of a document on one device: 53 bits of a hash, so that nobody can
 * write in another session's name, and a lost write never meets its own clock again.
 * Limits: 53 bits keep accidents away (2^26 sessions of one document); that a *chosen* collision
 * would need another device's hash is what protects members from each other.
 */
import { sha256 } from '../crypto/hash';
import { assert } from '../lib/assert';
import type { Bytes } from '../lib/bytes';
import { encodeCbor } from '../protocol/codec';
import { DOCUMENT_LIMITS } from './documentLimits';

export function documentClientId(device: Uint8Array, documentId: string, session: Uint8Array): number {
  assert(device.length === DOCUMENT_LIMITS.deviceIdBytes, 'a device id has 16 bytes');
  assert(session.length === DOCUMENT_LIMITS.sessionBytes, 'a session nonce has 16 bytes');
  // CBOR carries the lengths, so no two triples share an encoding.
  return clientIdFromDigest(sha256(encodeCbor(['depesche/document-client/1', device, documentId, session])));
}

/** The first 53-bit window that is not zero; Yjs treats client 0 as "none" in places. */
export function clientIdFromDigest(digest: Bytes): number {
  for (let at = 0; at + 7 <= digest.length; at += 7) {
    let value = (digest[at] ?? 0) & 0x1f;
    for (let i = 1; i < 7; i++) value = value * 256 + (digest[at + i] ?? 0);
    if (value !== 0) return value;
  }
  return 1;
}
