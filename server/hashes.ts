/** The relay's few uses of cryptography: names, key hashes, pseudonyms and one signature check. */
import * as nodeCrypto from 'node:crypto';
import { concatBytes, type Bytes } from '../src/lib/bytes';
import { ENVELOPE_ID_BYTES } from '../src/protocol/envelope';

export function sha256(bytes: Uint8Array): Bytes {
  return new Uint8Array(nodeCrypto.hash('sha256', bytes, 'buffer'));
}

export function envelopeId(bytes: Uint8Array): Bytes {
  return sha256(bytes).slice(0, ENVELOPE_ID_BYTES);
}

/** The same for one pass in one log, unlinkable between logs without the secret. */
export function pseudonymOf(secret: Bytes, log: Bytes, passKey: Bytes): Bytes {
  const mac = nodeCrypto.createHmac('sha256', secret).update(concatBytes(log, passKey)).digest();
  return new Uint8Array(mac).slice(0, 8);
}

export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  nodeCrypto.randomFillSync(bytes);
  return bytes;
}

/** In constant time; false for different lengths. */
export function isSameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && nodeCrypto.timingSafeEqual(a, b);
}

/** SubjectPublicKeyInfo of an Ed25519 key is this and the 32 key bytes (RFC 8410). */
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** In the thread pool: ten thousand phones may come back in the same second. */
export function isSignedBy(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const publicKey = nodeCrypto.createPublicKey({
        key: Buffer.from(concatBytes(SPKI_PREFIX, key)),
        format: 'der',
        type: 'spki',
      });
      nodeCrypto.verify(null, message, publicKey, signature, (error, isValid) => {
        resolve(error === null && isValid);
      });
    } catch {
      resolve(false); // not a point on the curve
    }
  });
}

/** Bytes as a key of a Map: one character per byte. */
export function mapKeyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function bytesOfMapKey(key: string): Bytes {
  return new Uint8Array(Buffer.from(key, 'latin1'));
}
