/**
 * HPKE (RFC 9180), base mode only, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM: what the cipher suite
 * asks for. The library's own needs WebCrypto's X25519, which Chrome before 137 and Firefox before 130 lack;
 * and it draws its own randomness, so a seeded world could not be replayed. Checked against the library's
 * and against the working group's vectors.
 */
import { assert } from '../../lib/assert';
import { concatBytes, type Bytes } from '../../lib/bytes';
import { asBytes } from '../asBytes';
import { hkdfExpand, hkdfExtract } from '../hash';
import type { Random } from '../random';
import type { X25519 } from '../x25519';
import type { CiphersuiteImpl, PrivateKey, PublicKey } from './library';

type Hpke = CiphersuiteImpl['hpke'];

const KEY_BYTES = 32;
const AEAD_KEY_BYTES = 16;
const AEAD_NONCE_BYTES = 12;
const NONE = new Uint8Array(0);
const KEM_SUITE = concatBytes(ascii('KEM'), new Uint8Array([0x00, 0x20]));
const HPKE_SUITE = concatBytes(ascii('HPKE'), new Uint8Array([0x00, 0x20, 0x00, 0x01, 0x00, 0x01]));
const VERSION = ascii('HPKE-v1');
const MODE_BASE = new Uint8Array([0]);

export function createHpke(x25519: X25519, random: Random): Hpke {
  async function encapsulate(recipient: Bytes): Promise<{ enc: Bytes; shared: Bytes }> {
    const ephemeral = random.bytes(KEY_BYTES);
    const enc = await x25519.publicKey(ephemeral);
    const shared = extractAndExpand(await x25519.sharedSecret(ephemeral, recipient), enc, recipient);
    ephemeral.fill(0);
    return { enc, shared };
  }

  async function decapsulate(privateKey: Bytes, enc: Uint8Array): Promise<Bytes> {
    const [secret, own] = await Promise.all([
      x25519.sharedSecret(privateKey, enc),
      x25519.publicKey(privateKey),
    ]);
    return extractAndExpand(secret, enc, own);
  }

  async function pairOf(privateKey: Bytes): Promise<{ privateKey: PrivateKey; publicKey: PublicKey }> {
    const publicKey = await x25519.publicKey(privateKey);
    return { privateKey: wrap<PrivateKey>(privateKey), publicKey: wrap<PublicKey>(publicKey) };
  }

  return {
    keyLength: AEAD_KEY_BYTES,
    nonceLength: AEAD_NONCE_BYTES,
    async seal(publicKey, plaintext, info, aad) {
      const { enc, shared } = await encapsulate(unwrap(publicKey));
      const { key, nonce } = keySchedule(shared, info);
      return { enc, ct: await encryptAead(key, nonce, aad, plaintext) };
    },
    async open(privateKey, kemOutput, ciphertext, info, aad) {
      const { key, nonce } = keySchedule(await decapsulate(unwrap(privateKey), kemOutput), info);
      return decryptAead(key, nonce, aad, ciphertext);
    },
    async exportSecret(publicKey, exporterContext, length, info) {
      const { enc, shared } = await encapsulate(unwrap(publicKey));
      return { enc, secret: exported(shared, info, exporterContext, length) };
    },
    async importSecret(privateKey, exporterContext, kemOutput, length, info) {
      return exported(await decapsulate(unwrap(privateKey), kemOutput), info, exporterContext, length);
    },
    importPrivateKey: async (bytes) => Promise.resolve(wrap<PrivateKey>(keyOf(bytes))),
    importPublicKey: async (bytes) => Promise.resolve(wrap<PublicKey>(keyOf(bytes))),
    exportPublicKey: (key) => Promise.resolve(unwrap(key).slice()),
    exportPrivateKey: (key) => Promise.resolve(unwrap(key).slice()),
    encryptAead,
    decryptAead,
    deriveKeyPair(inputKey) {
      const extracted = labeledExtract(KEM_SUITE, NONE, 'dkp_prk', inputKey);
      return pairOf(labeledExpand(KEM_SUITE, extracted, 'sk', NONE, KEY_BYTES));
    },
    generateKeyPair: () => pairOf(random.bytes(KEY_BYTES)),
  };
}

function extractAndExpand(secret: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Bytes {
  const extracted = labeledExtract(KEM_SUITE, NONE, 'eae_prk', secret);
  return labeledExpand(KEM_SUITE, extracted, 'shared_secret', concatBytes(enc, recipient), KEY_BYTES);
}

/** RFC 9180 §5.1 with an empty PSK; one message per context, so the base nonce is the nonce. */
function keySchedule(shared: Uint8Array, info: Uint8Array): { key: Bytes; nonce: Bytes; exporter: Bytes } {
  const pskIdHash = labeledExtract(HPKE_SUITE, NONE, 'psk_id_hash', NONE);
  const infoHash = labeledExtract(HPKE_SUITE, NONE, 'info_hash', info);
  const context = concatBytes(MODE_BASE, pskIdHash, infoHash);
  const secret = labeledExtract(HPKE_SUITE, shared, 'secret', NONE);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, AEAD_KEY_BYTES),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, AEAD_NONCE_BYTES),
    exporter: labeledExpand(HPKE_SUITE, secret, 'exp', context, KEY_BYTES),
  };
}

function exported(shared: Bytes, info: Uint8Array, exporterContext: Uint8Array, length: number): Bytes {
  return labeledExpand(HPKE_SUITE, keySchedule(shared, info).exporter, 'sec', exporterContext, length);
}

function labeledExtract(suite: Bytes, salt: Uint8Array, label: string, inputKey: Uint8Array): Bytes {
  return hkdfExtract(salt, concatBytes(VERSION, suite, ascii(label), inputKey));
}

function labeledExpand(
  suite: Bytes,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Bytes {
  const prefix = new Uint8Array([length >> 8, length & 255]);
  return hkdfExpand(key, concatBytes(prefix, VERSION, suite, ascii(label), info), length);
}

async function encryptAead(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  plaintext: Uint8Array,
): Promise<Bytes> {
  const imported = await globalThis.crypto.subtle.importKey('raw', asBytes(key), 'AES-GCM', false, [
    'encrypt',
  ]);
  return new Uint8Array(
    await globalThis.crypto.subtle.encrypt(gcm(nonce, aad), imported, asBytes(plaintext)),
  );
}

async function decryptAead(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  ciphertext: Uint8Array,
): Promise<Bytes> {
  const imported = await globalThis.crypto.subtle.importKey('raw', asBytes(key), 'AES-GCM', false, [
    'decrypt',
  ]);
  return new Uint8Array(
    await globalThis.crypto.subtle.decrypt(gcm(nonce, aad), imported, asBytes(ciphertext)),
  );
}

function gcm(nonce: Uint8Array, aad: Uint8Array | undefined): AesGcmParams {
  return { name: 'AES-GCM', iv: asBytes(nonce), additionalData: asBytes(aad ?? NONE) };
}

/** The library types keys as `CryptoKey` and only ever hands them back: inside they are raw bytes. */
class RawKey {
  readonly #bytes: Bytes;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  static read(value: unknown): Bytes {
    assert(value instanceof RawKey, 'an HPKE key comes from this module');
    return value.#bytes;
  }
}

function wrap<Key extends PrivateKey | PublicKey>(bytes: Bytes): Key {
  return new RawKey(bytes) as unknown as Key;
}

function unwrap(key: PrivateKey | PublicKey): Bytes {
  return RawKey.read(key);
}

/** Not an assertion: these bytes may come from outside. */
function keyOf(bytes: Uint8Array): Bytes {
  if (bytes.length !== KEY_BYTES) throw new RangeError('an X25519 key has 32 bytes');
  return bytes.slice();
}

function ascii(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text));
}
