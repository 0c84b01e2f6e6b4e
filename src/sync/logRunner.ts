/**
 * One log at work: catches up, sends what waits, keeps its group right. It does one thing at a time and
 * `decide` says which (SPEC S1–S6); everything else here carries the decision out. Whatever happens to
 * the process between two steps, the vault holds what the next run needs.
 */
import { bytesToHex, type Bytes } from '../lib/bytes';
import type { Clock } from '../lib/services';
import type { GroupCrypto, GroupSelf } from '../crypto/group';
import type { Directory } from '../domain/directory';
import type { Correction } from '../domain/target';
import type { DeviceId, EntryId, LogId, PersonId } from '../domain/ids';
import { idToBytes } from '../domain/ids';
import {
  OP,
  appendResult,
  doneResult,
  readResult,
  type LogKind,
  LOG_KINDS,
  type StoredEnvelope,
} from '../protocol/frames';
import { LIMITS } from '../protocol/limits';
import { sha256 } from '../crypto/hash';
import { documentRowKey, logKey, rowKey, seqOfOrder, type LogPart } from '../records/keys';
import type { EntryIntent, Flight, FlightEnvelope, Progress, TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import { addToTimeline } from '../records/timelineRows';
import type { VaultWrite } from '../vault/vault';
import { correctionWait, dueCorrection, isLeafOld, prepareCommit, unfitPackages } from './commitLoop';
import { prepareFlight, type WaitingIntent } from './flight';
import { ingest, type DocumentChange, type Ingested } from './ingest';
import type { Group, LogState } from './logState';
import { welcomeMails } from './welcomeMails';
import { openReceipt, receiptSlot, sealReceipt } from './receipts';
import type { RelayClient, RelayFailure } from './relayClient';
import { stateHash } from './snapshot';

export interface DocumentGate {
  /** Has the documents of a log at hand, so that `accept` need not wait. */
  prepare(log: number): Promise<void>;
  accept(log: number, change: DocumentChange): boolean;
  /** What was accepted since could not be stored: forget and rebuild from the vault. */
  reset(log: number): Promise<void>;
  states(log: number): Promise<Readonly<Record<string, Bytes>>>;
}

export interface RunnerChange {
  readonly runner: LogRunner;
  readonly items: readonly TimelineRecord[];
  readonly foldChanged: boolean;
  readonly groupChanged: boolean;
  readonly documentsChanged: boolean;
  readonly intentsDone: readonly number[];
  readonly links: readonly (readonly [seq: number, chain: Bytes])[];
}

export interface ReceivedMail {
  readonly writes: readonly VaultWrite[];
  /** To be called once that is written. */
  readonly done: () => Promise<void>;
}

/** What a runner needs from the engine around it. */
export interface RunnerHost {
  readonly clock: Clock;
  readonly groups: GroupCrypto;
  readonly records: SealedRecords;
  readonly term: number;
  readonly self: GroupSelf;
  readonly identity: { readonly device: DeviceId; readonly person: PersonId };
  readonly relay: RelayClient;
  readonly documents: DocumentGate;
  directory(): Directory;
  town(): {
    readonly seq: number;
    readonly chain: Bytes;
    /** Reads begun so far, and the latest of them that ended at the log's head. */
    readonly readsBegun: number;
    readonly readDone: number;
    readonly since: number;
    linkAt(seq: number): Bytes | undefined;
  };
  waitingIntents(log: number): readonly WaitingIntent[];
  /** An own intent was given its counter, or its acknowledgement. */
  intentChanged(number: number, intent: EntryIntent): void;
  addEntry(log: number, body: EntryIntent['body']): Promise<void>;
  /** A removal from the town that was asked for here is not in its log yet. */
  isRemovalWaiting(): boolean;
  /** A direct conversation may live only under the pair's first claim. */
  mayCreate(runner: LogRunner): boolean;
  /** Mail of the own mailbox: what it writes, and what to do once that is written. */
  receiveMail(seq: number, envelope: Bytes): Promise<ReceivedMail>;
  changed(change: RunnerChange): void;
  needTown(): void;
  /** A log has been read to its head. */
  readToHead(runner: LogRunner): void;
  watch(runner: LogRunner): void;
  storageFailed(type: 'fenced' | 'storage-full' | 'storage-failed' | 'too-new'): void;
}

type Action =
  | 'take'
  | 'read'
  | 'create'
  | 'fly'
  | 'submit'
  | 'correct'
  | 'renew'
  | 'seal'
  | 'mail'
  | 'receipts-in'
  | 'receipt-out'
  | 'none';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const RECEIPT_DELAY_MS = 150;
const INGEST_BATCH = 512;
/** One append stays far below the relay's largest frame, and passes a slow line before the answer is due. */
const APPEND_BYTES = 256 * 1024;

export class LogRunner {
  state: LogState;
  readonly #host: RunnerHost;
  #version: number;
  #head = 0;
  #isWatched = false;
  #needsRead = false;
  #news: StoredEnvelope[] = [];
  #slots: { readonly number: number; readonly value: Bytes }[] = [];
  #isRunning = false;
  #isPoked = false;
  #isStopped = false;
  #retryAt = 0;
  #retries = 0;
  #wake: { readonly time: number; readonly cancel: () => void } | undefined;
  #isOwnChange = false;
  #correctAt: number | undefined;
  /** The commit at `seq` here names this position of the town's log. */
  #waitsForTown: { readonly position: number; readonly seq: number; readonly reads: number } | undefined;
  /** The town was read to its head after the commit at this seq had been seen. */
  #townReadFor: number | undefined;
  #commitAt = 0;
  #commitTries = 0;
  /** Key packages (hex) no commit can be made with. */
  readonly #unfit = new Set<string>();
  #readsBegun = 0;
  #readDone = 0;
  #isSubmitted = false;
  #isRolledBack = false;
  #receiptAt: number | undefined;
  #foreignSeq: number;
  /** Undelivered mail waits by itself: a mailbox that never comes into being must not hold up the log. */
  #mailAt = 0;
  #mailTries = 0;

  constructor(host: RunnerHost, state: LogState, version: number) {
    this.#host = host;
    this.state = state;
    this.#version = version;
    this.#foreignSeq = seqOfOrder(state.progress.lastOrder);
  }

  get log(): LogId {
    return this.state.core.log;
  }
  get isConversation(): boolean {
    return this.state.core.kind === 'direct' || this.state.core.kind === 'group';
  }
  /** Out of the group, or of the order of its log: only a Welcome leads back. */
  get needsWelcome(): boolean {
    const { group, progress } = this.state;
    return (
      !progress.isMember ||
      (progress.isCreated && group === undefined) ||
      progress.trouble === 'needs-reentry'
    );
  }
  get isCatchingUp(): boolean {
    if (!this.state.progress.isMember) return false;
    return this.#needsRead || this.#head > this.state.progress.cursor;
  }

  // ---- what the engine tells it --------------------------------------------------------------

  stop(): void {
    this.#isStopped = true;
    this.#wake?.cancel();
  }

  disconnected(): void {
    this.#isWatched = false;
    this.#isSubmitted = false;
    this.#news = [];
    this.#retries = 0;
    this.#retryAt = 0;
    this.#mailAt = 0;
    this.#mailTries = 0;
  }

  watched(head: number, slots: readonly (readonly [number, Bytes, Bytes])[]): void {
    this.#isWatched = true;
    this.#head = Math.max(this.#head, head);
    this.#isRolledBack = head < this.state.progress.cursor;
    if (this.#isRolledBack) this.#markTrouble('forked');
    for (const [number, , value] of slots) this.#slots.push({ number, value });
    this.poke();
  }

  unknownAtRelay(): void {
    // A pass may be given back, a relay restored: what is refused today is asked for again.
    if (!this.state.progress.isCreated) this.#isWatched = true;
    else
      this.#host.clock.after(LONGEST_RETRY_MS, () => {
        if (!this.#isStopped && !this.#isWatched) this.#host.watch(this);
      });
    this.poke();
  }

  /** Empty: there was too much to push, read again. */
  news(envelopes: readonly StoredEnvelope[]): void {
    if (!this.state.progress.isMember) return;
    if (envelopes.length === 0) this.#needsRead = true;
    this.#news.push(...envelopes);
    this.#head = Math.max(this.#head, envelopes.at(-1)?.[0] ?? 0);
    this.poke();
  }

  slot(number: number, value: Bytes): void {
    this.#slots.push({ number, value });
    this.poke();
  }

  /** The town's log has moved on, or has been read to its head. */
  townAdvanced(): void {
    const waits = this.#waitsForTown;
    if (waits !== undefined) {
      const town = this.#host.town();
      // Only a read that began after the commit was seen proves that the position does not exist.
      const isFresh = town.readDone > waits.reads;
      if (town.seq >= waits.position || isFresh) {
        this.#townReadFor = waits.seq;
        this.#waitsForTown = undefined;
        this.#needsRead = true;
      }
    }
    this.poke();
  }

  /** Reads to the head, though nothing says that there is news. */
  refresh(): void {
    this.#needsRead = true;
    this.poke();
  }

  /** How often the log has been read to its head. */
  get readsBegun(): number {
    return this.#readsBegun;
  }
  get readDone(): number {
    return this.#readDone;
  }

  causedChange(): void {
    this.#isOwnChange = true;
    this.#correctAt = undefined;
    this.poke();
  }

  poke(): void {
    this.#isPoked = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isPoked && !this.#isStopped) {
      this.#isPoked = false;
      for (;;) {
        const action = this.#decide();
        if (action === 'none' || this.#isStopped || !(await this.#attempt(action))) break;
      }
    }
    this.#isRunning = false;
  }

  /** SPEC S1. The order of the lines is the order of importance; each line is one state of the log. */
  #decide(): Action {
    const { state } = this;
    const now = this.#host.clock.now();
    const isOnline = this.#host.relay.isOnline && this.#isWatched;
    // Nothing of what follows a removal is ours to read.
    if (this.#waitsForTown !== undefined || !state.progress.isMember) return 'none';
    if (this.#nextNews() !== undefined) return 'take';
    if (!isOnline) return 'none';
    if (state.progress.trouble === 'needs-reentry') return 'none';
    if (now < this.#retryAt) return this.#wakeAt(this.#retryAt);
    if (!state.progress.isCreated) return this.#host.mayCreate(this) ? 'create' : 'none';
    if (this.isCatchingUp) return 'read';
    // protocol.md 7: to a relay that has lost what we have read nothing is handed over.
    if (state.core.kind === 'mailbox' || this.#isRolledBack) return 'none';
    if (this.#slots.length > 0) return 'receipts-in';
    if (state.pendingCommit !== undefined) {
      if (this.#isSubmitted) return 'none';
      if (now >= this.#commitAt) return 'submit';
      this.#wakeAt(this.#commitAt);
    }
    if (state.flight?.envelopes.some((envelope) => envelope.seq === undefined)) return 'fly';
    if (state.followUps.mails.length > 0) {
      if (now >= this.#mailAt) return 'mail';
      this.#wakeAt(this.#mailAt);
    }
    return this.#decideInGroup(now);
  }

  #decideInGroup(now: number): Action {
    const { group, flight } = this.state;
    if (group === undefined || !this.state.progress.isMember) return 'none';
    const due = this.#dueCorrection();
    if (due.add.length + due.remove.length > 0) {
      this.#correctAt ??=
        now +
        correctionWait(group, this.#host.identity.device, this.state.progress.cursor, this.#isOwnChange);
      if (this.state.pendingCommit === undefined && now >= Math.max(this.#correctAt, this.#commitAt))
        return 'correct';
      this.#wakeAt(Math.max(this.#correctAt, this.#commitAt));
      // SPEC G10: nothing is sealed to somebody whose removal is known.
      if (due.remove.length > 0) return 'none';
    } else {
      this.#correctAt = undefined;
      this.#isOwnChange = false;
    }
    const isWaiting = flight === undefined && this.#host.waitingIntents(this.state.number).length > 0;
    if (isWaiting && !(this.isConversation && this.#host.isRemovalWaiting()))
      return this.#isRenewalDue(group, now) ? 'renew' : 'seal';
    if (this.#receiptAt !== undefined || this.#isReceiptDue()) {
      this.#receiptAt ??= now + RECEIPT_DELAY_MS;
      return now >= this.#receiptAt ? 'receipt-out' : this.#wakeAt(this.#receiptAt);
    }
    return 'none';
  }

  #isRenewalDue(group: Group, now: number): boolean {
    if (this.state.pendingCommit !== undefined || now < this.#commitAt) return false;
    return isLeafOld(group, this.state.progress.leafRenewedAt, now);
  }

  /** Without the devices whose key packages cannot be used: they must not hold up the others. */
  #dueCorrection(): Correction {
    const due = dueCorrection(this.state, this.#host.directory(), this.#host.town().seq);
    return { ...due, add: due.add.filter((device) => !this.#unfit.has(bytesToHex(device.facts.keyPackage))) };
  }

  /** Decides again then, or before: the earliest of several wishes counts. */
  #wakeAt(time: number): 'none' {
    if (this.#wake !== undefined && this.#wake.time <= time) return 'none';
    this.#wake?.cancel();
    const cancel = this.#host.clock.after(Math.max(0, time - this.#host.clock.now()), () => {
      this.#wake = undefined;
      this.poke();
    });
    this.#wake = { time, cancel };
    return 'none';
  }

  /** A vault that does not answer (or a bug) ends the step, not the log: nothing of it was stored. */
  async #attempt(action: Exclude<Action, 'none'>): Promise<boolean> {
    try {
      return await this.#carryOut(action);
    } catch {
      if (this.#isStopped) return false;
      this.#host.storageFailed('storage-failed');
      this.#needsRead = true;
      // What documents took in during the step may not be in the vault.
      if (this.isConversation) await this.#host.documents.reset(this.state.number).catch(() => undefined);
      return this.#pause();
    }
  }

  /** True when the next decision can follow at once. */
  #carryOut(action: Exclude<Action, 'none'>): Promise<boolean> {
    switch (action) {
      case 'take':
        return this.#take(this.#takeNews());
      case 'read':
        return this.#read();
      case 'create':
        return this.#create();
      case 'fly':
        return this.#fly();
      case 'submit':
        return this.#submit();
      case 'correct':
        return this.#commit(this.#dueCorrection());
      case 'renew':
        return this.#commit({ add: [], remove: [] });
      case 'seal':
        return this.#seal();
      case 'mail':
        return this.#mail();
      case 'receipts-in':
        return this.#receiptsIn();
      case 'receipt-out':
        return this.#receiptOut();
    }
  }

  // ---- in ------------------------------------------------------------------------------------

  #nextNews(): StoredEnvelope | undefined {
    const { cursor } = this.state.progress;
    while ((this.#news[0]?.[0] ?? Infinity) <= cursor) this.#news.shift();
    const next = this.#news[0];
    return next !== undefined && next[0] === cursor + 1 ? next : undefined;
  }

  #takeNews(): readonly StoredEnvelope[] {
    const taken = this.#news.slice(0, INGEST_BATCH);
    this.#news = this.#news.slice(taken.length);
    return taken;
  }

  async #read(): Promise<boolean> {
    const { core, progress } = this.state;
    const read = ++this.#readsBegun;
    // Before the request: what is asked for meanwhile is another read.
    this.#needsRead = false;
    const answer = await this.#host.relay.request(
      [OP.read, idToBytes(core.log), core.readKey, progress.cursor, LIMITS.readBytes],
      readResult,
    );
    if (!answer.ok) {
      this.#needsRead = true;
      return this.#failed(answer.error);
    }
    const [envelopes, head, firstSeq] = answer.value;
    this.#head = Math.max(head, this.#news.at(-1)?.[0] ?? 0);
    if (head < progress.cursor) {
      this.#isRolledBack = true;
      this.#markTrouble('forked');
      return false;
    }
    if (firstSeq > progress.cursor + 1 && head > progress.cursor && core.kind === 'mailbox') {
      const passed = { ...this.state, progress: { ...progress, cursor: firstSeq - 1 } };
      if (!(await this.#save(passed, []))) return false;
    } else if (firstSeq > progress.cursor + 1 && head > progress.cursor) {
      this.#markTrouble('needs-reentry');
      return false;
    }
    this.#retries = 0;
    for (let at = 0; at < envelopes.length; at += INGEST_BATCH) {
      if (!(await this.#take(envelopes.slice(at, at + INGEST_BATCH)))) return false;
    }
    if (this.state.progress.cursor >= head) {
      this.#readDone = read;
      this.#host.readToHead(this);
      return this.#forgetFalseAcks();
    }
    if (this.state.progress.cursor > progress.cursor) return true;
    // More is promised than is shown: what was pushed beyond it can wait as well.
    this.#news = [];
    return this.#pause();
  }

  /** Read to the head: what was acknowledged but is not there was never handed over, and leaves again. */
  async #forgetFalseAcks(): Promise<boolean> {
    const { flight, pendingCommit, number } = this.state;
    const isCommitLost = this.#isSubmitted && pendingCommit !== undefined;
    this.#isSubmitted = false;
    const lost = new Set(flight?.envelopes.flatMap(({ seq, intents }) => (seq === undefined ? [] : intents)));
    if (flight === undefined || lost.size === 0) return isCommitLost ? this.#pause() : true;
    const envelopes = flight.envelopes.map((envelope) => ({ ...envelope, seq: undefined }));
    const intents = this.#host
      .waitingIntents(number)
      .flatMap((waiting) =>
        lost.has(waiting.number) ? { ...waiting, intent: { ...waiting.intent, seq: undefined } } : [],
      );
    const writes = await Promise.all(
      intents.map((one) => this.#host.records.putIntent(one.number, one.intent)),
    );
    if (!(await this.#save({ ...this.state, flight: { ...flight, envelopes } }, writes))) return false;
    for (const one of intents) this.#host.intentChanged(one.number, one.intent);
    return this.#pause();
  }

  async #take(envelopes: readonly StoredEnvelope[]): Promise<boolean> {
    if (envelopes.length === 0) return true;
    return this.state.core.kind === 'mailbox' ? this.#takeMail(envelopes) : this.#takeEnvelopes(envelopes);
  }

  async #takeEnvelopes(envelopes: readonly StoredEnvelope[]): Promise<boolean> {
    const host = this.#host;
    const intents = new Map<EntryId, number>(
      host.waitingIntents(this.state.number).map(({ number, intent }) => [intent.entry, number]),
    );
    const before = this.state.group;
    const result = await ingest(
      {
        groups: host.groups,
        self: host.identity,
        directory: host.directory(),
        town: host.town(),
        townReadFor: this.#townReadFor,
        now: host.clock.now(),
        intents,
        prepareDocuments: () => host.documents.prepare(this.state.number),
        acceptDocument: (change) => host.documents.accept(this.state.number, change),
      },
      this.state,
      envelopes,
    );
    const timeline = this.isConversation
      ? await addToTimeline(host.records, this.state.number, this.state.progress.tail, result.items)
      : { writes: [], tail: [] };
    const documents = await Promise.all(
      result.documents.map((change) =>
        host.records.put('rows', documentRowKey(this.state.number, change.order), change),
      ),
    );
    const links =
      this.state.core.kind === 'town'
        ? await Promise.all(
            result.links.map(([seq, link]) => host.records.put('rows', rowKey(this.state.number, seq), link)),
          )
        : [];
    const done = result.doneIntents.map((number): VaultWrite => ({ store: 'intents', delete: [number, 0] }));
    const next = await this.#withMails(
      result,
      settle(
        this.state,
        { ...result.state, progress: { ...result.state.progress, tail: timeline.tail } },
        result,
      ),
    );
    if (!(await this.#save(next, [...timeline.writes, ...documents, ...links, ...done]))) {
      if (result.documents.length > 0) await host.documents.reset(this.state.number);
      return false;
    }
    await this.#taken(result, before);
    return result.waitsForTown === undefined;
  }

  async #taken(result: Ingested, before: Group | undefined): Promise<void> {
    const host = this.#host;
    if (result.isOwnChange) this.causedChange();
    if (result.groupChanged) {
      if (before !== undefined) host.groups.wipe(before.state);
      this.#isSubmitted = false;
      this.#correctAt = undefined;
      this.#receiptAt = host.clock.now() + RECEIPT_DELAY_MS;
    }
    const foreign = result.items.filter((item) => item.author !== host.identity.person).at(-1);
    if (foreign !== undefined) this.#foreignSeq = seqOfOrder(foreign.order);
    if (result.waitsForTown !== undefined) {
      const seq = this.state.progress.cursor + 1;
      this.#waitsForTown = { position: result.waitsForTown, seq, reads: host.town().readsBegun };
      host.needTown();
    }
    host.changed({
      runner: this,
      items: result.items,
      foldChanged: result.foldChanged,
      groupChanged: result.groupChanged,
      documentsChanged: result.documents.length > 0,
      intentsDone: result.doneIntents,
      links: result.links,
    });
    if (result.adopted !== undefined)
      await host.addEntry(this.state.number, {
        kind: 'snapshot',
        seq: result.adopted.at.progress.cursor,
        hash: stateHash(result.adopted.at.fold),
      });
  }

  async #withMails(result: Ingested, next: LogState): Promise<LogState> {
    const { adopted, items } = result;
    if (adopted === undefined) return next;
    const { groups, records, documents } = this.#host;
    const mails = await welcomeMails(
      { groups, records, documents, directory: this.#host.directory() },
      adopted,
      items,
    );
    return { ...next, followUps: { mails: [...next.followUps.mails, ...mails] } };
  }

  /** A mailbox has no chain to keep: what the relay no longer has is passed over. */
  async #takeMail(envelopes: readonly StoredEnvelope[]): Promise<boolean> {
    for (const stored of envelopes) {
      if (stored[0] <= this.state.progress.cursor) continue;
      const received = stored.length === 4 ? await this.#host.receiveMail(stored[0], stored[3]) : undefined;
      const progress: Progress = { ...this.state.progress, cursor: stored[0] };
      if (!(await this.#save({ ...this.state, progress }, received?.writes ?? [], true))) return false;
      await received?.done();
    }
    return true;
  }

  // ---- out -----------------------------------------------------------------------------------

  async #create(): Promise<boolean> {
    const { core } = this.state;
    const kind: LogKind = core.kind === 'mailbox' ? LOG_KINDS.mailbox : LOG_KINDS.conversation;
    const closeHash = core.closeKey === undefined ? new Uint8Array(32) : sha256(core.closeKey);
    const answer = await this.#host.relay.request(
      [OP.create, idToBytes(core.log), kind, sha256(core.readKey), sha256(core.writeKey), closeHash],
      doneResult,
    );
    if (!answer.ok) return this.#failed(answer.error);
    if (!(await this.#saveProgress({ isCreated: true }))) return false;
    this.#isWatched = false;
    this.#host.watch(this);
    return false;
  }

  async #seal(): Promise<boolean> {
    const { state } = this;
    if (state.group === undefined) return false;
    const author = { device: this.#host.identity.device, secret: this.#host.self.signatureSecret };
    const waiting = upToRemoval(this.#host.waitingIntents(state.number));
    const prepared = await prepareFlight(state, state.group, author, waiting);
    if (!prepared.ok) return false;
    const { flight, intents, nextCounter } = prepared.value;
    const writes = await Promise.all(
      intents.map(({ number, intent }) => this.#host.records.putIntent(number, intent)),
    );
    const next = { ...state, flight, progress: { ...state.progress, nextCounter } };
    if (!(await this.#save(next, writes, true))) return false;
    for (const { number, intent } of intents) this.#host.intentChanged(number, intent);
    return true;
  }

  async #fly(): Promise<boolean> {
    const { core, flight, progress } = this.state;
    if (flight === undefined) return false;
    const unacknowledged = oneAppend(flight.envelopes.filter((envelope) => envelope.seq === undefined));
    const answer = await this.#host.relay.request(
      [
        OP.append,
        idToBytes(core.log),
        core.writeKey,
        Math.max(flight.afterCommit, progress.lastCommit),
        unacknowledged.map(({ bytes }) => bytes),
      ],
      appendResult,
    );
    if (!answer.ok) return this.#failed(answer.error);
    const [accepted, refusal] = answer.value;
    if (accepted.some(([seq]) => seq <= progress.cursor)) {
      // We have passed that place without meeting them: they are sealed again, under the same counters.
      await this.#save({ ...this.state, flight: undefined }, []);
      return this.#pause();
    }
    await this.#acknowledged(
      unacknowledged
        .slice(0, accepted.length)
        .map(({ bytes }, index) => ({ bytes, seq: accepted[index]?.[0] ?? 0 })),
    );
    if (refusal === null) {
      this.#retries = 0;
      return true;
    }
    return this.#refused(refusal[0], refusal[1]);
  }

  /** The envelopes are durable at the relay: their entries are "übergeben". */
  async #acknowledged(acks: readonly { readonly bytes: Bytes; readonly seq: number }[]): Promise<void> {
    if (acks.length === 0 || this.state.flight === undefined) return;
    const seqByBytes = new Map(acks.map(({ bytes, seq }) => [bytes, seq]));
    const envelopes = this.state.flight.envelopes.map((envelope) => ({
      ...envelope,
      seq: seqByBytes.get(envelope.bytes) ?? envelope.seq,
    }));
    const seqByIntent = new Map(
      envelopes.flatMap(({ intents, seq }) => intents.map((intent) => [intent, seq] as const)),
    );
    const intents = this.#host.waitingIntents(this.state.number).flatMap(({ number, intent }) => {
      const seq = seqByIntent.get(number);
      return seq === undefined ? [] : [{ number, intent: { ...intent, seq } }];
    });
    this.#head = Math.max(this.#head, ...acks.map(({ seq }) => seq));
    const writes = await Promise.all(
      intents.map(({ number, intent }) => this.#host.records.putIntent(number, intent)),
    );
    const isSaved = await this.#save({ ...this.state, flight: { ...this.state.flight, envelopes } }, writes);
    if (isSaved) for (const { number, intent } of intents) this.#host.intentChanged(number, intent);
  }

  async #commit(correction: Correction): Promise<boolean> {
    const { state } = this;
    if (state.group === undefined) return false;
    const unfit = await unfitPackages(this.#host.groups, correction, this.#host.clock.now());
    if (unfit.length > 0) {
      for (const keyPackage of unfit) this.#unfit.add(bytesToHex(keyPackage));
      return true;
    }
    const town = this.#host.town();
    const prepared = await prepareCommit(this.#host.groups, this.#host.self, state, state.group, correction, {
      generation: 0,
      seq: town.seq,
      chain: town.chain,
    });
    if (!prepared.ok) return this.#pauseCommits(0);
    this.#isSubmitted = false;
    return this.#save({ ...state, pendingCommit: prepared.value }, [], true);
  }

  async #submit(): Promise<boolean> {
    const { core, pendingCommit, progress } = this.state;
    if (pendingCommit === undefined) return false;
    const answer = await this.#host.relay.request(
      [
        OP.append,
        idToBytes(core.log),
        core.writeKey,
        Math.max(pendingCommit.afterCommit, progress.lastCommit),
        [pendingCommit.envelope],
      ],
      appendResult,
    );
    if (!answer.ok) return this.#failed(answer.error);
    const [accepted, refusal] = answer.value;
    // The relay lets nobody commit in a loop; messages go on meanwhile.
    if (refusal?.[0] === 'rate') return this.#pauseCommits(refusal[1]);
    if (refusal !== null) return this.#refused(refusal[0], refusal[1]);
    this.#isSubmitted = true;
    this.#commitTries = 0;
    this.#retries = 0;
    this.#head = Math.max(this.#head, accepted[0]?.[0] ?? 0);
    return true;
  }

  async #mail(): Promise<boolean> {
    for (const mail of this.state.followUps.mails) {
      const answer = await this.#host.relay.request(
        [OP.append, idToBytes(mail.mailbox), new Uint8Array(0), 0, [mail.envelope]],
        appendResult,
      );
      if (!answer.ok && answer.error.type === 'offline') return false;
      // The newcomer's mailbox comes into being with its first connection.
      if (!answer.ok || answer.value[1] !== null) continue;
      const mails = this.state.followUps.mails.filter((other) => other !== mail);
      if (!(await this.#save({ ...this.state, followUps: { mails } }, []))) return false;
    }
    if (this.state.followUps.mails.length === 0) {
      this.#mailTries = 0;
      return true;
    }
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#mailTries);
    this.#mailTries = Math.min(this.#mailTries + 1, 10);
    this.#mailAt = this.#host.clock.now() + wait;
    return true;
  }

  // ---- receipts ------------------------------------------------------------------------------

  #isReceiptDue(): boolean {
    const { group, progress } = this.state;
    if (!this.isConversation || group === undefined || group.leaves.length < 2) return false;
    const [delivered, read] = progress.receipts[this.#host.identity.device] ?? [0, 0];
    return this.#foreignSeq > delivered || seqOfOrder(progress.readUpTo) > read;
  }

  async #receiptOut(): Promise<boolean> {
    this.#receiptAt = undefined;
    const { core, group, progress } = this.state;
    if (group === undefined || !this.isConversation || group.leaves.length < 2) return true;
    const { device } = this.#host.identity;
    const receipt = {
      device,
      delivered: progress.cursor,
      read: Math.min(progress.cursor, seqOfOrder(progress.readUpTo)),
    };
    const value = await sealReceipt(core.log, group, this.#host.self.signatureSecret, receipt);
    const answer = await this.#host.relay.request(
      [OP.put, idToBytes(core.log), core.writeKey, receiptSlot(core.log, device), value],
      doneResult,
    );
    if (!answer.ok) return this.#failed(answer.error);
    this.#foreignSeq = Math.min(this.#foreignSeq, receipt.delivered);
    return this.#saveProgress({
      receipts: { ...this.state.progress.receipts, [device]: [receipt.delivered, receipt.read] },
    });
  }

  async #receiptsIn(): Promise<boolean> {
    const { core, group } = this.state;
    const slots = this.#slots.splice(0);
    const receipts = { ...this.state.progress.receipts };
    let putCursor = this.state.progress.putCursor;
    for (const { number, value } of slots) {
      putCursor = Math.max(putCursor, number);
      const receipt = group === undefined ? undefined : await openReceipt(core.log, group, value);
      if (receipt === undefined) continue;
      const [delivered, read] = receipts[receipt.device] ?? [0, 0];
      receipts[receipt.device] = [Math.max(delivered, receipt.delivered), Math.max(read, receipt.read)];
    }
    return this.#saveProgress({ receipts, putCursor });
  }

  // ---- saving and failing ---------------------------------------------------------------------

  /** For changes that come from the screen: flags and what was read. */
  async update(change: Partial<Progress>, writes: readonly VaultWrite[] = []): Promise<boolean> {
    return this.#exclusively(() => this.#saveProgress(change, writes));
  }

  /** Waits for the running step; then nothing runs any more, until `release`. */
  async hold(): Promise<void> {
    await this.#idle();
    this.#isRunning = true;
  }

  release(): void {
    this.#isRunning = false;
    this.poke();
  }

  async #idle(): Promise<void> {
    while (this.#isRunning && !this.#isStopped)
      await new Promise<void>((resolve) => this.#host.clock.after(1, resolve));
  }

  /** Waits for the running step; then nothing else runs until `work` is done. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    await this.#idle();
    this.#isRunning = true;
    try {
      return await work();
    } finally {
      this.#isRunning = false;
      this.poke();
    }
  }

  async #saveProgress(change: Partial<Progress>, writes: readonly VaultWrite[] = []): Promise<boolean> {
    const isSaved = await this.#save(
      { ...this.state, progress: { ...this.state.progress, ...change } },
      writes,
    );
    if (isSaved)
      this.#host.changed({
        runner: this,
        items: [],
        foldChanged: false,
        groupChanged: false,
        documentsChanged: false,
        intentsDone: [],
        links: [],
      });
    return isSaved;
  }

  async #save(next: LogState, writes: readonly VaultWrite[], isStrict = false): Promise<boolean> {
    // Whoever was stopped has been replaced, or the session is over: nothing may be written over that.
    if (this.#isStopped) return false;
    const { records, groups, term } = this.#host;
    const parts = await partWrites(records, groups, this.state, next);
    const saved = await records.vault.commit({
      writes: [...parts, ...writes],
      fence: { term, log: { number: next.number, version: this.#version } },
      strict: isStrict,
    });
    if (!saved.ok) {
      this.#host.storageFailed(saved.error.type);
      this.#pause();
      return false;
    }
    this.#version += 1;
    this.state = next;
    return true;
  }

  #failed(failure: RelayFailure): false {
    if (failure.type === 'rate') this.#retryAt = this.#host.clock.now() + Math.max(50, failure.number);
    else if (failure.type !== 'offline') return this.#pause();
    this.#wakeAt(this.#retryAt);
    return false;
  }

  #refused(refusal: RelayFailure['type'], number: number): boolean {
    if (refusal === 'stale') {
      this.#head = Math.max(this.#head, number);
      this.#needsRead = true;
      // A relay that says so falsely would otherwise keep us busy.
      if (number <= this.state.progress.lastCommit) return this.#pause();
      return true;
    }
    return this.#failed({ type: refusal, then: 'retry', number });
  }

  #pauseCommits(atLeast: number): true {
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#commitTries);
    this.#commitTries = Math.min(this.#commitTries + 1, 10);
    this.#commitAt = this.#host.clock.now() + Math.max(atLeast, wait);
    return true;
  }

  #pause(): false {
    this.#retryAt = this.#host.clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries);
    this.#retries = Math.min(this.#retries + 1, 10);
    this.#wakeAt(this.#retryAt);
    return false;
  }

  #markTrouble(trouble: Progress['trouble']): void {
    if (this.state.progress.trouble === trouble) return;
    void this.update({ trouble });
  }
}

/** The first envelopes that fit into one append; never none. */
function oneAppend(envelopes: readonly FlightEnvelope[]): readonly FlightEnvelope[] {
  let size = 0;
  const end = envelopes.findIndex(({ bytes }) => (size += bytes.length) > APPEND_BYTES);
  return end < 0 ? envelopes : envelopes.slice(0, Math.max(1, end));
}

/** SPEC G10: what was written after a removal waits for the epoch without the removed. */
function upToRemoval(waiting: readonly WaitingIntent[]): readonly WaitingIntent[] {
  const at = waiting.findIndex(
    ({ intent }) => intent.body.kind === 'roster' && intent.body.remove.length > 0,
  );
  return at < 0 ? waiting : waiting.slice(0, at + 1);
}

/** What becomes of flight and pending commit when the log has moved on. */
function settle(before: LogState, after: LogState, result: Ingested): LogState {
  const { lastCommit } = after.progress;
  const pending = after.pendingCommit;
  return {
    ...after,
    flight: settleFlight(before.flight, result, after.progress.cursor),
    // After an invalid commit of somebody else the same bytes are appended again.
    pendingCommit:
      pending === undefined || pending.afterCommit === lastCommit
        ? pending
        : { ...pending, afterCommit: lastCommit },
  };
}

/** A new epoch voids what was not in the log before it; it is sealed again with the same counters. */
function settleFlight(flight: Flight | undefined, result: Ingested, cursor: number): Flight | undefined {
  if (flight === undefined || result.groupChanged) return undefined;
  const done = new Set(result.doneIntents);
  const envelopes = flight.envelopes.filter(
    (envelope) =>
      !envelope.intents.every((intent) => done.has(intent)) && (envelope.seq ?? Infinity) > cursor,
  );
  if (envelopes.length === flight.envelopes.length) return flight;
  return envelopes.length === 0 ? undefined : { ...flight, envelopes };
}

async function partWrites(
  records: SealedRecords,
  groups: GroupCrypto,
  before: LogState,
  after: LogState,
): Promise<readonly VaultWrite[]> {
  const parts: readonly [LogPart, unknown, unknown][] = [
    ['progress', before.progress, after.progress],
    ['group', before.group, after.group],
    ['fold', before.fold, after.fold],
    ['flight', before.flight, after.flight],
    ['pendingCommit', before.pendingCommit, after.pendingCommit],
    ['followUps', before.followUps, after.followUps],
  ];
  const changed = parts.filter(([, old, now]) => old !== now);
  return Promise.all(
    changed.map(async ([part, , now]): Promise<VaultWrite> => {
      const key = logKey(after.number, part);
      if (now === undefined) return { store: 'logs', delete: key };
      const record = part === 'group' && after.group !== undefined ? groups.encode(after.group.state) : now;
      return records.put('logs', key, record);
    }),
  );
}

/** All parts of a log that does not exist yet. */
export async function newLogWrites(
  records: SealedRecords,
  groups: GroupCrypto,
  state: LogState,
): Promise<readonly VaultWrite[]> {
  // Different from anything, so that absent parts are cleared: the number may have had others.
  const other = {};
  const nothing = {
    ...state,
    progress: other,
    group: other,
    fold: other,
    flight: other,
    pendingCommit: other,
    followUps: other,
  };
  const parts = await partWrites(records, groups, nothing as unknown as LogState, state);
  return [await records.put('logs', logKey(state.number, 'core'), state.core), ...parts];
}
