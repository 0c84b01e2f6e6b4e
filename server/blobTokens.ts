/**
 * Short-lived bearer tokens for blobs over HTTP, each bound to the pass that asked for it over its
 * socket. Kept in memory: a restart ends them, and a device asks for another.
 */
import type { Bytes } from '../src/lib/bytes';
import { mapKeyOf, randomBytes } from './hashes';

export const BLOB_TOKEN_MS = 60 * 60 * 1000;
const MAX_TOKENS = 20_000;

export class BlobTokens {
  readonly #now: () => number;
  readonly #tokens = new Map<string, { readonly passKey: Bytes; readonly until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(passKey: Bytes): Bytes {
    const token = randomBytes(32);
    this.#tokens.set(mapKeyOf(token), { passKey, until: this.#now() + BLOB_TOKEN_MS });
    for (const [key, { until }] of this.#tokens) {
      if (until > this.#now() && this.#tokens.size <= MAX_TOKENS) break; // oldest first
      this.#tokens.delete(key);
    }
    return token;
  }

  passOf(token: Bytes): Bytes | undefined {
    const found = this.#tokens.get(mapKeyOf(token));
    return found !== undefined && found.until > this.#now() ? found.passKey : undefined;
  }
}
