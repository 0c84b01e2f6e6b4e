/**
 * AES-256-GCM by WebCrypto with a random 12-byte nonce in front: for keys that seal fewer than 2^32 things
 * (an epoch of a log, a vault). Where several parties seal under one long-lived key, use `secretBox`.
 * Verifies, then opens: a failure says nothing but that it failed.
 */
import type { Bytes } from '../lib/bytes';
import { err, ok, type Failure, type Result } from '../lib/result';
import { asBytes } from './asBytes';
import { platformRandom, type Random } from './random';
import type { SecretKey } from './secretKey';

export { pad, unpad, type PaddingFailure } from './padding';

export type OpenFailure = Failure & { readonly type: 'unreadable' };

export const SEAL_NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What sealing adds to a plaintext. */
export const SEAL_OVERHEAD = SEAL_NONCE_BYTES + TAG_BYTES;

/** 32 bytes. The key cannot be read out again. */
export function importSealKey(secret: SecretKey): Promise<CryptoKey> {
  return globalThis.crypto.subtle.importKey('raw', secret.expose(), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Never leaves the browser: IndexedDB keeps the handle, nobody sees the bytes. */
export function generateVaultKey(): Promise<CryptoKey> {
  return globalThis.crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
}

export async function sealBytes(
  key: CryptoKey,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  random: Random = platformRandom,
): Promise<Bytes> {
  const nonce = random.bytes(SEAL_NONCE_BYTES);
  const sealed = await globalThis.crypto.subtle.encrypt(
    parameters(nonce, associatedData),
    key,
    asBytes(plaintext),
  );
  const out = new Uint8Array(SEAL_NONCE_BYTES + sealed.byteLength);
  out.set(nonce);
  out.set(new Uint8Array(sealed), SEAL_NONCE_BYTES);
  return out;
}

export async function openBytes(
  key: CryptoKey,
  associatedData: Uint8Array,
  sealed: Uint8Array,
): Promise<Result<Bytes, OpenFailure>> {
  if (sealed.length < SEAL_OVERHEAD) return unreadable();
  const nonce = asBytes(sealed.subarray(0, SEAL_NONCE_BYTES));
  const body = asBytes(sealed.subarray(SEAL_NONCE_BYTES));
  try {
    return ok(
      new Uint8Array(await globalThis.crypto.subtle.decrypt(parameters(nonce, associatedData), key, body)),
    );
  } catch {
    return unreadable();
  }
}

function parameters(iv: Bytes, associatedData: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: asBytes(associatedData) };
}

function unreadable(): Result<never, OpenFailure> {
  return err({ type: 'unreadable', then: 'ignore' });
}
