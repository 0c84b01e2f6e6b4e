/**
 * What the steps of a runner work at: the log's state, how it is saved, and what is remembered between
 * steps only as long as the process lives. Whatever happens between two steps, the vault holds what the
 * next run needs.
 */
import type { Bytes } from '../lib/bytes';
import type { DeviceId } from '../domain/ids';
import { REFUSAL_THEN, type StoredEnvelope } from '../protocol/frames';
import { LIMITS } from '../protocol/limits';
import type { Progress } from '../records/logRecords';
import type { VaultWrite } from '../vault/vault';
import type { LogState } from './logState';
import type { LogRunner } from './logRunner';
import type { Receipt } from './receipts';
import type { RelayFailure } from './relayClient';
import type { RunnerChange, RunnerHost } from './runnerHost';
import { partWrites } from './saveLog';
import { withTrouble } from './sighting';
import type { AskedPage } from './steps/readLog';

/** How long the first wait is, and the longest; each one doubles the one before (SPEC S3). */
export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 30_000;
const LONGEST_ASKED_MS = 5 * 60_000;

/** `full`, `closed`: the log takes nothing; `forbidden`: not from us; `too-large`: an entry of ours was. */
export type Refused = 'full' | 'closed' | 'forbidden' | 'too-large';

interface StoredSlot {
  readonly number: number;
  readonly value: Bytes;
}

/** Lost with the process, and found again from the relay. Times in ms. */
export interface RunnerMemory {
  head: number;
  isWatched: boolean;
  needsRead: boolean;
  /** How much a read asks for: less after one that did not come through in time. */
  readBytes: number;
  /** The page behind the one that is being taken in. */
  ahead: AskedPage | undefined;
  isRolledBack: boolean;
  news: StoredEnvelope[];
  slots: StoredSlot[];
  /** The highest put that was looked at. */
  lastPut: number;
  /** Receipts that name a place we have not read yet. */
  readonly early: Map<DeviceId, { readonly slot: StoredSlot; readonly receipt: Receipt }>;
  /** Why the relay takes nothing of this log, or why we could not send something; shown. */
  refusal: Refused | undefined;
  retryAt: number;
  /** When the runner last decided, by its clock. */
  decidedAt: number;
  retries: number;
  /** What waits here was caused by this device: it corrects at once. */
  isOwnChange: boolean;
  correctAt: number | undefined;
  /** When newcomers that nobody can welcome any more, and that have not written, are to be added anew. */
  orphansAt: number | undefined;
  /** The commit at `seq` here names this position of the town's log. */
  waitsForTown: { readonly position: number; readonly seq: number; readonly reads: number } | undefined;
  /** The town was read to its head after the commit at this seq had been seen. */
  townReadFor: number | undefined;
  commitAt: number;
  commitTries: number;
  /** What was handed over and was not there is sealed again, later each time. */
  sealAt: number;
  sealTries: number;
  isSubmitted: boolean;
  /** Key packages (hex) no commit can be made with, and when that was judged. */
  readonly unfit: Map<string, number>;
  /** How often a read was begun, and which of them last ended at the log's head. */
  readsBegun: number;
  readDone: number;
  receiptAt: number | undefined;
  receiptTries: number;
  suspectSince: number | undefined;
  /** The last seq that brought something from somebody else. */
  foreignSeq: number;
  /** Undelivered mail waits by itself: a mailbox that never comes into being must not hold up the log. */
  mailAt: number;
  mailTries: number;
}

export function freshMemory(foreignSeq: number): RunnerMemory {
  return {
    head: 0,
    isWatched: false,
    needsRead: false,
    readBytes: LIMITS.readBytes,
    ahead: undefined,
    isRolledBack: false,
    news: [],
    slots: [],
    lastPut: 0,
    early: new Map(),
    refusal: undefined,
    retryAt: 0,
    decidedAt: 0,
    retries: 0,
    isOwnChange: false,
    correctAt: undefined,
    orphansAt: undefined,
    waitsForTown: undefined,
    townReadFor: undefined,
    commitAt: 0,
    commitTries: 0,
    sealAt: 0,
    sealTries: 0,
    isSubmitted: false,
    unfit: new Map(),
    readsBegun: 0,
    readDone: 0,
    receiptAt: undefined,
    receiptTries: 0,
    suspectSince: undefined,
    foreignSeq,
    mailAt: 0,
    mailTries: 0,
  };
}

export class LogDesk {
  readonly host: RunnerHost;
  readonly runner: LogRunner;
  readonly memory: RunnerMemory;
  state: LogState;
  isStopped = false;
  #version: number;

  constructor(host: RunnerHost, runner: LogRunner, state: LogState, version: number, memory: RunnerMemory) {
    this.host = host;
    this.runner = runner;
    this.state = state;
    this.memory = memory;
    this.#version = version;
  }

  get isConversation(): boolean {
    const { kind } = this.state.core;
    return kind === 'direct' || kind === 'group';
  }

  get now(): number {
    return this.host.clock.now();
  }

  // ---- saving ---------------------------------------------------------------------------------

  /** One fenced batch (SPEC I6). False when nothing was written: then nothing has happened. */
  async save(next: LogState, writes: readonly VaultWrite[], isStrict = false): Promise<boolean> {
    // Whoever was stopped has been replaced, or the session is over: nothing may be written over that.
    if (this.isStopped) return false;
    const { records, groups, term } = this.host;
    const parts = await partWrites(records, groups, this.state, next);
    const saved = await records.vault.commit({
      writes: [...parts, ...writes],
      fence: { term, log: { number: next.number, version: this.#version } },
      strict: isStrict,
    });
    if (!saved.ok) {
      this.host.storageFailed(saved.error.type);
      this.pause();
      return false;
    }
    this.#version += 1;
    this.state = next;
    return true;
  }

  async saveProgress(change: Partial<Progress>, writes: readonly VaultWrite[] = []): Promise<boolean> {
    const progress = { ...this.state.progress, ...change };
    const isSaved = await this.save({ ...this.state, progress }, writes);
    if (isSaved) this.tell({});
    return isSaved;
  }

  /** Tells the engine what has become different; nothing but the progress when nothing is named. */
  tell(change: Partial<Omit<RunnerChange, 'runner'>>): void {
    this.host.changed({
      items: [],
      foldChanged: false,
      groupChanged: false,
      documentsChanged: false,
      intentsDone: [],
      links: [],
      ...change,
      runner: this.runner,
    });
  }

  markTrouble(trouble: Progress['trouble']): void {
    const { progress } = this.state;
    if (withTrouble(progress, trouble) !== progress) void this.runner.update({ trouble });
  }

  // ---- failing and waiting ----------------------------------------------------------------------

  /** The relay has taken something of this log. */
  worked(): void {
    this.memory.retries = 0;
    if (this.memory.refusal !== 'too-large') this.showRefusal(undefined);
  }

  /** Waits longer each time, until something has worked. */
  pause(): false {
    const { memory } = this;
    memory.retryAt = this.now + waitOf(memory.retries);
    memory.retries = Math.min(memory.retries + 1, 10);
    this.runner.wakeAt(memory.retryAt);
    return false;
  }

  failed(failure: RelayFailure): false {
    if (failure.then !== 'retry') return this.#refusedForNow(failure.type);
    if (failure.type === 'rate') this.memory.retryAt = this.now + Math.max(50, askedWait(failure.number));
    else if (failure.type !== 'offline') return this.pause();
    this.runner.wakeAt(this.memory.retryAt);
    return false;
  }

  refused(refusal: RelayFailure['type'], number: number): boolean {
    if (refusal === 'stale') {
      this.memory.head = Math.max(this.memory.head, number);
      this.memory.needsRead = true;
      // It has a commit where we have read something else: this is not the log we have read (SPEC B1).
      const { lastCommit, cursor } = this.state.progress;
      if (number > lastCommit && number <= cursor) {
        this.markTrouble('needs-reentry');
        return false;
      }
      // A relay that says so falsely would otherwise keep us busy.
      if (number <= this.state.progress.lastCommit) return this.pause();
      return true;
    }
    const then = refusal in REFUSAL_THEN ? REFUSAL_THEN[refusal as keyof typeof REFUSAL_THEN] : 'retry';
    return this.failed({ type: refusal, then, number });
  }

  /** The relay said no, not "later": asked again, but seldom, and shown as long as it is so (SPEC S3). */
  #refusedForNow(refusal: RelayFailure['type']): false {
    this.memory.retryAt = this.now + LONGEST_RETRY_MS;
    this.runner.wakeAt(this.memory.retryAt);
    const isPlain = refusal === 'full' || refusal === 'closed' || refusal === 'too-large';
    this.showRefusal(isPlain ? refusal : 'forbidden');
    return false;
  }

  showRefusal(refusal: Refused | undefined): void {
    if (this.memory.refusal === refusal) return;
    this.memory.refusal = refusal;
    this.tell({});
  }

  /** Entries wait by themselves: a relay that never shows them must not make us flood the log. */
  pauseSealing(): true {
    const { memory } = this;
    memory.sealAt = this.now + waitOf(memory.sealTries);
    memory.sealTries = Math.min(memory.sealTries + 1, 10);
    return true;
  }

  /** Commits wait by themselves; messages go on meanwhile. */
  pauseCommits(atLeast: number): true {
    const { memory } = this;
    memory.commitAt = this.now + Math.max(askedWait(atLeast), waitOf(memory.commitTries));
    memory.commitTries = Math.min(memory.commitTries + 1, 10);
    return true;
  }
}

/** As long as the relay asks for, within reason: one that lies must not stop a log for years. */
export function askedWait(ms: number): number {
  return Math.min(ms, LONGEST_ASKED_MS);
}

export function waitOf(tries: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries);
}
