/** Requests to be taken back: signed by the device, judged by whoever reads one (SPEC B1, B2). */
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { GroupCrypto, GroupSelf } from '../crypto/group';
import { sha256 } from '../crypto/hash';
import { signLabelled, verifyLabelled } from '../crypto/signature';
import {
  encodeBackRequest,
  parseBackRequest,
  type BackRequest,
  type SignedBackRequest,
} from '../domain/back';
import { idToBytes, type LogId } from '../domain/ids';

/** Without the place from where on to hand over it was `back`. */
const LABEL = 'back-since';

export interface VerifiedBackRequest extends SignedBackRequest {
  /** The key it is signed with, which is the one in its key package. */
  readonly signatureKey: Bytes;
}

export async function signBackRequest(self: GroupSelf, request: BackRequest): Promise<Bytes> {
  const signature = await signLabelled(self.signatureSecret, LABEL, ...signedParts(request));
  return encodeBackRequest({ ...request, signature });
}

/** Undefined unless the device that the key package names has signed it, for a log of one of these names. */
export async function verifyBackRequest(
  groups: GroupCrypto,
  names: readonly LogId[] | undefined,
  bytes: Uint8Array,
): Promise<VerifiedBackRequest | undefined> {
  const parsed = parseBackRequest(bytes);
  if (!parsed.ok || names?.includes(parsed.value.log) === false) return undefined;
  const request = parsed.value;
  const named = await groups.parseKeyPackage(request.keyPackage);
  if (!named.ok || bytesToHex(named.value.device) !== request.device) return undefined;
  const { signatureKey } = named.value;
  const isSigned = await verifyLabelled(signatureKey, request.signature, LABEL, ...signedParts(request));
  // The bytes are what is signed: another form of the same request would be another entry.
  if (!isSigned || !equalBytes(encodeBackRequest(request), bytes)) return undefined;
  return { ...request, signatureKey };
}

function signedParts(request: BackRequest): readonly [Bytes, Bytes, Bytes, number, Bytes, number, number] {
  const { log, device, keyPackage, seq, chain, since, at } = request;
  return [idToBytes(log), idToBytes(device), sha256(keyPackage), seq, chain, since, at];
}
