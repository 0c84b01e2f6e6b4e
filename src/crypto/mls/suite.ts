/**
 * The cipher suite handed to ts-mls. HPKE is our own (`hpke.ts`); hashing and key derivation are synchronous
 * noble, because one commit at 400 leaves makes thousands of calls of a few dozen bytes
 * each; signatures are the house's strict Ed25519, so that MLS and entries judge alike; randomness is
 * passed in.
 */
import { assert } from '../../lib/assert';
import { platformEd25519 } from '../ed25519';
import { hkdfExpand, hkdfExtract, hmacSha256, sha256 } from '../hash';
import type { Random } from '../random';
import { platformX25519 } from '../x25519';
import { createHpke } from './hpke';
import type { CiphersuiteImpl } from './library';

export const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';

export async function createSuite(random: Random): Promise<CiphersuiteImpl> {
  const [ed25519, x25519] = await Promise.all([platformEd25519(), platformX25519()]);
  return {
    name: SUITE,
    hpke: createHpke(x25519, random),
    rng: { randomBytes: (length) => random.bytes(length) },
    hash: {
      digest: (data) => Promise.resolve(sha256(data)),
      mac: (key, data) => Promise.resolve(hmacSha256(key, data)),
      verifyMac: (key, mac, data) => Promise.resolve(equalConstantTime(hmacSha256(key, data), mac)),
    },
    kdf: {
      size: 32,
      extract: (salt, inputKey) => Promise.resolve(hkdfExtract(salt, inputKey)),
      expand: (key, info, length) => Promise.resolve(hkdfExpand(key, info, length)),
    },
    signature: {
      sign: (seed, message) => ed25519.sign(seed, message),
      verify: (publicKey, message, signature) => ed25519.verify(publicKey, message, signature),
      keygen: () => {
        assert(false, 'signature keys belong to the device, not to a group');
      },
    },
  };
}

function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
