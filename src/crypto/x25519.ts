/**
 * X25519 (RFC 7748) over raw bytes: by WebCrypto where the platform has it (iOS 17, Firefox 130, Chrome 137),
 * by noble elsewhere. Rejects when the shared secret is zero, that is for points of small order.
 */
import { x25519 } from '@noble/curves/ed25519.js';
import { concatBytes, type Bytes } from '../lib/bytes';
import { asBytes } from './asBytes';

export interface X25519 {
  publicKey(privateKey: Uint8Array): Promise<Bytes>;
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes>;
}

const PKCS8_PREFIX = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
]);
const BASE_POINT = new Uint8Array(32);
BASE_POINT[0] = 9;

export const nobleX25519: X25519 = {
  // In a promise, so that a refusal is a rejection here as it is on a platform.
  publicKey: async (privateKey) => Promise.resolve(asBytes(x25519.getPublicKey(privateKey))),
  sharedSecret: async (privateKey, publicKey) =>
    Promise.resolve(asBytes(x25519.getSharedSecret(privateKey, publicKey))),
};

export const webCryptoX25519: X25519 = {
  publicKey: (privateKey) => multiply(privateKey, BASE_POINT),
  async sharedSecret(privateKey, publicKey) {
    const secret = await multiply(privateKey, publicKey);
    // The standard asks platforms to refuse this themselves; not all of them always did.
    if (secret.every((byte) => byte === 0)) throw new Error('public key of small order');
    return secret;
  },
};

let platform: Promise<X25519> | undefined;

/** Asked once: the answer cannot change while the program runs. */
export function platformX25519(): Promise<X25519> {
  platform ??= webCryptoX25519.publicKey(new Uint8Array(32).fill(1)).then(
    () => webCryptoX25519,
    () => nobleX25519,
  );
  return platform;
}

async function multiply(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes> {
  const { subtle } = globalThis.crypto;
  const wrapped = concatBytes(PKCS8_PREFIX, privateKey);
  const [own, other] = await Promise.all([
    subtle.importKey('pkcs8', wrapped, 'X25519', false, ['deriveBits']),
    subtle.importKey('raw', asBytes(publicKey), 'X25519', false, []),
  ]);
  wrapped.fill(0);
  return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: other }, own, 256));
}
