/**
 * One log at work: catches up, sends what waits, keeps its group right. It does one thing at a time:
 * `decide` says which (SPEC S1–S6), a file of `steps/` carries it out at the `LogDesk`. Here is only what
 * the engine tells the runner, and the loop.
 */
import type { Bytes } from '../lib/bytes';
import { devicesOfAt } from '../domain/directory';
import { isOutvoted } from '../domain/fork';
import type { LogId } from '../domain/ids';
import type { StoredEnvelope } from '../protocol/frames';
import { seqOfOrder } from '../records/keys';
import type { Progress } from '../records/logRecords';
import type { VaultWrite } from '../vault/vault';
import { decide, type Decision, type GroupSituation, type LogSituation, type Step } from './decide';
import { correctionWait, isLeafOld } from './commitLoop';
import { freshMemory, LogDesk, LONGEST_RETRY_MS, type Refused } from './logDesk';
import type { LogState } from './logState';
import type { RunnerHost } from './runnerHost';
import { dueHere, makeCommit, submitCommit } from './steps/commit';
import { createLog } from './steps/createLog';
import { fly, seal } from './steps/flight';
import { isReceiptDue, sendReceipt, takeReceipts } from './steps/receipts';
import { readLog } from './steps/readLog';
import { sendMail, untoldWelcomes } from './steps/sendMail';
import { nextNews, takeNews } from './steps/take';

/** Clocks are set by less than this all the time. */
const CLOCK_STEP_MS = 1_000;

/** Each answers true when the next decision can follow at once. */
const STEPS: Readonly<Record<Step, (desk: LogDesk) => Promise<boolean>>> = {
  take: takeNews,
  read: readLog,
  create: createLog,
  fly,
  submit: submitCommit,
  correct: (desk) => makeCommit(desk, dueHere(desk)),
  renew: (desk) => makeCommit(desk, { add: [], remove: [] }),
  seal,
  mail: sendMail,
  'receipts-in': takeReceipts,
  'receipt-out': sendReceipt,
  lost: (desk) => desk.saveProgress({ trouble: 'needs-reentry' }),
};

export class LogRunner {
  readonly #desk: LogDesk;
  #isRunning = false;
  #isPoked = false;
  /** Who waits for the running step to end, to have the log for itself. */
  #waiting: (() => void)[] = [];
  #wake: { readonly time: number; readonly cancel: () => void } | undefined;

  constructor(host: RunnerHost, state: LogState, version: number) {
    const memory = freshMemory(seqOfOrder(state.progress.lastOrder, state.core.generation));
    this.#desk = new LogDesk(host, this, state, version, memory);
  }

  get state(): LogState {
    return this.#desk.state;
  }
  get log(): LogId {
    return this.state.core.log;
  }
  get isConversation(): boolean {
    return this.#desk.isConversation;
  }
  /** Out of the group, or of the order of its log: only a Welcome leads back. */
  get needsWelcome(): boolean {
    const { group, progress } = this.state;
    return (
      !progress.isMember ||
      (progress.isCreated && group === undefined) ||
      progress.trouble === 'needs-reentry' ||
      this.#isOutvoted
    );
  }
  /**
   * Why this device must be taken back (SPEC B1): the group is lost, or we were removed though we belong.
   * The latter may only mean that the Welcome is still on its way.
   */
  get lost(): 'group' | 'removed' | undefined {
    const { core, group, progress } = this.state;
    if (core.kind === 'mailbox' || !progress.isCreated) return undefined;
    if (!progress.isMember) return this.#belongs ? 'removed' : undefined;
    return group === undefined || progress.trouble === 'needs-reentry' || this.#isOutvoted
      ? 'group'
      : undefined;
  }
  get #belongs(): boolean {
    const { host, state } = this.#desk;
    const { device, person } = host.identity;
    if (state.fold.type === 'conversation' && state.fold.conversation.roster[person] === undefined)
      return false;
    const seq = state.fold.type === 'town' ? state.progress.cursor + 1 : host.town().seq;
    const directory = state.fold.type === 'town' ? state.fold.directory : host.directory();
    return devicesOfAt(directory, person, seq).some(({ facts }) => facts.id === device);
  }
  /** The relay has said where the log stands. */
  get isWatched(): boolean {
    return this.#desk.memory.isWatched;
  }
  get isCatchingUp(): boolean {
    const { memory, state } = this.#desk;
    if (!state.progress.isMember) return false;
    return memory.needsRead || memory.head > state.progress.cursor;
  }
  /** What the relay refuses for good, or what could not be sent. */
  get refusal(): Refused | undefined {
    return this.#desk.memory.refusal;
  }
  /** How often a read of the log was begun, and which of them last ended at its head. */
  get readsBegun(): number {
    return this.#desk.memory.readsBegun;
  }
  get readDone(): number {
    return this.#desk.memory.readDone;
  }

  // ---- what the engine tells it --------------------------------------------------------------

  stop(): void {
    this.#desk.isStopped = true;
    this.#wake?.cancel();
    for (const go of this.#waiting.splice(0)) go();
  }

  disconnected(): void {
    Object.assign(this.#desk.memory, {
      isWatched: false,
      isSubmitted: false,
      ahead: undefined,
      news: [],
      retries: 0,
      retryAt: 0,
      mailAt: 0,
      mailTries: 0,
    });
  }

  watched(head: number, slots: readonly (readonly [number, Bytes, Bytes])[]): void {
    const { memory } = this.#desk;
    memory.isWatched = true;
    if (memory.refusal === 'forbidden') this.#desk.showRefusal(undefined);
    memory.head = Math.max(memory.head, head);
    memory.isRolledBack = head < this.state.progress.cursor;
    if (memory.isRolledBack) this.#desk.markTrouble('forked');
    for (const [number, , value] of slots) memory.slots.push({ number, value });
    this.poke();
  }

  unknownAtRelay(): void {
    const { memory, host } = this.#desk;
    // A pass may be given back, a relay restored: what is refused today is asked for again.
    if (!this.state.progress.isCreated) memory.isWatched = true;
    else {
      this.#desk.showRefusal('forbidden');
      host.clock.after(LONGEST_RETRY_MS, () => {
        if (!this.#desk.isStopped && !memory.isWatched) host.watch(this);
      });
    }
    this.poke();
  }

  /** Empty: there was too much to push, read again. */
  news(envelopes: readonly StoredEnvelope[]): void {
    const { memory, state } = this.#desk;
    if (!state.progress.isMember) return;
    if (envelopes.length === 0) memory.needsRead = true;
    memory.news.push(...envelopes);
    memory.head = Math.max(memory.head, envelopes.at(-1)?.[0] ?? 0);
    this.poke();
  }

  slot(number: number, value: Bytes): void {
    this.#desk.memory.slots.push({ number, value });
    this.poke();
  }

  /** The town's log has moved on, or has been read to its head. */
  townAdvanced(): void {
    const { memory, host } = this.#desk;
    const waits = memory.waitsForTown;
    if (waits !== undefined) {
      const town = host.town();
      // Only a read that began after the commit was seen proves that the position does not exist.
      const isFresh = town.readDone > waits.reads;
      const isSure = town.sureUpTo === town.seq || waits.position <= town.sureUpTo;
      if (isSure && (town.seq >= waits.position || isFresh)) {
        memory.townReadFor = waits.seq;
        memory.waitsForTown = undefined;
        memory.needsRead = true;
      }
    }
    this.poke();
  }

  /** Reads to the head, though nothing says that there is news. */
  refresh(): void {
    this.#desk.memory.needsRead = true;
    this.poke();
  }

  causedChange(): void {
    this.#desk.memory.isOwnChange = true;
    this.#desk.memory.correctAt = undefined;
    this.poke();
  }

  // ---- the loop --------------------------------------------------------------------------------

  poke(): void {
    this.#isPoked = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isPoked && !this.#desk.isStopped) {
      this.#isPoked = false;
      for (;;) {
        const step = this.#decide();
        if (step === 'none' || this.#desk.isStopped || !(await this.#attempt(step))) break;
        if (this.#waiting.length > 0) break;
      }
      if (this.#waiting.length > 0) break;
    }
    this.#giveWay();
  }

  /** To whoever has waited longest for the step to end; `release` goes on with what is left. */
  #giveWay(): void {
    const next = this.#waiting.shift();
    this.#isRunning = next !== undefined;
    next?.();
  }

  /** A clock that was set back would make waits of seconds last for hours. */
  #noticeClock(): void {
    const { memory, now } = this.#desk;
    if (now < memory.decidedAt - CLOCK_STEP_MS)
      Object.assign(memory, {
        retryAt: 0,
        commitAt: 0,
        sealAt: 0,
        mailAt: 0,
        correctAt: undefined,
        orphansAt: undefined,
        receiptAt: undefined,
        suspectSince: undefined,
      });
    memory.decidedAt = now;
  }

  #decide(): Decision['step'] {
    this.#noticeClock();
    const decision = decide(this.#situation(), () => this.#groupSituation());
    if (decision.receiptAt !== undefined) this.#desk.memory.receiptAt = decision.receiptAt;
    if (decision.wakeAt !== undefined) this.wakeAt(decision.wakeAt);
    return decision.step;
  }

  #situation(): LogSituation {
    const { host, state, memory, now } = this.#desk;
    const { progress, pendingCommit } = state;
    return {
      now,
      isMember: progress.isMember,
      waitsForTown: memory.waitsForTown !== undefined,
      hasNextNews: nextNews(this.#desk) !== undefined,
      isOnline: host.relay.isOnline && memory.isWatched,
      needsReentry: progress.trouble === 'needs-reentry' || progress.isCopied,
      isReadable: isReadable(state),
      isEnded: this.isConversation && host.isEnded(),
      retryAt: memory.retryAt,
      isCreated: progress.isCreated,
      mayCreate: !progress.isCreated && host.mayCreate(this),
      isCatchingUp: this.isCatchingUp,
      isMailbox: state.core.kind === 'mailbox',
      isRolledBack: memory.isRolledBack,
      hasReceipts: memory.slots.length > 0,
      pendingCommit: pendingCommit === undefined ? 'none' : memory.isSubmitted ? 'submitted' : 'waiting',
      commitAt: memory.commitAt,
      hasUnacknowledged: state.flight?.envelopes.some(({ seq }) => seq === undefined) ?? false,
      isOutvoted: this.#isOutvoted,
      suspectSince: this.#suspectSince(),
      hasMails: state.followUps.mails.length > 0 || untoldWelcomes(this.#desk) !== undefined,
      mailAt: memory.mailAt,
    };
  }

  #suspectSince(): number | undefined {
    const { memory, now } = this.#desk;
    memory.suspectSince =
      this.state.progress.suspect === undefined ? undefined : (memory.suspectSince ?? now);
    return memory.suspectSince;
  }

  get #isOutvoted(): boolean {
    const { group, progress } = this.state;
    const { device } = this.#desk.host.identity;
    return isOutvoted(progress.fork, device, group?.leaves.map((leaf) => leaf.device) ?? []);
  }

  #groupSituation(): GroupSituation | undefined {
    const { host, state, memory, now, isConversation } = this.#desk;
    const { group, progress, pendingCommit, flight } = state;
    if (group === undefined) return undefined;
    const due = dueHere(this.#desk);
    if (memory.orphansAt !== undefined && memory.orphansAt > now) this.wakeAt(memory.orphansAt);
    if (due.add.length + due.remove.length > 0) {
      const { device } = host.identity;
      memory.correctAt ??= now + correctionWait(group, device, progress.cursor, memory.isOwnChange);
    } else {
      memory.correctAt = undefined;
      memory.isOwnChange = false;
    }
    return {
      now,
      due: { add: due.add.length, remove: due.remove.length, at: memory.correctAt ?? 0 },
      hasPendingCommit: pendingCommit !== undefined,
      commitAt: memory.commitAt,
      isFlying: flight !== undefined,
      hasWaiting: host.waitingIntents(state.number).length > 0,
      sealAt: memory.sealAt,
      isHeldBack: this.#isOutvoted || (isConversation && host.isRemovalWaiting()),
      isLeafOld: isLeafOld(group, progress.leafRenewedAt, now),
      isReceiptDue: isReceiptDue(this.#desk),
      receiptAt: memory.receiptAt,
    };
  }

  /** Decides again then, or before: the earliest of several wishes counts. */
  wakeAt(time: number): void {
    if (this.#wake !== undefined && this.#wake.time <= time) return;
    this.#wake?.cancel();
    const cancel = this.#desk.host.clock.after(Math.max(0, time - this.#desk.now), () => {
      this.#wake = undefined;
      this.poke();
    });
    this.#wake = { time, cancel };
  }

  /** A vault that does not answer (or a bug) ends the step, not the log: nothing of it was stored. */
  async #attempt(step: Step): Promise<boolean> {
    const desk = this.#desk;
    try {
      return await STEPS[step](desk);
    } catch {
      if (desk.isStopped) return false;
      desk.host.storageFailed('storage-failed');
      desk.memory.needsRead = true;
      // What documents took in during the step may not be in the vault.
      if (this.isConversation) await desk.host.documents.reset(this.state.number).catch(() => undefined);
      return desk.pause();
    }
  }

  // ---- between the steps -------------------------------------------------------------------------

  /** For changes that come from the screen: flags and what was read. */
  async update(change: Partial<Progress>, writes: readonly VaultWrite[] = []): Promise<boolean> {
    await this.hold();
    try {
      return await this.#desk.saveProgress(change, writes);
    } finally {
      this.release();
    }
  }

  /** Waits for the running step; then nothing runs any more, until `release`. */
  async hold(): Promise<void> {
    if (this.#isRunning && !this.#desk.isStopped)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isRunning = true;
  }

  release(): void {
    this.#giveWay();
    this.poke();
  }
}

/** Something of ours that was not written here stands in it, and it is still our epoch (SPEC I8, B7). */
function isReadable({ progress, group }: LogState): boolean {
  const isBesideCopy = progress.hasOther === true || progress.isCopied;
  return isBesideCopy && progress.skipped === undefined && group !== undefined;
}
