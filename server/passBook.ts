/**
 * The town's passes, in memory as they stand in the store. A pass is a relay key that an admin
 * admitted; what it may do is looked up at every request, so that admitting and revoking take
 * effect at once. Limit: one relay process per database; a second one would not hear of changes.
 */
import type { Bytes } from '../src/lib/bytes';
import { ok } from '../src/lib/result';
import { bytesOfMapKey, mapKeyOf } from './hashes';
import type { LogStore, Pass, StoreResult } from './stores/logStore';

export class PassBook {
  readonly #store: LogStore;
  /** Whether each is an admin's. Keys are kept as strings only: a small array costs five times as much. */
  readonly #passes = new Map<string, boolean>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  async load(): Promise<StoreResult<true>> {
    const passes = await this.#store.passes();
    if (!passes.ok) return passes;
    this.#passes.clear();
    this.#set(passes.value);
    return ok(true);
  }

  has(key: Bytes | undefined): boolean {
    return key !== undefined && this.#passes.has(mapKeyOf(key));
  }

  isAdmin(key: Bytes | undefined): boolean {
    return key !== undefined && this.#passes.get(mapKeyOf(key)) === true;
  }

  hasAdmin(): boolean {
    for (const isAdmin of this.#passes.values()) if (isAdmin) return true;
    return false;
  }

  all(): readonly Pass[] {
    return [...this.#passes].map(([key, isAdmin]) => ({ key: bytesOfMapKey(key), isAdmin }));
  }

  async admit(passes: readonly Pass[]): Promise<StoreResult<true>> {
    const done = await this.#store.admit(passes);
    if (done.ok) this.#set(passes);
    return done;
  }

  async revoke(keys: readonly Bytes[]): Promise<StoreResult<true>> {
    const done = await this.#store.revoke(keys);
    if (done.ok) for (const key of keys) this.#passes.delete(mapKeyOf(key));
    return done;
  }

  /** False when the token is not the one that was printed, or was used. */
  async claim(tokenHash: Bytes, key: Bytes): Promise<StoreResult<boolean>> {
    const done = await this.#store.claim(tokenHash, key);
    if (done.ok && done.value) this.#set([{ key, isAdmin: true }]);
    return done;
  }

  #set(passes: readonly Pass[]): void {
    for (const { key, isAdmin } of passes) this.#passes.set(mapKeyOf(key), isAdmin);
  }
}
