/**
 * SHA-256, HMAC and HKDF (RFC 5869), synchronous: an envelope's id is hashed for every envelope, and
 * a round trip through WebCrypto costs more than the hash itself at these sizes.
 */
import { expand, extract, hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '../lib/bytes';
import { asBytes } from './asBytes';
import { SecretKey } from './secretKey';

const EMPTY = new Uint8Array(0);

/** Of all parts, one after the other, without lengths: give each part a fixed size or prefix it. */
export function sha256(...parts: readonly Uint8Array[]): Bytes {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return asBytes(nobleSha256(only));
  const state = nobleSha256.create();
  for (const part of parts) state.update(part);
  return asBytes(state.digest());
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Bytes {
  return asBytes(hmac(nobleSha256, key, data));
}

export function hkdfExtract(salt: Uint8Array, inputKey: Uint8Array): Bytes {
  return asBytes(extract(nobleSha256, inputKey, salt));
}

export function hkdfExpand(pseudoRandomKey: Uint8Array, info: Uint8Array, length: number): Bytes {
  return asBytes(expand(nobleSha256, pseudoRandomKey, info, length));
}

/** `label` separates the uses of one secret: "depesche/<label>/1" is HKDF's info. */
export function deriveKeys(secret: SecretKey, label: string, length: number): SecretKey {
  const info = new TextEncoder().encode(`depesche/${label}/1`);
  const derived = hkdf(nobleSha256, secret.expose(), EMPTY, info, length);
  const key = new SecretKey(derived);
  derived.fill(0);
  return key;
}
