/**
 * The vault as everybody above sees it: six ordered stores of sealed bytes under number keys. It knows
 * no cipher and no meaning; rows arrive sealed (records/ does that). Two adapters keep it: Dexie in
 * the browser, memory in the seeded world.
 *
 * V1 A batch is written whole or not at all.
 * V2 `strict` batches are on disk before the promise resolves, as far as the platform can say.
 * V3 A batch with a fence is written only while its term is the latest taken and, when it names a
 *    log, while that log's version is the one it was computed from; it then raises the version by one.
 * V4 Observers hear of every batch of every tab, their own included, after it is written.
 * V5 Everybody who has it open hears of every write that it did not take, whoever asked for it: a full
 *    vault cannot hold the row that says so.
 */
import type { Bytes } from '../lib/bytes';
import type { Failure, Result } from '../lib/result';

export const VAULT_STORES = ['meta', 'intents', 'logs', 'rows', 'views', 'drafts'] as const;
export type VaultStore = (typeof VAULT_STORES)[number];

/** Ordered by the first number, then the second. Both are safe integers ≥ 0. */
export type VaultKey = readonly [number, number];

export interface VaultRow {
  readonly key: VaultKey;
  readonly value: Bytes;
}

/** Both ends are included. */
export interface VaultRange {
  readonly from: VaultKey;
  readonly to: VaultKey;
  readonly limit?: number;
  /** Highest key first. */
  readonly reverse?: boolean;
}

export type VaultWrite =
  | { readonly store: VaultStore; readonly key: VaultKey; readonly value: Bytes }
  | { readonly store: VaultStore; readonly delete: VaultKey }
  | { readonly store: VaultStore; readonly deleteRange: { readonly from: VaultKey; readonly to: VaultKey } };

export interface VaultFence {
  readonly term: number;
  readonly log?: { readonly number: number; readonly version: number };
}

export interface VaultBatch {
  readonly writes: readonly VaultWrite[];
  readonly fence?: VaultFence;
  readonly strict?: boolean;
}

export type VaultFailure = Failure & {
  readonly type: 'fenced' | 'storage-full' | 'storage-failed' | 'too-new';
};

/** The vault takes nothing at the moment; what was written before is there. */
export type VaultRefusal = 'storage-full' | 'storage-failed';

export interface VaultReader {
  get(store: VaultStore, key: VaultKey): Promise<Bytes | undefined>;
  range(store: VaultStore, range: VaultRange): Promise<readonly VaultRow[]>;
}

export interface Vault extends VaultReader {
  commit(batch: VaultBatch): Promise<Result<void, VaultFailure>>;
  /** Adds an intent under the next free number (first part of its key, second is 0); always strict. */
  addIntent(value: Bytes): Promise<Result<number, VaultFailure>>;
  /** A leader's first step: raises the term in a strict batch and answers it. */
  takeLead(): Promise<Result<number, VaultFailure>>;
  /** 0 for a log never written with a fence. */
  logVersion(log: number): Promise<number>;
  /**
   * Calls `onValue` with what `read` answers, now and after every batch that touches what it read.
   * `read` may await nothing but the reader (IndexedDB would commit under it). Returns the way to stop.
   */
  observe<T>(
    read: (reader: VaultReader) => Promise<T>,
    onValue: (value: T) => void,
    onError?: (failure: VaultFailure) => void,
  ): () => void;
  /** Calls back for each write refused from now on (V5); answers the way to stop. */
  observeRefusals(onRefused: (refusal: VaultRefusal) => void): () => void;
  /** The non-extractable key all rows are sealed with; made by `create` when the vault is new. */
  sealKey(create: () => Promise<CryptoKey>): Promise<Result<CryptoKey, VaultFailure>>;
  close(): void;
  /** Ends the vault for good: nothing of it stays on the device. */
  erase(): Promise<void>;
}
