/**
 * XChaCha20-Poly1305 under a raw 32-byte key: for keys that several parties hold and use for long
 * (an invitation's two-way log), where nobody can count nonces and 12 random bytes would be too few. 24
 * bytes of randomness in front never meet twice. WebCrypto has no such cipher; this is noble's.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concatBytes, type Bytes } from '../lib/bytes';
import { err, ok, type Result } from '../lib/result';
import { asBytes } from './asBytes';
import type { Random } from './random';
import type { OpenFailure } from './seal';
import type { SecretKey } from './secretKey';

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
export const SECRET_BOX_OVERHEAD = NONCE_BYTES + TAG_BYTES;

export function sealWithSecret(
  secret: SecretKey,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  random: Random,
): Bytes {
  const nonce = random.bytes(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(secret.expose(), nonce, associatedData).encrypt(plaintext));
}

export function openWithSecret(
  secret: SecretKey,
  associatedData: Uint8Array,
  sealed: Uint8Array,
): Result<Bytes, OpenFailure> {
  if (sealed.length < SECRET_BOX_OVERHEAD) return err({ type: 'unreadable', then: 'ignore' });
  const nonce = sealed.subarray(0, NONCE_BYTES);
  try {
    const opened = xchacha20poly1305(secret.expose(), nonce, associatedData).decrypt(
      sealed.subarray(NONCE_BYTES),
    );
    return ok(asBytes(opened));
  } catch {
    return err({ type: 'unreadable', then: 'ignore' });
  }
}
