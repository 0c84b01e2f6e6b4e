/**
 * Signatures with a label: what is signed is the deterministic CBOR of ["depesche/<label>/1", ...parts],
 * so that no signature made for one purpose is valid for another and no two lists of parts give the
 * same bytes. Never compare or derive from signatures.
 */
import { encodeCbor } from '../protocol/codec';
import type { Bytes } from '../lib/bytes';
import { ed25519PublicKey, platformEd25519, type Ed25519 } from './ed25519';
import type { Random } from './random';
import { SecretKey } from './secretKey';

export interface SignatureKeyPair {
  /** Ed25519 seed, 32 bytes. */
  readonly secret: SecretKey;
  readonly publicKey: Bytes;
}

/** Text and numbers keep their CBOR types, so "1" and 1 differ. */
export type SignedPart = Uint8Array | string | number;

export const SIGNATURE_BYTES = 64;

export function generateSignatureKeyPair(random: Random): SignatureKeyPair {
  const seed = random.bytes(32);
  const secret = new SecretKey(seed);
  seed.fill(0);
  return { secret, publicKey: publicKeyOf(secret) };
}

export function publicKeyOf(secret: SecretKey): Bytes {
  return ed25519PublicKey(secret.expose());
}

export async function signLabelled(
  secret: SecretKey,
  label: string,
  ...parts: readonly SignedPart[]
): Promise<Bytes> {
  return (await platformEd25519()).signWith(secret, labelledMessage(label, parts));
}

/** False for anything that is not a strict, valid signature; never throws on outside bytes. */
export async function verifyLabelled(
  publicKey: Uint8Array,
  signature: Uint8Array,
  label: string,
  ...parts: readonly SignedPart[]
): Promise<boolean> {
  return verifyLabelledWith(await platformEd25519(), publicKey, signature, label, ...parts);
}

export function verifyLabelledWith(
  ed25519: Ed25519,
  publicKey: Uint8Array,
  signature: Uint8Array,
  label: string,
  ...parts: readonly SignedPart[]
): Promise<boolean> {
  return ed25519.verify(publicKey, labelledMessage(label, parts), signature);
}

/** Exported for checks by other tools: an export names these bytes. */
export function labelledMessage(label: string, parts: readonly SignedPart[]): Bytes {
  return encodeCbor([`depesche/${label}/1`, ...parts]);
}
