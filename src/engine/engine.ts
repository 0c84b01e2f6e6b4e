/**
 * The engine: the one worker that turns wishes into envelopes and envelopes into rows. It composes;
 * the work is done by the runners (one for each log), the set-up flow, the invitation desk and the
 * view writer. It is told of nothing directly: it sees intents in the vault and frames from the relay.
 */
import { bytesToHex, concatBytes, equalBytes, type Bytes } from '../lib/bytes';
import type { EntryBody } from '../domain/body';
import { allDevicesAt, EMPTY_DIRECTORY, isAdminAt, type Directory } from '../domain/directory';
import { idToBytes, type DeviceId, type EntryId, type LogId } from '../domain/ids';
import { SecretKey } from '../crypto/secretKey';
import { openBytes, sealBytes } from '../crypto/seal';
import { signLabelled } from '../crypto/signature';
import { OP, doneResult, passesResult, watchResult } from '../protocol/frames';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';
import { decodeCbor, encodeCbor } from '../protocol/codec';
import {
  FIRST_CONVERSATION,
  LAST_CONVERSATION,
  LOG_PART,
  MAILBOX_LOG,
  META,
  TOWN_LOG,
  presenceKey,
  rowKey,
} from '../records/keys';
import type {
  EntryIntent,
  Fold,
  Flight,
  FollowUps,
  Identity,
  LogCore,
  PendingCommit,
  Progress,
} from '../records/logRecords';
import { SealedRecords } from '../records/sealedRecords';
import type { VaultFailure, VaultWrite } from '../vault/vault';
import { decodeGroup, type LogState } from '../sync/logState';
import { LogRunner, type RunnerChange, type RunnerHost } from '../sync/logRunner';
import { RelayClient, type RelayState } from '../sync/relayClient';
import { Documents } from './documents';
import type { EngineServices } from './engineServices';
import { groupSelfOf } from './identity';
import { IntentBook } from './intentBook';
import { IntentDesk } from './intentDesk';
import { InvitationDesk } from './invitationDesk';
import { Mailroom } from './mailroom';
import { renewPackage } from './packageRenewal';
import { SetupFlow } from './setupFlow';
import type { SetupRecord } from './setupRecords';
import { ViewWriter, type ViewSource } from './viewWriter';
import type { Connection, StatusProblem } from './views';

const PRESENCE_FRAMES_KEPT = 16;
const RETRY_WISH_MS = 1_000;

export interface PresenceFrame {
  readonly count: number;
  readonly document: string;
  readonly bytes: Bytes;
}

export class Engine {
  readonly services: EngineServices;
  readonly records: SealedRecords;
  readonly term: number;
  readonly book: IntentBook;
  readonly views: ViewWriter;
  readonly documents: Documents;
  readonly runners = new Map<number, LogRunner>();
  readonly setup: SetupFlow;
  readonly invitations: InvitationDesk;
  readonly #desk: IntentDesk;
  readonly #mailroom: Mailroom;
  identity: Identity | undefined;
  #relay: RelayClient | undefined;
  #host: RunnerHost | undefined;
  #connection: Connection = { state: 'offline', since: 0, nextTryAt: undefined };
  #problem: StatusProblem | undefined;
  #presence = new Map<number, PresenceFrame[]>();
  #presenceCount = 0;
  #isStopped = false;
  /** Every link of the town's log since this device is in it: what commits may name (SPEC G6). */
  readonly #townLinks = new Map<number, Bytes>();

  private constructor(services: EngineServices, records: SealedRecords, term: number) {
    this.services = services;
    this.records = records;
    this.term = term;
    this.views = new ViewWriter(records, term);
    this.documents = new Documents(records);
    this.setup = new SetupFlow(this);
    this.invitations = new InvitationDesk(this);
    this.#desk = new IntentDesk(this);
    this.#mailroom = new Mailroom(this);
    this.book = new IntentBook(records, {
      handle: (number, ask) => this.#desk.handle(number, ask),
      pause: () => new Promise((resolve) => services.clock.after(RETRY_WISH_MS, resolve)),
      entriesAdded: (logs) => {
        for (const log of logs) {
          this.runners.get(log)?.poke();
          this.#conversationChanged(log);
        }
        this.#statusChanged();
      },
    });
  }

  /** Takes the lead over the vault; an engine that led before is fenced off by that. */
  static async start(services: EngineServices): Promise<Engine | VaultFailure> {
    const records = await SealedRecords.over(services.vault);
    if (!records.ok) return records.error;
    const term = await services.vault.takeLead();
    if (!term.ok) return term.error;
    const engine = new Engine(services, records.value, term.value);
    await engine.#load();
    return engine;
  }

  stop(): void {
    this.#isStopped = true;
    this.book.stop();
    this.views.stop();
    this.#relay?.stop();
    for (const runner of this.runners.values()) runner.stop();
  }

  async #load(): Promise<void> {
    this.identity = await this.records.get<Identity>('meta', META.identity);
    await this.setup.load((await this.records.get<SetupRecord>('meta', META.setup)) ?? { phase: 'empty' });
    if (this.identity !== undefined) {
      this.openSession(this.identity);
      await this.#loadTownLinks();
      await this.#loadRunners();
      await this.#mailroom.load();
    }
    this.#connection = { state: 'offline', since: this.services.clock.now(), nextTryAt: undefined };
    this.views.all(this.viewSource);
    this.setup.show();
    this.invitations.show();
    // What waits must be known before the log is read: an own entry that nobody here asked for is alarming.
    await this.book.start(() => {
      this.services.onEnd('fenced');
    });
    this.#mailroom.lookAgain();
    this.#relay?.start();
    for (const { state } of this.conversations())
      if (await this.documents.hasAny(state.number)) {
        await this.documents.prepare(state.number);
        this.#conversationChanged(state.number);
      }
  }

  async #loadTownLinks(): Promise<void> {
    const all = { from: rowKey(TOWN_LOG, 0), to: rowKey(TOWN_LOG, Number.MAX_SAFE_INTEGER) };
    for (const { key, value } of await this.records.range<Bytes>('rows', all))
      this.#townLinks.set(key[1], value);
  }

  async #loadRunners(): Promise<void> {
    const rows = await this.records.range<unknown>('logs', {
      from: [0, 0],
      to: [Number.MAX_SAFE_INTEGER, LOG_PART.followUps],
    });
    const partsByLog = new Map<number, Map<number, unknown>>();
    for (const { key, value } of rows) {
      const parts = partsByLog.get(key[0]) ?? new Map<number, unknown>();
      parts.set(key[1], value);
      partsByLog.set(key[0], parts);
    }
    for (const [number, parts] of partsByLog) {
      const state = await this.#stateOf(number, parts);
      if (state !== undefined) await this.addRunner(state);
    }
  }

  async #stateOf(number: number, parts: ReadonlyMap<number, unknown>): Promise<LogState | undefined> {
    const core = parts.get(LOG_PART.core) as LogCore | undefined;
    const progress = parts.get(LOG_PART.progress) as Progress | undefined;
    const fold = parts.get(LOG_PART.fold) as Fold | undefined;
    if (core === undefined || progress === undefined || fold === undefined) return undefined;
    const group = await decodeGroup(this.services.groups, parts.get(LOG_PART.group) as Bytes | undefined);
    return {
      number,
      core,
      progress,
      fold,
      group: group.ok ? group.value : undefined,
      flight: parts.get(LOG_PART.flight) as Flight | undefined,
      pendingCommit: parts.get(LOG_PART.pendingCommit) as PendingCommit | undefined,
      followUps: (parts.get(LOG_PART.followUps) as FollowUps | undefined) ?? { mails: [] },
    };
  }

  // ---- session --------------------------------------------------------------------------------

  /** The device has an identity: from now on it can have a connection and logs. */
  openSession(identity: Identity): void {
    this.identity = identity;
    const { host } = new URL(identity.relay);
    const secret = new SecretKey(identity.relaySecret);
    const relay = new RelayClient(
      this.services,
      `${identity.relay.replace(/^http/, 'ws')}/relay`,
      {
        relayKey: identity.relayKey,
        sign: (nonce) => signLabelled(secret, 'relay-auth', host.toLowerCase(), nonce),
      },
      {
        onState: (state) => {
          this.#relayState(state);
        },
        onOnline: () => void this.#online(),
        onNews: (log, envelopes) => {
          if (!this.setup.news(log, envelopes) && !this.invitations.news(log, envelopes))
            this.runnerOf(log)?.news(envelopes);
        },
        onSlot: (log, number, _slot, value) => this.runnerOf(log)?.slot(number, value),
        onCast: (log, bytes) => void this.#castIn(log, bytes),
        onClosed: () => undefined,
      },
    );
    this.#relay = relay;
    this.#host = this.#hostFor(identity, relay);
  }

  async closeSession(): Promise<void> {
    this.#relay?.stop();
    for (const runner of this.runners.values()) runner.stop();
    this.runners.clear();
    this.identity = undefined;
    this.#relay = undefined;
    this.#host = undefined;
    await Promise.resolve();
  }

  get relay(): RelayClient | undefined {
    return this.#relay;
  }

  connectNow(): void {
    this.#relay?.connectNow();
  }

  #relayState(state: RelayState): void {
    this.#connection =
      state.state === 'offline'
        ? { state: 'offline', since: state.since, nextTryAt: state.nextTryAt }
        : state;
    if (state.state !== 'online') for (const runner of this.runners.values()) runner.disconnected();
    this.setup.connectionChanged(state.state);
    this.#statusChanged();
  }

  async #online(): Promise<void> {
    if (!(await this.setup.online())) return;
    await this.watch([...this.runners.values()]);
    await this.invitations.online();
    await this.reconcilePasses();
    await renewPackage(this);
  }

  async changeIdentity(identity: Identity): Promise<boolean> {
    if (!(await this.write([await this.records.put('meta', META.identity, identity)]))) return false;
    this.identity = identity;
    return true;
  }

  async watch(runners: readonly LogRunner[]): Promise<void> {
    const relay = this.#relay;
    if (relay === undefined || runners.length === 0) return;
    const wanted = runners.map(({ state }) => {
      const { core, progress } = state;
      return [idToBytes(core.log), core.readKey, progress.cursor, progress.putCursor] as [
        Bytes,
        Bytes,
        number,
        number,
      ];
    });
    const answer = await relay.request([OP.watch, wanted], watchResult);
    if (!answer.ok) return;
    const told = new Map(answer.value.map((item) => [item[0], item]));
    for (const [index, runner] of runners.entries()) {
      const item = told.get(index);
      if (item === undefined) runner.watched(runner.state.progress.cursor, []);
      else if (item.length === 2) runner.unknownAtRelay();
      else runner.watched(item[1], item[4]);
    }
  }

  /** Admins' engines keep the relay's passes as the directory says: revocation first (protocol.md 9). */
  async reconcilePasses(): Promise<void> {
    const relay = this.#relay;
    const town = this.runners.get(TOWN_LOG);
    if (relay?.isOnline !== true || town === undefined || !this.isAdmin || town.isCatchingUp) return;
    const passes = await relay.request([OP.passes], passesResult);
    if (!passes.ok) return;
    const directory = this.directory();
    const seq = this.townSeq();
    const present = new Map(passes.value.map(([key, isAdmin]) => [bytesToHex(key), isAdmin]));
    const admit: [Bytes, boolean][] = [];
    const valid = new Set<string>();
    for (const device of allDevicesAt(directory, seq)) {
      const key = bytesToHex(device.facts.relayKey);
      const isAdmin = isAdminAt(directory, device.person, seq);
      valid.add(key);
      if (present.get(key) !== isAdmin) admit.push([device.facts.relayKey, isAdmin]);
    }
    // Also passes that stand for nobody: whoever has one got it past the directory.
    const revoke = passes.value.flatMap(([key]) => (valid.has(bytesToHex(key)) ? [] : [key]));
    if (revoke.length > 0) await relay.request([OP.revoke, revoke], doneResult);
    if (admit.length > 0) await relay.request([OP.admit, admit], doneResult);
    await this.invitations.admitted();
  }

  /** One device of the directory, as it stands there. */
  async admitPass(device: DeviceId): Promise<boolean> {
    const directory = this.directory();
    const seq = this.townSeq();
    const found = allDevicesAt(directory, seq).find(({ facts }) => facts.id === device);
    if (found === undefined || this.#relay === undefined) return false;
    const isAdmin = isAdminAt(directory, found.person, seq);
    return (await this.#relay.request([OP.admit, [[found.facts.relayKey, isAdmin]]], doneResult)).ok;
  }

  // ---- what others ask ------------------------------------------------------------------------

  directory(): Directory {
    const fold = this.runners.get(TOWN_LOG)?.state.fold;
    return fold?.type === 'town' ? fold.directory : EMPTY_DIRECTORY;
  }

  /** Facts that begin with the next seq do not hold yet; those of the last one do. */
  townSeq(): number {
    return this.runners.get(TOWN_LOG)?.state.progress.cursor ?? 0;
  }

  get isAdmin(): boolean {
    return this.identity !== undefined && isAdminAt(this.directory(), this.identity.person, this.townSeq());
  }

  runnerOf(log: LogId): LogRunner | undefined {
    for (const runner of this.runners.values()) if (runner.log === log) return runner;
    return undefined;
  }

  conversations(): readonly LogRunner[] {
    return [...this.runners.values()].filter((runner) => runner.isConversation);
  }

  conversationWith(person: string): LogRunner | undefined {
    return this.conversations().find((runner) => runner.state.core.partner === person);
  }

  newConversationNumber(): number {
    for (;;) {
      const bytes = this.services.random.bytes(5);
      const number = bytes.reduce((value, byte) => value * 256 + byte, 0) % LAST_CONVERSATION;
      if (number >= FIRST_CONVERSATION && !this.runners.has(number)) return number;
    }
  }

  async addRunner(state: LogState): Promise<LogRunner | undefined> {
    if (this.#host === undefined || this.#isStopped) return undefined;
    this.runners.get(state.number)?.stop();
    const runner = new LogRunner(this.#host, state, await this.services.vault.logVersion(state.number));
    this.runners.set(state.number, runner);
    return runner;
  }

  /** For logs that came into being while online. */
  async addAndWatch(state: LogState): Promise<void> {
    const runner = await this.addRunner(state);
    if (runner === undefined) return;
    this.#conversationChanged(state.number);
    if (this.#relay?.isOnline === true) await this.watch([runner]);
  }

  async addEntry(log: number, body: EntryBody): Promise<void> {
    const { random, clock } = this.services;
    const intent: EntryIntent = {
      type: 'entry',
      log,
      entry: bytesToHex(random.bytes(16)) as EntryId,
      body,
      writtenAt: clock.now(),
      counter: undefined,
      salt: random.bytes(16),
      seq: undefined,
    };
    const added = await this.records.addIntent(intent);
    if (!added.ok) {
      this.storageFailed(added.error.type);
      return;
    }
    this.book.tell(added.value, intent);
    this.runners.get(log)?.poke();
  }

  /** Writes under this engine's term. False when nothing was written. */
  async write(writes: readonly VaultWrite[], isStrict = true): Promise<boolean> {
    const saved = await this.services.vault.commit({ writes, fence: { term: this.term }, strict: isStrict });
    if (!saved.ok) this.storageFailed(saved.error.type);
    return saved.ok;
  }

  storageFailed(type: VaultFailure['type']): void {
    if (type === 'fenced' || type === 'too-new') {
      this.stop();
      this.services.onEnd(type);
      return;
    }
    this.#problem = 'storage-full';
    this.#statusChanged();
  }

  // ---- views ----------------------------------------------------------------------------------

  readonly viewSource: ViewSource = {
    me: this.#me(),
    directory: () => this.directory(),
    townSeq: () => this.townSeq(),
    conversations: () => this.conversations(),
    waiting: (log) => this.book.waiting(log),
    allWaiting: () => this.book.all(),
    status: () => ({ connection: this.#connection, problem: this.#problem }),
    boardTitle: (log) => this.documents.boardTitle(log),
  };

  #me(): ViewSource['me'] {
    const identity = () => this.identity;
    return {
      get person() {
        return identity()?.person ?? ('' as Identity['person']);
      },
      get device() {
        return identity()?.device ?? ('' as Identity['device']);
      },
    };
  }

  #statusChanged(): void {
    this.views.status(this.viewSource);
  }

  #conversationChanged(number: number): void {
    const runner = this.runners.get(number);
    if (runner?.isConversation === true) this.views.conversation(this.viewSource, runner);
  }

  // ---- presence -------------------------------------------------------------------------------

  async castOut(number: number, document: string, bytes: Bytes): Promise<void> {
    const runner = this.runners.get(number);
    const group = runner?.state.group;
    if (runner === undefined || group === undefined || this.#relay?.isOnline !== true) return;
    const sealed = await sealBytes(group.key, presenceData(runner.log), encodeCbor([document, bytes]));
    const { core } = runner.state;
    this.#relay.tell([OP.cast, idToBytes(core.log), core.writeKey, concatBytes(group.tag, sealed)]);
  }

  async #castIn(log: LogId, bytes: Bytes): Promise<void> {
    const runner = this.runnerOf(log);
    const group = runner?.state.group;
    if (runner === undefined || group === undefined) return;
    if (!equalBytes(bytes.subarray(0, EPOCH_TAG_BYTES), group.tag)) return;
    const plain = await openBytes(group.key, presenceData(log), bytes.subarray(EPOCH_TAG_BYTES));
    const value = plain.ok ? decodeCbor(plain.value) : undefined;
    if (value?.ok !== true || !Array.isArray(value.value)) return;
    const [document, frame] = value.value as readonly unknown[];
    if (typeof document !== 'string' || !(frame instanceof Uint8Array)) return;
    const number = runner.state.number;
    const frames = [
      ...(this.#presence.get(number) ?? []),
      { count: ++this.#presenceCount, document, bytes: new Uint8Array(frame) },
    ];
    this.#presence.set(number, frames.slice(-PRESENCE_FRAMES_KEPT));
    this.views.mark(presenceKey(number), () => this.#presence.get(number) ?? []);
  }

  // ---- the runners' host ----------------------------------------------------------------------

  #hostFor(identity: Identity, relay: RelayClient): RunnerHost {
    const { clock, groups } = this.services;
    return {
      clock,
      groups,
      relay,
      records: this.records,
      term: this.term,
      self: groupSelfOf(identity),
      identity: { device: identity.device, person: identity.person },
      documents: this.documents,
      directory: () => this.directory(),
      town: () => this.#town(),
      waitingIntents: (log) => this.book.waiting(log),
      intentChanged: (number, intent) => {
        this.book.set(number, intent);
        this.#conversationChanged(intent.log);
        this.#statusChanged();
      },
      addEntry: (log, body) => this.addEntry(log, body),
      isRemovalWaiting: () => this.book.waiting(TOWN_LOG).some(({ intent }) => isRemoval(intent.body)),
      mayCreate: (runner) => this.#mayCreate(runner),
      receiveMail: (seq, envelope) => this.#mailroom.receive(seq, envelope),
      changed: (change) => {
        this.#runnerChanged(change);
      },
      needTown: () => this.runners.get(TOWN_LOG)?.refresh(),
      readToHead: (runner) => {
        if (runner.state.number === TOWN_LOG) this.#townMoved(runner);
      },
      watch: (runner) => void this.watch([runner]),
      storageFailed: (type) => {
        this.storageFailed(type);
      },
    };
  }

  #town(): ReturnType<RunnerHost['town']> {
    const progress = this.runners.get(TOWN_LOG)?.state.progress;
    return {
      seq: progress?.cursor ?? 0,
      chain: progress?.chain ?? new Uint8Array(32),
      readsBegun: this.runners.get(TOWN_LOG)?.readsBegun ?? 0,
      readDone: this.runners.get(TOWN_LOG)?.readDone ?? 0,
      since: this.#townLinks.keys().next().value ?? 0,
      linkAt: (seq) => this.#townLinks.get(seq),
    };
  }

  #mayCreate(runner: LogRunner): boolean {
    const { core, number } = runner.state;
    if (number === TOWN_LOG || number === MAILBOX_LOG) return this.setup.mayCreate();
    if (core.kind !== 'direct' || core.partner === undefined || this.identity === undefined) return true;
    return this.#desk.ownsClaim(core.partner, core.log);
  }

  #runnerChanged(change: RunnerChange): void {
    for (const number of change.intentsDone) this.book.remove(number);
    const { number } = change.runner.state;
    if (this.#problem === 'storage-full') this.#problem = undefined;
    if (number === TOWN_LOG) this.#townChanged(change);
    else this.#conversationChanged(number);
    if (change.groupChanged && change.runner.needsWelcome) this.#mailroom.lookAgain();
    if (change.intentsDone.length > 0) this.#statusChanged();
  }

  #townChanged(change: RunnerChange): void {
    for (const [seq, link] of change.links) this.#townLinks.set(seq, link);
    this.#townMoved(change.runner);
    this.#mailroom.lookAgain();
    if (!change.foldChanged) return;
    const isOwn = change.intentsDone.length > 0;
    if (isOwn) for (const runner of this.runners.values()) runner.causedChange();
    this.views.all(this.viewSource);
    void this.setup.townChanged();
    void this.reconcilePasses();
    void this.invitations.townChanged();
    void this.#desk.townChanged();
  }

  #townMoved(town: LogRunner): void {
    for (const runner of this.runners.values()) if (runner !== town) runner.townAdvanced();
  }

  async joined(state: LogState): Promise<void> {
    if (state.number === TOWN_LOG) this.#townLinks.set(state.progress.cursor, state.progress.chain);
    const runner = await this.addRunner(state);
    if (runner === undefined) return;
    this.#conversationChanged(state.number);
    if (this.#relay?.isOnline === true) void this.watch([runner]);
    if (state.number !== TOWN_LOG) return;
    this.views.all(this.viewSource);
    await this.setup.townChanged();
    this.#mailroom.lookAgain();
  }
}

function isRemoval(body: EntryBody): boolean {
  return body.kind === 'town-blocked' || body.kind === 'town-person-removed';
}

function presenceData(log: LogId): Bytes {
  return encodeCbor(['depesche/presence-seal/1', idToBytes(log)]);
}
