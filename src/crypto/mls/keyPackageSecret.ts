/** The private part of a key package as bytes: version, init key, encryption key. The vault seals it. */
import { concatBytes, type Bytes } from '../../lib/bytes';
import { SecretKey } from '../secretKey';

const VERSION = 1;
const KEY_BYTES = 32;

export interface KeyPackageKeys {
  readonly initKey: Bytes;
  readonly encryptionKey: Bytes;
}

export function encodeKeyPackageSecret(initKey: Uint8Array, encryptionKey: Uint8Array): SecretKey {
  const bytes = concatBytes(new Uint8Array([VERSION]), initKey, encryptionKey);
  const secret = new SecretKey(bytes);
  bytes.fill(0);
  return secret;
}

/** Copies: the library keeps them beyond the life of the secret. */
export function decodeKeyPackageSecret(secret: SecretKey): KeyPackageKeys | undefined {
  const bytes = secret.expose();
  if (bytes.length !== 1 + 2 * KEY_BYTES || bytes[0] !== VERSION) return undefined;
  return { initKey: bytes.slice(1, 1 + KEY_BYTES), encryptionKey: bytes.slice(1 + KEY_BYTES) };
}
