/**
 * The durable half of the memory vault: what would lie on the disk. Any number of vaults may be opened
 * over one store, as tabs are over one database. A restart is a new vault over the old store, a crash
 * is `crash`, a copied or rolled-back profile is `snapshot` and `fromSnapshot`.
 *
 * Relaxed batches are undone as a suffix: a strict batch makes everything before it durable, as one
 * flush of a write-ahead log does. Only the last `MAX_UNSYNCED` relaxed ones can be lost; platforms
 * flush now and then without being asked.
 */
import { copyBytes, type Bytes } from '../lib/bytes';
import {
  VAULT_STORES,
  type VaultBatch,
  type VaultFence,
  type VaultKey,
  type VaultRange,
  type VaultRefusal,
  type VaultRow,
  type VaultStore,
} from './vault';
import { SortedRows } from './sortedRows';
import { touchedByWrites, type TouchedRange } from './vaultKeys';

const MAX_UNSYNCED = 256;

type Undo = () => void;
export interface StoreListener {
  onWritten(touched: readonly TouchedRange[]): void;
  onRefused(refusal: VaultRefusal): void;
  /** This handle is dead. */
  onGone(how: 'crashed' | 'erased'): void;
}

/** An opaque copy; it shares nothing that changes. */
export interface MemorySnapshot {
  readonly state: StoreState;
}

interface StoreState {
  readonly rows: Readonly<Record<VaultStore, SortedRows>>;
  readonly versions: Map<number, number>;
  term: number;
  lastIntent: number;
  sealKey: CryptoKey | undefined;
}

export class MemoryStore {
  #state: StoreState;
  #unsynced: Undo[][] = [];
  #revision = 0;
  readonly #listeners = new Set<StoreListener>();

  constructor(snapshot?: MemorySnapshot) {
    this.#state = snapshot === undefined ? emptyState() : copyState(snapshot.state);
  }

  static fromSnapshot(snapshot: MemorySnapshot): MemoryStore {
    return new MemoryStore(snapshot);
  }

  /** Everything written so far, flushed or not. */
  snapshot(): MemorySnapshot {
    return { state: copyState(this.#state) };
  }

  /** How many of the last batches a crash now could lose. */
  get unsynced(): number {
    return this.#unsynced.length;
  }

  /** Rises with every batch. */
  get revision(): number {
    return this.#revision;
  }

  /** Kills every open handle; the last `lose` batches that were not yet flushed are undone. */
  crash(lose = 0): void {
    for (const batch of this.#unsynced.splice(Math.max(0, this.#unsynced.length - lose)).reverse()) {
      for (const undo of batch.reverse()) undo();
    }
    this.#unsynced = [];
    this.#end('crashed');
  }

  erase(): void {
    this.#state = emptyState();
    this.#unsynced = [];
    this.#end('erased');
  }

  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** V5: somebody's write was not taken. */
  refused(refusal: VaultRefusal): void {
    for (const listener of [...this.#listeners]) listener.onRefused(refusal);
  }

  get(store: VaultStore, key: VaultKey): Bytes | undefined {
    const value = this.#state.rows[store].get(key);
    return value === undefined ? undefined : copyBytes(value);
  }

  range(store: VaultStore, range: VaultRange): readonly VaultRow[] {
    return this.#state.rows[store].range(range).map(({ key, value }) => ({ key, value: copyBytes(value) }));
  }

  logVersion(log: number): number {
    return this.#state.versions.get(log) ?? 0;
  }

  /** V3. */
  holds(fence: VaultFence): boolean {
    return (
      fence.term === this.#state.term &&
      (fence.log === undefined || fence.log.version === this.logVersion(fence.log.number))
    );
  }

  /** V1: nothing in here waits or fails. The caller has checked the fence in the same step. */
  apply({ writes, fence, strict }: VaultBatch): void {
    const undo: Undo[] = [];
    const state = this.#state;
    for (const write of writes) {
      const rows = state.rows[write.store];
      if ('value' in write) {
        const { key, value } = write;
        const before = rows.get(key);
        undo.push(before === undefined ? () => rows.deleteRange(key, key) : () => rows.put(key, before));
        rows.put([key[0], key[1]], copyBytes(value));
      } else {
        const { from, to } =
          'deleteRange' in write ? write.deleteRange : { from: write.delete, to: write.delete };
        const removed = rows.deleteRange(from, to);
        undo.push(() => removed.forEach(({ key, value }) => rows.put(key, value)));
      }
    }
    if (fence?.log !== undefined) {
      const { number, version } = fence.log;
      state.versions.set(number, version + 1);
      undo.push(() => (version === 0 ? state.versions.delete(number) : state.versions.set(number, version)));
    }
    this.#written(strict === true ? undefined : undo, touchedByWrites(writes));
  }

  addIntent(value: Bytes): number {
    const number = ++this.#state.lastIntent;
    this.apply({ writes: [{ store: 'intents', key: [number, 0], value }], strict: true });
    return number;
  }

  raiseTerm(): number {
    this.#written(undefined, []);
    return ++this.#state.term;
  }

  /** The first of two tabs wins. */
  keepSealKey(key: CryptoKey): CryptoKey {
    this.#written(undefined, []);
    return (this.#state.sealKey ??= key);
  }

  get sealKey(): CryptoKey | undefined {
    return this.#state.sealKey;
  }

  #written(undo: Undo[] | undefined, touched: readonly TouchedRange[]): void {
    this.#revision++;
    if (undo === undefined) this.#unsynced = [];
    else if (this.#unsynced.push(undo) > MAX_UNSYNCED) this.#unsynced.shift();
    for (const listener of [...this.#listeners]) listener.onWritten(touched);
  }

  #end(how: 'crashed' | 'erased'): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onGone(how);
  }
}

function emptyState(): StoreState {
  return {
    rows: recordOfStores(() => new SortedRows()),
    versions: new Map(),
    term: 0,
    lastIntent: 0,
    sealKey: undefined,
  };
}

function copyState(state: StoreState): StoreState {
  return {
    ...state,
    rows: recordOfStores((store) => state.rows[store].copy()),
    versions: new Map(state.versions),
  };
}

function recordOfStores<T>(make: (store: VaultStore) => T): Record<VaultStore, T> {
  // Complete because VAULT_STORES is every VaultStore; Object.fromEntries cannot say so.
  return Object.fromEntries(VAULT_STORES.map((store) => [store, make(store)])) as Record<VaultStore, T>;
}
