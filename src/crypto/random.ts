/**
 * The randomness port: whoever needs it is given it, so that a simulated world can be replayed
 * from one seed. Limits: what WebCrypto draws for itself (HPKE's ephemeral keys) does not pass here.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { assert } from '../lib/assert';
import type { RandomSource } from '../lib/services';
import { sha256 } from './hash';

export type Random = RandomSource;

/** WebCrypto refuses to fill more than this at once. */
const PLATFORM_CHUNK = 65_536;

export const platformRandom: Random = {
  bytes(length) {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += PLATFORM_CHUNK) {
      globalThis.crypto.getRandomValues(out.subarray(at, at + PLATFORM_CHUNK));
    }
    return out;
  },
};

/**
 * For tests and the simulated world only: everything drawn from it is known to whoever knows the
 * seed. ChaCha20 under SHA-256 of the seed; the nonce counts the draws.
 */
export function seededRandom(seed: string | number): Random {
  const key = sha256(new TextEncoder().encode(`depesche/seeded-random/1:${seed}`));
  let draws = 0;
  return {
    bytes(length) {
      assert(draws < Number.MAX_SAFE_INTEGER, 'a seed is good for 2^53 draws');
      const nonce = new Uint8Array(12);
      new DataView(nonce.buffer).setBigUint64(4, BigInt(draws++));
      const out = new Uint8Array(length);
      chacha20(key, nonce, new Uint8Array(length), out);
      return out;
    },
  };
}
