/**
 * The engine: the one worker that turns wishes into envelopes and envelopes into rows. It composes;
 * the work is done by the runners (one for each log), the set-up flow, the invitation desk and the
 * view writer. It is told of nothing directly: it sees intents in the vault and frames from the relay.
 */
import { bytesToHex, type Bytes } from '../lib/bytes';
import type { EntryBody } from '../domain/body';
import { EMPTY_DIRECTORY, isAdminAt, type Directory } from '../domain/directory';
import type { EntryId, LogId } from '../domain/ids';
import { FIRST_CONVERSATION, LAST_CONVERSATION, META, TOWN_LOG } from '../records/keys';
import type { EntryIntent, Identity } from '../records/logRecords';
import { SealedRecords } from '../records/sealedRecords';
import type { VaultFailure, VaultWrite } from '../vault/vault';
import type { LogState } from '../sync/logState';
import { LogRunner } from '../sync/logRunner';
import type { RunnerChange } from '../sync/runnerHost';
import type { RelayClient, RelayState } from '../sync/relayClient';
import { BackDesk } from './backDesk';
import { Documents } from './documents';
import type { EngineServices } from './engineServices';
import { IntentBook } from './intentBook';
import { IntentDesk } from './intentDesk';
import { InvitationDesk } from './invitationDesk';
import { LostMail } from './lostMail';
import { Mailroom } from './mailroom';
import { MovedConversations } from './movedConversations';
import { renewPackage } from './packageRenewal';
import { PassKeeper } from './passes';
import { Presence } from './presence';
import { openSession, watchLogs, type Session } from './session';
import { SetupFlow } from './setupFlow';
import { Succession } from './succession';
import { SuccessionCarry } from './successionCarry';
import type { SetupRecord } from './setupRecords';
import { readStoredLogs } from './storedLogs';
import { TownLinks } from './townLinks';
import { ViewWriter, type ViewSource } from './viewWriter';
import { STATUS_PROBLEMS, type Connection, type StatusProblem } from './views';

const RETRY_WISH_MS = 1_000;
const RETRY_VIEWS_MS = 5_000;
const WATCH_AGAIN_MS = 1_000;

export class Engine {
  readonly services: EngineServices;
  readonly records: SealedRecords;
  readonly term: number;
  readonly book: IntentBook;
  readonly views: ViewWriter;
  readonly documents: Documents;
  readonly runners = new Map<number, LogRunner>();
  readonly townLinks = new TownLinks();
  readonly setup: SetupFlow;
  readonly invitations: InvitationDesk;
  readonly desk: IntentDesk;
  readonly mailroom: Mailroom;
  readonly lostMail: LostMail;
  readonly moved: MovedConversations;
  readonly back: BackDesk;
  readonly presence: Presence;
  readonly passes: PassKeeper;
  readonly succession: Succession;
  readonly carry: SuccessionCarry;
  identity: Identity | undefined;
  #session: Session | undefined;
  #connection: Connection = { state: 'offline', since: 0, nextTryAt: undefined };
  readonly #problems = new Set<StatusProblem>();
  #isStopped = false;

  private constructor(services: EngineServices, records: SealedRecords, term: number) {
    this.services = services;
    this.records = records;
    this.term = term;
    this.views = new ViewWriter(records, term, {
      later: (run) => void services.clock.after(RETRY_VIEWS_MS, run),
      recovered: () => {
        this.#storageWorks();
      },
    });
    this.documents = new Documents(records, services.loadCanonicalDoc);
    this.moved = new MovedConversations(records);
    this.setup = new SetupFlow(this);
    this.invitations = new InvitationDesk(this);
    this.desk = new IntentDesk(this);
    this.mailroom = new Mailroom(this);
    this.lostMail = new LostMail(this);
    this.back = new BackDesk(this);
    this.presence = new Presence(this);
    this.passes = new PassKeeper(this);
    this.succession = new Succession(this);
    this.carry = new SuccessionCarry(this);
    this.book = new IntentBook(records, {
      handle: (wishes) => this.desk.handle(wishes),
      pause: () => new Promise((resolve) => services.clock.after(RETRY_WISH_MS, resolve)),
      entriesAdded: (logs) => {
        for (const log of logs) {
          this.runners.get(log)?.poke();
          this.conversationChanged(log);
        }
        this.statusChanged();
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
    this.back.stop();
    this.lostMail.stop();
    this.views.stop();
    this.relay?.stop();
    for (const runner of this.runners.values()) runner.stop();
  }

  async #load(): Promise<void> {
    this.identity = await this.records.get<Identity>('meta', META.identity);
    await this.setup.load((await this.records.get<SetupRecord>('meta', META.setup)) ?? { phase: 'empty' });
    await this.succession.load();
    if (this.identity !== undefined) {
      this.openSession(this.identity);
      const logs = await readStoredLogs(this.records, this.services.groups);
      const town = logs.find(({ number }) => number === TOWN_LOG);
      await this.townLinks.load(this.records, town?.progress);
      for (const state of logs) await this.addRunner(state);
      await this.mailroom.load();
      await this.moved.load();
      await this.back.load();
    }
    this.#connection = { state: 'offline', since: this.services.clock.now(), nextTryAt: undefined };
    this.views.all(this.viewSource);
    this.setup.show();
    this.invitations.show();
    this.succession.show();
    // What waits must be known before the log is read: an own entry that nobody here asked for is alarming.
    await this.book.start(() => {
      this.services.onEnd('fenced');
    });
    this.mailroom.lookAgain();
    this.relay?.start();
    for (const { state } of this.conversations())
      if (await this.documents.hasAny(state.number)) {
        await this.documents.prepare(state.number);
        this.conversationChanged(state.number);
      }
  }

  // ---- session --------------------------------------------------------------------------------

  /** The device has an identity: from now on it can have a connection and logs. */
  openSession(identity: Identity): void {
    this.identity = identity;
    this.#session = openSession(this, identity);
  }

  async closeSession(): Promise<void> {
    this.relay?.stop();
    for (const runner of this.runners.values()) runner.stop();
    this.runners.clear();
    this.identity = undefined;
    this.#session = undefined;
    await Promise.resolve();
  }

  get relay(): RelayClient | undefined {
    return this.#session?.relay;
  }

  connectNow(): void {
    this.relay?.connectNow();
  }

  relayState(state: RelayState): void {
    this.#connection =
      state.state === 'offline'
        ? { state: 'offline', since: state.since, nextTryAt: state.nextTryAt }
        : state;
    if (state.state !== 'online') for (const runner of this.runners.values()) runner.disconnected();
    this.setup.connectionChanged(state.state);
    this.statusChanged();
  }

  async online(incarnation: Bytes, relayTime: number): Promise<void> {
    if (!(await this.setup.online())) return;
    if (!(await this.succession.meets(incarnation, relayTime))) return;
    await this.watch([...this.runners.values()]);
    if (this.succession.isLost) return;
    await this.back.lookAhead();
    await this.invitations.online();
    await this.passes.reconcile();
    await renewPackage(this);
    this.carry.wake();
    this.mailroom.lookAgain();
    this.back.online();
  }

  async changeIdentity(identity: Identity): Promise<boolean> {
    if (!(await this.write([await this.records.put('meta', META.identity, identity)]))) return false;
    this.identity = identity;
    return true;
  }

  async watch(runners: readonly LogRunner[]): Promise<void> {
    if (this.relay === undefined) return;
    const wanted = runners.filter((runner) => this.succession.mayWatch(runner));
    const answer = await watchLogs(this.relay, wanted);
    if (answer === 'behind') await this.succession.lost();
    else if (answer === 'later') this.services.clock.after(WATCH_AGAIN_MS, () => this.#watchAgain(wanted));
    else if (answer !== undefined && this.setup.phase === 'ready')
      // Another relay knows nobody yet: that it is another one is what there is to say.
      this.setProblem('not-admitted', answer === 'no-pass' && !this.succession.isLost);
  }

  /** Those that still are unwatched: a later connection may have seen to them. */
  #watchAgain(runners: readonly LogRunner[]): void {
    const left = runners.filter(
      (runner) => !runner.isWatched && this.runners.get(runner.state.number) === runner,
    );
    if (this.relay?.isOnline === true && left.length > 0) void this.watch(left);
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

  /** Of the town's logs, the one that is the town's now. */
  get generation(): number {
    return this.runners.get(TOWN_LOG)?.state.core.generation ?? 0;
  }

  get isAdmin(): boolean {
    // A copy has taken its place: what it knows of the town stands still (SPEC B7).
    if (this.identity === undefined || this.back.isEnded) return false;
    return isAdminAt(this.directory(), this.identity.person, this.townSeq());
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
    if (this.#session === undefined || this.#isStopped) return undefined;
    this.runners.get(state.number)?.stop();
    const { host } = this.#session;
    const runner = new LogRunner(host, state, await this.services.vault.logVersion(state.number));
    this.runners.set(state.number, runner);
    return runner;
  }

  /** For logs that came into being while online. */
  async addAndWatch(state: LogState): Promise<void> {
    const runner = await this.addRunner(state);
    if (runner === undefined) return;
    this.conversationChanged(state.number);
    if (this.relay?.isOnline === true) await this.watch([runner]);
  }

  /** False when it could not be stored. */
  async addEntry(log: number, body: EntryBody): Promise<boolean> {
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
      return false;
    }
    this.book.tell(added.value, intent);
    this.runners.get(log)?.poke();
    return true;
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
    this.setProblem(type, true);
  }

  #storageWorks(): void {
    this.setProblem('storage-full', false);
    this.setProblem('storage-failed', false);
  }

  setProblem(problem: StatusProblem, holds: boolean): void {
    if (holds === this.#problems.has(problem)) return;
    if (holds) this.#problems.add(problem);
    else this.#problems.delete(problem);
    this.statusChanged();
  }

  // ---- views ----------------------------------------------------------------------------------

  readonly viewSource: ViewSource = {
    me: this.#me(),
    directory: () => this.directory(),
    townSeq: () => this.townSeq(),
    conversations: () => this.conversations(),
    otherNumbers: (number) => this.moved.numbersAt(number),
    waiting: (log) => this.book.waiting(log),
    allWaiting: () => this.book.all(),
    status: () => ({
      connection: this.#connection,
      problem: gravest([...this.#problems, this.succession.problem, this.#townProblem]),
    }),
    boardTitle: (log) => this.documents.boardTitle(log),
    back: (runner) => this.back.viewOf(runner),
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

  get #townProblem(): StatusProblem | undefined {
    if (this.back.isEnded) return 'copied';
    if (this.back.isLeftBehind) return 'town-differs';
    const trouble = this.runners.get(TOWN_LOG)?.state.progress.trouble ?? 'none';
    return trouble === 'none' ? undefined : 'town-differs';
  }

  statusChanged(): void {
    this.views.status(this.viewSource);
  }

  conversationChanged(number: number): void {
    const runner = this.runners.get(number);
    if (runner?.isConversation === true) this.views.conversation(this.viewSource, runner);
  }

  // ---- what runners tell ----------------------------------------------------------------------

  runnerChanged(change: RunnerChange): void {
    this.book.removeAll(change.intentsDone);
    const { number } = change.runner.state;
    this.#storageWorks();
    if (number === TOWN_LOG) this.#townChanged(change);
    else this.conversationChanged(number);
    if (change.groupChanged && change.runner.needsWelcome) this.mailroom.lookAgain();
    if (change.runner.lost !== undefined || (number === TOWN_LOG && change.foldChanged))
      this.back.lookAgain();
    if (change.intentsDone.length > 0) this.statusChanged();
    this.carry.wake();
  }

  #townChanged(change: RunnerChange): void {
    for (const [seq, link] of change.links) this.townLinks.add(seq, link);
    this.townMoved(change.runner);
    this.mailroom.lookAgain();
    this.statusChanged();
    const isOwn = change.intentsDone.length > 0;
    // Also an own entry that changed nothing says something: whom it was to take in is not in.
    if (isOwn && !change.foldChanged) void this.invitations.admitted();
    if (!change.foldChanged) return;
    if (isOwn) for (const runner of this.runners.values()) runner.causedChange();
    this.views.all(this.viewSource);
    void this.setup.townChanged();
    void this.passes.reconcile();
    void this.invitations.townChanged();
    void this.desk.townChanged();
    this.lostMail.look();
  }

  townMoved(town: LogRunner): void {
    for (const runner of this.runners.values()) if (runner !== town) runner.townAdvanced();
  }

  async joined(state: LogState): Promise<void> {
    if (state.number === TOWN_LOG) this.townLinks.restart(state.progress.cursor, state.progress.chain);
    const runner = await this.addRunner(state);
    if (runner === undefined) return;
    // They are what the mail said now: what was known before a removal must not judge what follows.
    if (runner.isConversation) this.documents.forget(state.number);
    this.conversationChanged(state.number);
    if (this.relay?.isOnline === true) void this.watch([runner]);
    this.back.lookAgain();
    if (state.number !== TOWN_LOG) return;
    this.views.all(this.viewSource);
    await this.setup.townChanged();
    this.mailroom.lookAgain();
  }
}

function gravest(problems: readonly (StatusProblem | undefined)[]): StatusProblem | undefined {
  return STATUS_PROBLEMS.find((problem) => problems.includes(problem));
}
