/** What logs are never changes, so it is kept at hand; the least recently used are forgotten. */
import type { Bytes } from '../src/lib/bytes';
import { ok } from '../src/lib/result';
import { mapKeyOf } from './hashes';
import type { LogFacts, LogStore, StoreResult } from './stores/logStore';

const KEPT = 50_000;

export class FactsCache {
  readonly #store: LogStore;
  readonly #facts = new Map<string, LogFacts>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** At hand, or undefined without asking the store. */
  peek(log: Bytes): LogFacts | undefined {
    return this.#facts.get(mapKeyOf(log));
  }

  /** In the order asked; undefined for a log that does not exist. */
  async all(logs: readonly Bytes[]): Promise<StoreResult<readonly (LogFacts | undefined)[]>> {
    const missing = logs.filter((log) => this.peek(log) === undefined);
    const fetched = new Map<string, LogFacts>();
    if (missing.length > 0) {
      const described = await this.#store.describe(missing);
      if (!described.ok) return described;
      for (const facts of described.value) if (facts !== undefined) fetched.set(mapKeyOf(facts.log), facts);
    }
    return ok(
      logs.map((log) => {
        const key = mapKeyOf(log);
        const facts = this.#facts.get(key) ?? fetched.get(key);
        if (facts !== undefined) this.#keep(key, facts);
        return facts;
      }),
    );
  }

  forget(log: Bytes): void {
    this.#facts.delete(mapKeyOf(log));
  }

  #keep(key: string, facts: LogFacts): void {
    this.#facts.delete(key);
    this.#facts.set(key, facts);
    if (this.#facts.size <= KEPT) return;
    for (const oldest of this.#facts.keys()) {
      this.#facts.delete(oldest);
      return;
    }
  }
}
