/**
 * One way back (SPEC B): notices which logs this device has lost its place in, asks for them, and answers
 * others who ask. The town comes first; a request is durable before it leaves, leaves at most once an
 * hour, and is the same bytes for an hour at first, for a day in the end.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { SecretKey } from '../crypto/secretKey';
import type { KeyPackagePair } from '../crypto/group';
import { BACK_EVERY_MS, CLOCK_SLACK_MS, foundingName, returnKey } from '../domain/back';
import { allDevicesAt, devicesOfAt, isAdminAt, pairKey, type DirectoryDevice } from '../domain/directory';
import { idToBytes, type LogId, type PersonId } from '../domain/ids';
import { continuationOf } from '../domain/succession';
import { targetDevices } from '../domain/target';
import { appendResult, OP } from '../protocol/frames';
import { MAILBOX_LOG, META, TOWN_LOG } from '../records/keys';
import type { Identity } from '../records/logRecords';
import { openBackMail, writeBackMail } from '../sync/backMail';
import { signBackRequest, verifyBackRequest, type VerifiedBackRequest } from '../sync/backRequest';
import type { LogRunner } from '../sync/logRunner';
import type { Request } from '../sync/relayClient';
import { readableUpTo, ZERO_CHAIN } from '../sync/logState';
import type { Engine } from './engine';
import { createPackage, groupSelfOf, keyPackagesOf } from './identity';
import { townAhead } from './townAhead';
import type { BackView } from './views';

/** A Welcome may still be on its way: whoever was removed but belongs waits this long before asking. */
const WELCOME_WAIT_MS = 10 * 60_000;
/** A conversation that the other one has claimed comes with a Welcome, once that one is online. */
const CLAIM_WAIT_MS = 3_600_000;
/** Whoever took the town to the relay before us adds everybody at once. */
const TAKEN_WAIT_MS = 60_000;
/**
 * Then another request is made: the one before may have been heard, and its Welcome lost; or it came too soon
 * behind one that this device has forgotten, or that a copy of it has made. Twice as long each time, up to a day.
 */
const FIRST_REQUEST_MS = BACK_EVERY_MS;
const SAME_REQUEST_MS = 24 * 3_600_000;
const LOOK_AGAIN_MS = 60_000;
/** A request leaves again that soon when the connection is another one. */
const OTHER_LINE_MS = 10 * 60_000;
/** A request may still be put into the log, and a Welcome come for it (SPEC B3): so long it is remembered. */
const REMEMBERED_MS = 8 * 24 * 3_600_000;
/** Helpers of each kind that are asked at once. */
const HELPERS = 2;
const RANK_WAIT_MS = 2_000;
const ANSWERING = 2 * HELPERS;

interface Ask {
  readonly log: LogId;
  /** Undefined while nothing is lost there. */
  readonly noticedAt: number | undefined;
  readonly request: Bytes | undefined;
  readonly keyPackage: Bytes | undefined;
  readonly secret: Bytes | undefined;
  /** Times of all requests so far, the latest last. */
  readonly times: readonly number[];
  readonly sentAt: number;
  readonly round: number;
}

interface Lost {
  readonly log: LogId;
  readonly isTown: boolean;
  readonly runner: LogRunner | undefined;
  readonly waitMs: number;
  readonly helpers: () => readonly DirectoryDevice[];
}

export class BackDesk {
  readonly #engine: Engine;
  #asks: readonly Ask[] = [];
  #queue: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  readonly #answering = new Set<string>();
  #connections = 0;
  /** The town's next log, which goes on without us. */
  #ahead: LogId | undefined;
  /** Over which of the connections a log's request left last. */
  readonly #sentOver = new Map<LogId, number>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async load(): Promise<void> {
    this.#asks = (await this.#engine.records.get<readonly Ask[]>('meta', META.back)) ?? [];
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** What a Welcome that answers a request is sealed to. */
  packages(): readonly KeyPackagePair[] {
    return this.#asks.flatMap(({ keyPackage, secret }) =>
      keyPackage === undefined || secret === undefined ? [] : [{ keyPackage, secret: new SecretKey(secret) }],
    );
  }

  /** A copy of this profile has taken its place in the town: then everywhere (SPEC B7). */
  get isEnded(): boolean {
    return this.#engine.runners.get(TOWN_LOG)?.state.progress.isCopied === true;
  }

  /**
   * Something of ours was written elsewhere. Who of two copies goes on is settled in the town, where all their
   * requests stand in one order (SPEC B7); one of ours that was heard there in the hour before is good enough.
   */
  get #mustShowInTown(): boolean {
    const { identity, runners, services } = this.#engine;
    const town = runners.get(TOWN_LOG)?.state;
    if (identity === undefined || town === undefined) return false;
    const others = [...runners.values()].filter(
      ({ state, lost }) => lost !== undefined && state.progress.hasOther === true,
    );
    if (others.length === 0) return false;
    const { signatureKey } = groupSelfOf(identity);
    const heard = town.fold.returns?.[returnKey({ device: identity.device, signatureKey })]?.at;
    if (heard === undefined || this.#askFor(town.core.log)?.times.includes(heard) !== true) return true;
    return others.some(
      ({ log }) => (this.#askFor(log)?.noticedAt ?? services.clock.now()) > heard + BACK_EVERY_MS,
    );
  }

  #askFor(log: LogId): Ask | undefined {
    return this.#asks.find((ask) => ask.log === log);
  }

  /** A Welcome back into it may come before its log says that we are out. */
  isAskingFor(log: LogId): boolean {
    return this.#askFor(log)?.request !== undefined;
  }

  isOwnRequest({ log, at }: VerifiedBackRequest): boolean {
    return this.#asks.some((ask) => ask.log === log && ask.times.includes(at));
  }

  viewOf(runner: LogRunner): BackView | undefined {
    const ask = this.#askFor(runner.log);
    if (this.isEnded) return { since: ask?.noticedAt ?? 0, waitsFor: 'nothing' };
    if (ask?.noticedAt === undefined || runner.lost === undefined) return undefined;
    const isTownLost = this.#engine.runners.get(TOWN_LOG)?.lost !== undefined || this.#mustShowInTown;
    const waitsFor = this.#engine.relay?.isOnline !== true ? 'network' : isTownLost ? 'town' : 'colleague';
    return { since: ask.noticedAt, waitsFor };
  }

  // ---- asking ----------------------------------------------------------------------------------

  online(): void {
    this.#connections += 1;
    this.lookAgain();
  }

  /** Before anything is done at the relay by the directory that we have. */
  async lookAhead(): Promise<void> {
    const { relay, setup, succession } = this.#engine;
    if (relay === undefined || setup.phase !== 'ready' || succession.isLost) return;
    const ahead = await townAhead(relay, this.#engine.directory(), this.#engine.generation);
    if (ahead === this.#ahead || !relay.isOnline) return;
    this.#ahead = ahead;
    this.#engine.statusChanged();
    this.lookAgain();
  }

  /** The others have gone on to another town log, and no Welcome into it has come. */
  get isLeftBehind(): boolean {
    return this.#ahead !== undefined;
  }

  /** Something may have been lost, or come back. One after the other. */
  lookAgain(): void {
    this.#queue = this.#queue.then(() => this.#lookAgain()).catch(() => undefined);
  }

  async #lookAgain(): Promise<void> {
    const { identity, services, setup, relay } = this.#engine;
    if (identity === undefined || (setup.phase !== 'ready' && setup.admittedTo === undefined)) return;
    const lost = this.#lost(identity);
    const now = services.clock.now();
    const asks = [
      ...lost.map(({ log }) => {
        const ask = this.#askFor(log) ?? freshAsk(log);
        return noticed(onClock(ask, now), now);
      }),
      ...this.#asks
        .filter(({ log, times }) => !lost.some((one) => one.log === log) && isRemembered(times, now))
        .map((ask) => (ask.noticedAt === undefined ? ask : { ...ask, noticedAt: undefined })),
    ];
    const isChanged = asks.length !== this.#asks.length || asks.some((ask) => !this.#asks.includes(ask));
    if (isChanged && !(await this.#save(asks))) return;
    this.#cancelTimer?.();
    if (lost.length === 0) return;
    this.#cancelTimer = services.clock.after(LOOK_AGAIN_MS, () => {
      this.lookAgain();
    });
    if (relay?.isOnline !== true) return;
    const { isLost, nextTown } = this.#engine.succession;
    const isTownLost = lost.some(({ isTown }) => isTown);
    // At a relay that has lost ours there is nobody to be asked but those who have gone on there.
    for (const one of lost)
      if (isLost ? one.log === nextTown : one.isTown || !isTownLost) await this.#ask(one, identity);
  }

  #lost(identity: Identity): readonly Lost[] {
    const engine = this.#engine;
    const lost: Lost[] = [];
    if (this.isEnded) return lost;
    const guest = engine.setup.admittedTo;
    if (guest !== undefined) {
      const waitMs = engine.runners.get(MAILBOX_LOG)?.state.progress.missed === undefined ? CLAIM_WAIT_MS : 0;
      // No helper is known yet: it is asked for where the invitation leads.
      if (!engine.runners.has(TOWN_LOG))
        lost.push({ log: guest, isTown: true, runner: undefined, waitMs, helpers: () => [] });
      return lost;
    }
    const mustShowInTown = this.#mustShowInTown;
    for (const runner of engine.runners.values()) {
      const isTown = runner.state.number === TOWN_LOG;
      if (runner.lost === undefined && !(isTown && mustShowInTown)) continue;
      const waitMs = runner.lost === 'removed' && !(isTown && mustShowInTown) ? WELCOME_WAIT_MS : 0;
      const helpers = () => this.#membersOf(runner);
      lost.push({ log: runner.log, isTown, runner, waitMs, helpers });
    }
    const seq = engine.townSeq();
    const directory = engine.directory();
    // An admin has found it there, or the relay has it and we have no key to it.
    const { nextTown } = engine.succession;
    const ahead = nextTown ?? this.#ahead;
    if (ahead !== undefined) {
      const helpers = () => allDevicesAt(directory, seq);
      const waitMs = nextTown === undefined ? CLAIM_WAIT_MS : TAKEN_WAIT_MS;
      lost.push({ log: ahead, isTown: nextTown !== undefined, runner: undefined, waitMs, helpers });
    }
    for (const runner of engine.conversations()) {
      const log = this.#claimedWithoutUs(runner);
      const helpers = () => this.#membersOf(runner);
      if (log !== undefined)
        lost.push({ log, isTown: false, runner: undefined, waitMs: CLAIM_WAIT_MS, helpers });
    }
    for (const person of Object.keys(directory.persons) as PersonId[]) {
      const log = directory.claims[pairKey(identity.person, person)];
      if (person === identity.person || log === undefined || this.#isUnderWay(person, log)) continue;
      const helpers = () => devicesOfAt(directory, person, seq);
      if (helpers().length > 0)
        lost.push({ log, isTown: false, runner: undefined, waitMs: CLAIM_WAIT_MS, helpers });
    }
    return lost;
  }

  /** Where a conversation of ours goes on (SPEC Q7), when we wait for the Welcome into it. */
  #claimedWithoutUs({ state: { core, progress } }: LogRunner): LogId | undefined {
    if (core.continues === undefined || progress.isCreated) return undefined;
    const log = continuationOf(this.#engine.directory(), core.continues.log).next?.log;
    return log === core.log ? undefined : log;
  }

  /** In it, or on the way into what continues it (SPEC Q5). */
  #isUnderWay(person: PersonId, log: LogId): boolean {
    const core = this.#engine.conversationWith(person)?.state.core;
    return this.#engine.runnerOf(log) !== undefined || core?.log === log || core?.continues !== undefined;
  }

  /** Devices that are in the log as far as we know, those that were heard from last first. */
  #membersOf({ state }: LogRunner): readonly DirectoryDevice[] {
    const { fold, progress } = state;
    const roster = fold.type === 'town' ? undefined : (Object.keys(fold.conversation.roster) as PersonId[]);
    const devices = [...targetDevices(this.#engine.directory(), roster, this.#engine.townSeq()).values()];
    const heard = ({ facts }: DirectoryDevice) => progress.receipts[facts.id]?.[0] ?? 0;
    return devices.sort((a, b) => heard(b) - heard(a));
  }

  async #ask(lost: Lost, identity: Identity): Promise<void> {
    const { services } = this.#engine;
    const now = services.clock.now();
    const ask = this.#askFor(lost.log);
    if (ask?.noticedAt === undefined || now < ask.noticedAt + lost.waitMs) return;
    // What went out over another connection may have been swallowed there.
    const isOtherLine = this.#sentOver.get(ask.log) !== this.#connections;
    if (now < ask.sentAt + (isOtherLine ? OTHER_LINE_MS : BACK_EVERY_MS)) return;
    const ready = await this.#withRequest(ask, lost, identity, now);
    if (ready?.request === undefined) return;
    let isSent = lost.log === this.#engine.setup.admittedTo && (await this.#askAtDoor(ready.request));
    for (const [rank, device] of this.#helpersOf(lost, identity, ready.round).entries())
      isSent = (await this.#send(device, ready.request, rank)) || isSent;
    if (isSent) this.#sentOver.set(ask.log, this.#connections);
    if (isSent) await this.#replace(ready, { ...ready, sentAt: now, round: ready.round + 1 });
    if (lost.runner !== undefined) this.#engine.conversationChanged(lost.runner.state.number);
  }

  async #withRequest(ask: Ask, lost: Lost, identity: Identity, now: number): Promise<Ask | undefined> {
    const last = ask.times.at(-1);
    const made = ask.times.filter((at) => at >= (ask.noticedAt ?? 0)).length;
    const goodFor = Math.min(SAME_REQUEST_MS, FIRST_REQUEST_MS * 2 ** Math.max(0, made - 1));
    if (ask.request !== undefined && last !== undefined && now < last + goodFor) return ask;
    const { keyPackage, secret } = await createPackage(this.#engine.services, identity);
    const progress = lost.runner?.state.progress;
    const seq = progress?.cursor ?? 0;
    const request = await signBackRequest(groupSelfOf(identity), {
      log: ask.log,
      device: identity.device,
      keyPackage,
      seq,
      chain: progress?.chain ?? ZERO_CHAIN,
      since: progress === undefined ? seq : readableUpTo(progress),
      at: now,
    });
    const asked: Ask = { ...ask, request, keyPackage, secret, times: [...ask.times, now] };
    return (await this.#replace(ask, asked)) ? asked : undefined;
  }

  /** Two admins and two others, other ones each time. */
  #helpersOf(lost: Lost, identity: Identity, round: number): readonly DirectoryDevice[] {
    const { directory, seq } = { directory: this.#engine.directory(), seq: this.#engine.townSeq() };
    const others = lost.helpers().filter(({ facts }) => facts.id !== identity.device);
    const isAdmin = ({ person }: DirectoryDevice) => isAdminAt(directory, person, seq);
    const admins = turned(others.filter(isAdmin), round * HELPERS).slice(0, HELPERS);
    const rest = others.filter((device) => !admins.includes(device));
    return [...admins, ...turned(rest, round * HELPERS).slice(0, HELPERS)];
  }

  async #send({ facts }: DirectoryDevice, request: Bytes, rank: number): Promise<boolean> {
    const { services, relay } = this.#engine;
    const mail = await writeBackMail(services.groups, facts.keyPackage, { request, rank });
    if (mail === undefined || relay === undefined) return false;
    const frame: Request = [OP.append, idToBytes(facts.mailbox), new Uint8Array(0), 0, [mail]];
    const answer = await relay.request(frame, appendResult);
    return answer.ok && answer.value[1] === null;
  }

  /** What else was sent meanwhile may be lost as well: once it is in, it says so (SPEC J7). */
  async #askAtDoor(request: Bytes): Promise<boolean> {
    const mailbox = this.#engine.runners.get(MAILBOX_LOG);
    await mailbox?.update({ missed: mailbox.state.progress.cursor });
    return this.#engine.setup.askAtDoor(request);
  }

  async #replace(old: Ask, ask: Ask): Promise<boolean> {
    return this.#save(this.#asks.map((other) => (other === old ? ask : other)));
  }

  async #save(asks: readonly Ask[]): Promise<boolean> {
    const { records } = this.#engine;
    if (!(await this.#engine.write([await records.put('meta', META.back, asks)]))) return false;
    this.#asks = asks;
    this.#engine.views.all(this.#engine.viewSource);
    return true;
  }

  // ---- answering -------------------------------------------------------------------------------

  /** `none`: no request. `later`: it may be answered when we have read on. */
  async judge(envelope: Bytes, identity: Identity): Promise<'none' | 'later' | 'done'> {
    const { groups } = this.#engine.services;
    const mail = await openBackMail(groups, keyPackagesOf(identity), envelope);
    if (mail === undefined) return 'none';
    const request = await verifyBackRequest(groups, undefined, mail.request);
    if (request === undefined || request.device === identity.device || this.isEnded) return 'done';
    const runner = this.#engine.runnerOf(request.log);
    if (runner === undefined || runner.state.core.kind === 'mailbox') return 'done';
    const town = this.#engine.runners.get(TOWN_LOG);
    if (town === undefined || town.lost !== undefined || !isAtHead(town)) return 'later';
    if (runner.lost !== undefined || !isAtHead(runner)) return 'later';
    if (this.#mayReturn(runner, request)) this.#answer(runner, request, mail);
    return 'done';
  }

  /** A guest's, through its invitation's log; it asks again until it is let in. */
  async heardAtDoor(bytes: Bytes): Promise<void> {
    const town = this.#engine.runners.get(TOWN_LOG);
    const names = [foundingName(this.#engine.directory())];
    const request = await verifyBackRequest(this.#engine.services.groups, names, bytes);
    if (request === undefined || town === undefined || town.lost !== undefined || this.isEnded) return;
    if (town.state.fold.silent?.[request.device] === undefined || !this.#mayReturn(town, request)) return;
    // Other admins' devices read it as well: by chance one of them is first.
    const [rank = 0] = this.#engine.services.random.bytes(1);
    this.#answer(town, request, { request: bytes, rank: rank % ANSWERING });
  }

  /** By directory and roster the device belongs, and nothing newer of it was heard. */
  #mayReturn({ state }: LogRunner, request: VerifiedBackRequest): boolean {
    const { fold, group } = state;
    if (group === undefined) return false;
    const roster = fold.type === 'town' ? undefined : (Object.keys(fold.conversation.roster) as PersonId[]);
    const target = targetDevices(this.#engine.directory(), roster, this.#engine.townSeq());
    const device = target.get(request.device);
    if (device === undefined || !equalBytes(device.facts.signatureKey, request.signatureKey)) return false;
    const last = fold.returns?.[returnKey(request)];
    return last === undefined || request.at >= last.at + BACK_EVERY_MS;
  }

  #answer(
    runner: LogRunner,
    request: VerifiedBackRequest,
    { request: bytes, rank }: { request: Bytes; rank: number },
  ): void {
    const key = `${request.log}:${request.device}:${request.at}`;
    if (this.#answering.has(key)) return;
    this.#answering.add(key);
    const { number } = runner.state;
    this.#engine.services.clock.after(Math.min(rank, ANSWERING) * RANK_WAIT_MS, () => {
      this.#answering.delete(key);
      const now = this.#engine.runners.get(number);
      if (now?.lost === undefined && now !== undefined && this.#mayReturn(now, request))
        void this.#engine.addEntry(number, { kind: 'back', request: bytes });
    });
  }
}

/** Lost anew: what answered the last loss counts for nothing now, but may still be heard. */
function noticed(ask: Ask, now: number): Ask {
  return ask.noticedAt === undefined
    ? { ...ask, noticedAt: now, request: undefined, sentAt: -BACK_EVERY_MS, round: 0 }
    : ask;
}

function isRemembered(times: readonly number[], now: number): boolean {
  // A clock may have been ahead: the one that is good for longest counts.
  return now < Math.max(-Infinity, ...times) + REMEMBERED_MS;
}

function freshAsk(log: LogId): Ask {
  return {
    log,
    noticedAt: undefined,
    request: undefined,
    keyPackage: undefined,
    secret: undefined,
    times: [],
    sentAt: -BACK_EVERY_MS,
    round: 0,
  };
}

/** What a clock far ahead has noted counts for nobody (SPEC B3), and must not hold until then. */
function onClock(ask: Ask, now: number): Ask {
  const madeAt = ask.request === undefined ? 0 : (ask.times.at(-1) ?? 0);
  const latest = Math.max(ask.noticedAt ?? 0, ask.sentAt, madeAt);
  if (latest <= now + CLOCK_SLACK_MS) return ask;
  return { ...freshAsk(ask.log), times: ask.times, round: ask.round };
}

function isAtHead(runner: LogRunner): boolean {
  return runner.isWatched && !runner.isCatchingUp;
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
