/**
 * Ed25519 (RFC 8032) over raw bytes: by WebCrypto where the platform has it (iOS 17, Firefox 130,
 * Chrome 137), by noble elsewhere. Internal to this folder: everyone else signs with a label
 * (`signature.ts`).
 *
 * Platforms differ on encodings that no honest signer makes (small-order points, s ≥ L, y ≥ p). Public
 * keys of small order and non-canonical encodings are refused before either implementation is asked, so
 * that both answer alike; for the same reason noble's part checks without cofactor. Never compare or derive from signatures: Safari's are randomised.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, copyBytes, equalBytes, type Bytes } from '../lib/bytes';
import { asBytes } from './asBytes';
import { isStrictEd25519PublicKey, isStrictEd25519Signature } from './ed25519Strict';
import type { SecretKey } from './secretKey';

export interface Ed25519 {
  sign(seed: Uint8Array, message: Uint8Array): Promise<Bytes>;
  /** For a key that signs often: what the platform needs of it is made once. Asserts that it is not wiped. */
  signWith(secret: SecretKey, message: Uint8Array): Promise<Bytes>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

const PKCS8_PREFIX = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

export const nobleEd25519: Ed25519 = {
  sign(seed, message) {
    return Promise.resolve(asBytes(ed25519.sign(message, seed)));
  },
  async signWith(secret, message) {
    return nobleEd25519.sign(secret.expose(), message);
  },
  verify(publicKey, message, signature) {
    if (!isStrict(publicKey, signature)) return Promise.resolve(false);
    return Promise.resolve(verifyByNoble(publicKey, message, signature));
  },
};

/**
 * Importing a key costs about as much as using it. `keys` public keys are kept imported; of a private key
 * the platform's handle, which gives no bytes away, lives no longer than its `SecretKey`.
 */
export function createWebCryptoEd25519(keys = 512): Ed25519 {
  const importedByHex = new Map<string, Promise<CryptoKey>>();
  const importedBySecret = new WeakMap<SecretKey, Promise<CryptoKey>>();

  function importKept(secret: SecretKey): Promise<CryptoKey> {
    // Also for a key that is imported already: a wiped one signs no more.
    const seed = secret.expose();
    let imported = importedBySecret.get(secret);
    if (imported === undefined) {
      imported = importPrivateKey(seed);
      importedBySecret.set(secret, imported);
      imported.catch(() => importedBySecret.delete(secret));
    }
    return imported;
  }

  function importPublicKey(publicKey: Uint8Array): Promise<CryptoKey> {
    const name = latin1(publicKey);
    const known = importedByHex.get(name);
    if (known !== undefined) {
      // Re-inserting keeps the least recently used first.
      importedByHex.delete(name);
      importedByHex.set(name, known);
      return known;
    }
    const imported = globalThis.crypto.subtle.importKey('raw', copyBytes(publicKey), 'Ed25519', false, [
      'verify',
    ]);
    importedByHex.set(name, imported);
    imported.catch(() => importedByHex.delete(name));
    if (importedByHex.size > keys) {
      for (const oldest of importedByHex.keys()) {
        importedByHex.delete(oldest);
        break;
      }
    }
    return imported;
  }

  return {
    async sign(seed, message) {
      return signBy(await importPrivateKey(seed), message);
    },
    async signWith(secret, message) {
      return signBy(await importKept(secret), message);
    },
    async verify(publicKey, message, signature) {
      if (!isStrict(publicKey, signature)) return false;
      try {
        const key = await importPublicKey(publicKey);
        return await globalThis.crypto.subtle.verify('Ed25519', key, asBytes(signature), asBytes(message));
      } catch {
        // A platform may refuse a point at import that another refuses at verification.
        return false;
      }
    },
  };
}

async function importPrivateKey(seed: Uint8Array): Promise<CryptoKey> {
  const wrapped = concatBytes(PKCS8_PREFIX, seed);
  try {
    return await globalThis.crypto.subtle.importKey('pkcs8', wrapped, 'Ed25519', false, ['sign']);
  } finally {
    wrapped.fill(0);
  }
}

async function signBy(key: CryptoKey, message: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await globalThis.crypto.subtle.sign('Ed25519', key, asBytes(message)));
}

let platform: Promise<Ed25519> | undefined;

/** Asked once: the answer cannot change while the program runs. */
export function platformEd25519(): Promise<Ed25519> {
  platform ??= hasWebCryptoEd25519().then((has) => (has ? createWebCryptoEd25519() : nobleEd25519));
  return platform;
}

export function ed25519PublicKey(seed: Uint8Array): Bytes {
  return asBytes(ed25519.getPublicKey(seed));
}

async function hasWebCryptoEd25519(): Promise<boolean> {
  try {
    const probe = concatBytes(PKCS8_PREFIX, new Uint8Array(32));
    const key = await globalThis.crypto.subtle.importKey('pkcs8', probe, 'Ed25519', false, ['sign']);
    await globalThis.crypto.subtle.sign('Ed25519', key, new Uint8Array(1));
    await globalThis.crypto.subtle.importKey('raw', ed25519PublicKey(new Uint8Array(32)), 'Ed25519', false, [
      'verify',
    ]);
    return true;
  } catch {
    return false;
  }
}

function isStrict(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return isStrictEd25519PublicKey(publicKey) && isStrictEd25519Signature(signature);
}

/**
 * The check without cofactor, R = sB − kA by bytes, which is what platforms do; noble's own `verify`
 * multiplies by eight first and would accept keys with a small-order part where a platform refuses.
 */
function verifyByNoble(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { Point } = ed25519;
    const r = signature.subarray(0, 32);
    const s = littleEndianNumber(signature.subarray(32));
    const k = littleEndianNumber(sha512(concatBytes(r, publicKey, message))) % Point.Fn.ORDER;
    const minusA = Point.fromBytes(publicKey, false).negate();
    const expected = Point.BASE.multiplyUnsafe(s).add(minusA.multiplyUnsafe(k)).toBytes();
    return equalBytes(expected, r);
  } catch {
    return false;
  }
}

function littleEndianNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
