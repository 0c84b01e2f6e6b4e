/**
 * What the relay keeps, as a port. A log is a row of sealed envelopes with contiguous numbers from 1;
 * beside it stand its last-value slots, the passes of the town, and a few facts of the database.
 *
 * `append(batch)` is the one atomic verb: whatever it answers is on disk, and the answer for one
 * request never depends on whether another one in the batch was bad. Readers are told heads, never
 * promises: a hint that is lost or doubled changes nothing, because every read is by number.
 *
 * The store judges order (stale, closed, full, doubled). It does not judge who may do what: keys,
 * passes and kinds are the relay's business.
 */
import type { Bytes } from '../../src/lib/bytes';
import type { Failure, Result } from '../../src/lib/result';
import { REFUSAL_THEN, type LogKind } from '../../src/protocol/words';

export type StoreRefusal =
  'unknown-log' | 'exists' | 'stale' | 'closed' | 'full' | 'rate' | 'busy' | 'storage' | 'forbidden';

export interface StoreFailure extends Failure {
  readonly type: StoreRefusal;
  /** stale: last commit; rate: wait in ms; else 0. */
  readonly value: number;
}

export type StoreResult<T> = Result<T, StoreFailure>;

export function storeFailure(type: StoreRefusal, value = 0): StoreFailure {
  return { type, then: REFUSAL_THEN[type], value };
}

/** Made once with the database. */
export interface StoreIdentity {
  /** New for every empty or restored database (16 bytes). */
  readonly incarnation: Bytes;
  /** Key of the pseudonyms under which passes appear in logs (32 bytes). */
  readonly pseudonymSecret: Bytes;
}

/** What a log is; it never changes after its creation. */
export interface LogFacts {
  readonly log: Bytes;
  readonly kind: LogKind;
  readonly readHash: Bytes;
  readonly writeHash: Bytes;
  readonly closeHash: Bytes;
}

export interface AppendRequest {
  readonly log: Bytes;
  /** The last commit the sender has processed. */
  readonly afterCommit: number;
  /** Of the pass that appends; empty without one. */
  readonly pseudonym: Bytes;
  readonly envelopes: readonly { readonly bytes: Bytes; readonly isCommit: boolean }[];
  /** Envelopes this log may hold at once. */
  readonly maxEnvelopes: number;
  /** Of these, by this pseudonym. */
  readonly maxOfPass: number;
  /** Milliseconds until the sender may commit again; 0 = now. */
  readonly commitWait: number;
  readonly at: number;
}

export interface Appended {
  readonly seq: number;
  readonly at: number;
  /** False for an envelope that was already there. */
  readonly isNew: boolean;
}

export interface AppendOutcome {
  /** A prefix of the request's envelopes. */
  readonly appended: readonly Appended[];
  /** Why the prefix ends before the list does. */
  readonly refused: StoreFailure | undefined;
  readonly lastCommit: number;
}

export interface StoredRow {
  readonly seq: number;
  readonly at: number;
  readonly pseudonym: Bytes;
  /** Empty when redacted. */
  readonly bytes: Bytes;
  readonly id: Bytes;
  readonly isCommit: boolean;
}

export interface LogState {
  readonly head: number;
  /** Lowest seq still stored; head + 1 when there is none. */
  readonly firstSeq: number;
  readonly lastCommit: number;
  readonly isClosed: boolean;
}

export interface ReadPage extends LogState {
  readonly envelopes: readonly StoredRow[];
}

export interface Slot {
  /** Counts the puts of a log. */
  readonly put: number;
  readonly slot: Bytes;
  readonly value: Bytes;
}

export interface WatchRequest {
  readonly log: Bytes;
  readonly afterPut: number;
}

export interface WatchState extends LogState {
  /** Those newer than asked, in the order they were put. */
  readonly slots: readonly Slot[];
  /** There was no room for this log's slots in this answer; ask for them alone. */
  readonly hasMoreSlots: boolean;
}

export interface Pass {
  readonly key: Bytes;
  readonly isAdmin: boolean;
}

export interface LogStore {
  readonly identity: StoreIdentity;

  /** Succeeds again for the same facts; `exists` for others. */
  create(facts: LogFacts): Promise<StoreResult<true>>;
  /** Undefined for a log that does not exist. */
  describe(logs: readonly Bytes[]): Promise<StoreResult<readonly (LogFacts | undefined)[]>>;
  append(batch: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  /** At most `maxBytes`, or one envelope. */
  read(log: Bytes, afterSeq: number, maxBytes: number): Promise<StoreResult<ReadPage>>;
  watch(requests: readonly WatchRequest[]): Promise<StoreResult<readonly (WatchState | undefined)[]>>;
  /** Answers the put's number. */
  put(log: Bytes, slot: Bytes, value: Bytes): Promise<StoreResult<number>>;
  closeLog(log: Bytes, at: number): Promise<StoreResult<true>>;
  /** `pseudonym`: only if this one appended it. A commit is never redacted: it would lock out those behind it. */
  redact(log: Bytes, seq: number, pseudonym: Bytes | undefined): Promise<StoreResult<true>>;
  /** Forgets envelopes up to `upTo`; numbers go on. */
  truncate(log: Bytes, upTo: number): Promise<StoreResult<true>>;
  /** Forgets up to `limit` envelopes and closed logs older than `before`; answers how many. */
  expire(before: number, limit: number): Promise<StoreResult<number>>;

  passes(): Promise<StoreResult<readonly Pass[]>>;
  /** `forbidden` when no admin would be left. */
  admit(passes: readonly Pass[]): Promise<StoreResult<true>>;
  revoke(keys: readonly Bytes[]): Promise<StoreResult<true>>;
  /** SHA-256 of the one-time set-up token; replaces the one before. */
  setClaimToken(hash: Bytes): Promise<StoreResult<true>>;
  /** Uses the token up and makes `key` an admin pass; false when it is not the token. */
  claim(hash: Bytes, key: Bytes): Promise<StoreResult<boolean>>;

  /** Writes a trifle durably: whether the store takes writes now. */
  probe(): Promise<StoreResult<true>>;
  end(): Promise<void>;
}

/** Rows that make one page: bytes as they travel, roughly. */
export const ROW_OVERHEAD_BYTES = 40;
export const ROWS_PER_PAGE = 8_192;
/** Slots of all logs in one answer to `watch`; at least one log's slots always fit. */
export const SLOTS_PER_WATCH = 500;
