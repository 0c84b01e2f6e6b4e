/**
 * The relay without sockets: a frame of a session goes in, the store is asked, a reply goes out.
 * It orders and keeps envelopes and never looks inside one; nothing here could open anything.
 *
 * Who may do what stands in `access.ts`, what is in order in `stores/decideAppend.ts`, who is told
 * what in `subscriptions.ts`. Here the three meet.
 */
import type { Bytes } from '../src/lib/bytes';
import { concatBytes, equalBytes } from '../src/lib/bytes';
import { unreachable } from '../src/lib/assert';
import { decodeCbor } from '../src/protocol/codec';
import { parseEnvelope } from '../src/protocol/envelope';
import {
  encodeFrame,
  OP,
  parseRequest,
  PROTOCOL_VERSION,
  REPLY,
  type LogKind,
  type Refusal,
  type ReplyFrame,
  type RequestFrame,
  type StoredEnvelope,
} from '../src/protocol/frames';
import { LIMITS } from '../src/protocol/limits';
import { relayAuthMessage, RELAY_NONCE_MS } from '../src/protocol/relayAuth';
import { QUOTAS, refusalFor, type Deed } from './access';
import { AppendQueue } from './appendQueue';
import { BlobTokens } from './blobTokens';
import { BucketMap } from './bucketMap';
import { FactsCache } from './factsCache';
import { isSignedBy, mapKeyOf, pseudonymOf, randomBytes, sha256 } from './hashes';
import { PassBook } from './passBook';
import { CLOSE, type Peer } from './peer';
import { Session } from './session';
import type { LogFacts, LogStore, StoreFailure, StoredRow, StoreResult } from './stores/logStore';
import { SLOW_LIMITS, Subscriptions, type SlowLimits } from './subscriptions';
import type { BucketSize } from './tokenBucket';

export interface RelayOptions {
  readonly store: LogStore;
  readonly now: () => number;
  readonly schedule?: (run: () => void) => void;
  readonly slow?: SlowLimits;
  readonly rates?: Partial<RelayRates>;
  readonly maxWaitingBytes?: number;
  /** Connections without a pass; beyond this the oldest of them make room. */
  readonly maxStrangers?: number;
}

export interface RelayRates {
  /** Frames of a connection; a frame costs 1 and 1 per 16 KiB. */
  readonly withPass: BucketSize;
  readonly withoutPass: BucketSize;
  /** New logs of a pass. */
  readonly creates: BucketSize;
  /** Commits of a pass in one log: a commit loop must not starve those who catch up. */
  readonly commits: BucketSize;
}

export const RELAY_RATES: RelayRates = {
  withPass: { burst: 2_000, perSecond: 200 },
  withoutPass: { burst: 40, perSecond: 4 },
  creates: { burst: 500, perSecond: 1 },
  commits: { burst: 4, perSecond: 0.1 },
};

const WATCHES_WITHOUT_PASS = 8;
const COST_BYTES = 16 * 1024;

type FrameOf<K extends keyof typeof OP> = Extract<RequestFrame, readonly [(typeof OP)[K], ...unknown[]]>;

export class Relay {
  readonly tokens: BlobTokens;
  readonly passes: PassBook;
  readonly #store: LogStore;
  readonly #now: () => number;
  readonly #rates: RelayRates;
  readonly #facts: FactsCache;
  readonly #appends: AppendQueue;
  readonly #subscriptions: Subscriptions;
  readonly #creates: BucketMap;
  readonly #commits: BucketMap;
  readonly #sessions = new Set<Session>();
  /** Those without a pass when they were last looked at, oldest first. */
  readonly #strangers = new Set<Session>();
  readonly #maxStrangers: number;
  #isStopping = false;
  #isStoreWell = true;

  constructor(options: RelayOptions) {
    const { store, now } = options;
    this.#store = store;
    this.#now = now;
    this.#maxStrangers = options.maxStrangers ?? 4_000;
    this.#rates = { ...RELAY_RATES, ...options.rates };
    this.#facts = new FactsCache(store);
    this.#subscriptions = new Subscriptions(options.slow ?? SLOW_LIMITS);
    this.#creates = new BucketMap(this.#rates.creates);
    this.#commits = new BucketMap(this.#rates.commits);
    this.tokens = new BlobTokens(now);
    this.passes = new PassBook(store);
    this.#appends = new AppendQueue({
      store,
      now,
      schedule: options.schedule ?? ((run) => void setImmediate(run)),
      publish: (log, frame) => {
        this.#subscriptions.news(log, frame);
      },
      maxWaitingBytes: options.maxWaitingBytes ?? 64 * 1024 * 1024,
    });
  }

  /** Reads the passes; nothing is served before. */
  async open(): Promise<StoreResult<true>> {
    return this.passes.load();
  }

  get connections(): number {
    return this.#sessions.size;
  }

  connect(peer: Peer, host: string): Session {
    const now = this.#now();
    const nonce = randomBytes(32);
    const session = new Session(
      { peer, host, nonce, nonceUntil: now + RELAY_NONCE_MS },
      this.#rates.withoutPass,
      now,
    );
    this.#sessions.add(session);
    this.#strangers.add(session);
    this.#makeRoom();
    this.#send(session, [REPLY.hello, PROTOCOL_VERSION, nonce, this.#store.identity.incarnation, now]);
    return session;
  }

  disconnect(session: Session): void {
    this.#sessions.delete(session);
    this.#strangers.delete(session);
    this.#subscriptions.forget(session.peer);
  }

  /** May this connection stay, though it has proved nothing? Who waits in an invitation may. */
  isIdleStranger(session: Session): boolean {
    return session.relayKey === undefined && this.#subscriptions.watchedBy(session.peer) === 0;
  }

  isSlow(peer: Peer): boolean {
    return this.#subscriptions.isSlow(peer);
  }

  /** Resolves when the frame is answered. */
  async receive(session: Session, bytes: Uint8Array): Promise<void> {
    const now = this.#now();
    const wait = session.takeFrame(now, 1 + Math.floor(bytes.length / COST_BYTES));
    if (wait > 0) {
      this.#refuse(session, requestNumberIn(bytes), 'rate', wait);
      session.peer.rest(Math.min(wait, 5_000));
      return;
    }
    const frame = parseRequest(bytes);
    if (!frame.ok) {
      this.#refuse(session, requestNumberIn(bytes), 'bad-frame');
      return;
    }
    if (session.authenticating !== undefined) await session.authenticating;
    if (this.#isStopping) {
      this.#refuse(session, frame.value[1], 'busy', 1_000);
      return;
    }
    await this.#dispatch(session, frame.value);
  }

  /** The peer has room again: what it missed is made good. */
  async drained(peer: Peer): Promise<void> {
    for (const { log, hasNews, firstPut } of this.#subscriptions.takeMissed(peer)) {
      if (hasNews) peer.send(encodeFrame([REPLY.news, log, [], 0]));
      if (firstPut !== undefined) await this.#pushSlots(peer, log, firstPut - 1);
    }
  }

  /** Nothing new is taken; what was taken is written and answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#appends.drain();
    for (const { peer } of this.#sessions) peer.close(CLOSE.goingAway, 'restart');
  }

  /** Whether the store takes writes; after trouble it is asked again. */
  async isReady(): Promise<boolean> {
    if (this.#isStopping) return false;
    if (!this.#isStoreWell) this.#noteHealth(await this.#store.probe());
    return this.#isStoreWell;
  }

  /** Forgets what is older than the retention, in steps that let others in between. */
  async expire(retentionMs: number): Promise<number> {
    const before = this.#now() - retentionMs;
    let total = 0;
    for (;;) {
      const dropped = await this.#store.expire(before, 500);
      if (!dropped.ok || dropped.value === 0 || this.#isStopping) return total;
      total += dropped.value;
    }
  }

  #dispatch(session: Session, frame: RequestFrame): Promise<void> | void {
    switch (frame[0]) {
      case OP.auth:
        session.authenticating = this.#auth(session, frame);
        return session.authenticating.then(() => undefined);
      case OP.create:
        return this.#create(session, frame);
      case OP.append:
        return this.#append(session, frame);
      case OP.read:
        return this.#read(session, frame);
      case OP.watch:
        return this.#watch(session, frame);
      case OP.unwatch:
        return this.#unwatch(session, frame);
      case OP.put:
        return this.#put(session, frame);
      case OP.close:
        return this.#close(session, frame);
      case OP.redact:
        return this.#redact(session, frame);
      case OP.cast:
        return this.#cast(session, frame);
      case OP.admit:
        return this.#admit(session, frame);
      case OP.revoke:
        return this.#revoke(session, frame);
      case OP.passes:
        return this.#listPasses(session, frame);
      case OP.claim:
        return this.#claim(session, frame);
      case OP.token:
        return this.#token(session, frame);
      default:
        return unreachable(frame);
    }
  }

  async #auth(session: Session, [, req, key, signature]: FrameOf<'auth'>): Promise<void> {
    const { nonce } = session;
    session.nonce = undefined;
    if (nonce === undefined || this.#now() > session.nonceUntil) {
      this.#refuse(session, req, 'bad-auth');
      return;
    }
    if (!(await isSignedBy(key, relayAuthMessage(session.host, nonce), signature))) {
      this.#refuse(session, req, 'bad-auth');
      return;
    }
    session.relayKey = key;
    if (this.#hasPass(session)) this.#welcome(session);
    this.#done(session, req);
  }

  async #create(session: Session, frame: FrameOf<'create'>): Promise<void> {
    const [, req, log, kind, readHash, writeHash, closeHash] = frame;
    const { relayKey } = session;
    if (relayKey === undefined || !this.#hasPass(session)) {
      this.#refuse(session, req, 'no-pass');
      return;
    }
    const wait = this.#creates.take(mapKeyOf(relayKey), this.#now());
    if (wait > 0) {
      this.#refuse(session, req, 'rate', wait);
      return;
    }
    this.#answer(session, req, await this.#store.create({ log, kind, readHash, writeHash, closeHash }));
  }

  async #append(session: Session, frame: FrameOf<'append'>): Promise<void> {
    const [, req, log, key, afterCommit, list] = frame;
    const facts = await this.#allowed(session, req, log, 'append', key);
    if (facts === undefined) return;
    const { envelopes, refusal } = checkedEnvelopes(list, facts.kind);
    if (envelopes.length === 0) {
      if (refusal === undefined) this.#ok(session, req, [[], null]);
      else this.#refuse(session, req, refusal);
      return;
    }
    const commitKey = mapKeyOf(concatBytes(log, session.relayKey ?? new Uint8Array(0)));
    const hasCommit = envelopes.some((envelope) => envelope.isCommit);
    const commitWait = hasCommit ? this.#commits.take(commitKey, this.#now()) : 0;
    const request = {
      log,
      afterCommit,
      pseudonym: this.#pseudonym(session, log),
      envelopes,
      maxEnvelopes: QUOTAS[facts.kind].maxEnvelopes,
      commitWait,
    };
    await new Promise<void>((resolve) => {
      this.#appends.submit(request, (outcome) => {
        const { appended, refused } = outcome;
        const hasCommitted = appended.some(({ isNew }, i) => isNew && envelopes[i]?.isCommit === true);
        if (hasCommit && commitWait === 0 && !hasCommitted) this.#commits.giveBack(commitKey);
        this.#noteHealth(refused);
        const reason: [Refusal, number] | null =
          refused !== undefined ? [refused.type, refused.value] : refusal !== undefined ? [refusal, 0] : null;
        this.#ok(session, req, [appended.map(({ seq, at }) => [seq, at]), reason]);
        resolve();
      });
    });
  }

  async #read(session: Session, [, req, log, key, after, wanted]: FrameOf<'read'>): Promise<void> {
    if ((await this.#allowed(session, req, log, 'read', key)) === undefined) return;
    const page = await this.#store.read(log, after, Math.min(wanted, LIMITS.readBytes));
    if (!page.ok) {
      this.#refuseBy(session, req, page.error);
      return;
    }
    const { envelopes, head, firstSeq, lastCommit } = page.value;
    this.#ok(session, req, [envelopes.map(storedEnvelopeOf), head, firstSeq, lastCommit]);
  }

  /** Watching begins before the state is read, so that nothing falls between the two. */
  async #watch(session: Session, [, req, items]: FrameOf<'watch'>): Promise<void> {
    const { peer } = session;
    const hasPass = this.#hasPass(session);
    const all = await this.#facts.all(items.map(([log]) => log));
    if (!all.ok) {
      this.#refuseBy(session, req, all.error);
      return;
    }
    const results: unknown[] = [];
    const watched: { index: number; log: Bytes; after: number; afterPut: number }[] = [];
    const most = hasPass ? LIMITS.watchLogs : WATCHES_WITHOUT_PASS;
    items.forEach(([log, key, after, afterPut], index) => {
      const isRoom = this.#subscriptions.isWatching(peer, log) || this.#subscriptions.watchedBy(peer) < most;
      const refusal = refusalFor(all.value[index], 'read', key, hasPass);
      if (refusal !== undefined || !isRoom) {
        results.push([index, refusal ?? 'full']);
        return;
      }
      this.#subscriptions.watch(peer, log);
      watched.push({ index, log, after, afterPut });
    });
    const states = await this.#store.watch(watched);
    if (!this.#sessions.has(session)) {
      this.#subscriptions.forget(peer); // it left while the store was asked
      return;
    }
    if (!states.ok) {
      for (const { log } of watched) this.#subscriptions.unwatch(peer, log);
      this.#refuseBy(session, req, states.error);
      return;
    }
    const closed: Bytes[] = [];
    const withMoreSlots: { log: Bytes; afterPut: number }[] = [];
    watched.forEach(({ index, log, after, afterPut }, i) => {
      const state = states.value[i];
      if (state === undefined) return;
      const { head, firstSeq, lastCommit, slots } = state;
      // a head below the cursor is news as well: this relay was rolled back
      if (head !== after || slots.length > 0)
        results.push([
          index,
          head,
          firstSeq,
          lastCommit,
          slots.map(({ put, slot, value }) => [put, slot, value]),
        ]);
      if (state.isClosed) closed.push(log);
      if (state.hasMoreSlots) withMoreSlots.push({ log, afterPut });
    });
    this.#ok(session, req, results);
    for (const log of closed) this.#send(session, [REPLY.closed, log]);
    for (const { log, afterPut } of withMoreSlots) await this.#pushSlots(peer, log, afterPut);
  }

  #unwatch(session: Session, [, req, logs]: FrameOf<'unwatch'>): void {
    for (const log of logs) this.#subscriptions.unwatch(session.peer, log);
    this.#done(session, req);
  }

  async #put(session: Session, [, req, log, key, slot, value]: FrameOf<'put'>): Promise<void> {
    if ((await this.#allowed(session, req, log, 'speak', key)) === undefined) return;
    const put = await this.#store.put(log, slot, value);
    if (put.ok && this.#subscriptions.hasWatchers(log)) {
      const frame = encodeFrame([REPLY.slot, log, put.value, slot, value]);
      this.#subscriptions.slot(log, put.value, frame, session.peer);
    }
    this.#answer(session, req, put);
  }

  async #close(session: Session, [, req, log, key]: FrameOf<'close'>): Promise<void> {
    if ((await this.#allowed(session, req, log, 'close', key)) === undefined) return;
    const closed = await this.#store.closeLog(log, this.#now());
    this.#answer(session, req, closed);
    if (closed.ok) this.#subscriptions.closed(log, encodeFrame([REPLY.closed, log]));
  }

  async #redact(session: Session, frame: FrameOf<'redact'>): Promise<void> {
    const [, req, log, writeKey, seq, closeKey] = frame;
    const isOwn = closeKey.length === 0;
    const facts = isOwn
      ? await this.#allowed(session, req, log, 'append', writeKey)
      : await this.#allowed(session, req, log, 'close', closeKey);
    if (facts === undefined) return;
    const pseudonym = isOwn ? this.#pseudonym(session, log) : undefined;
    this.#answer(session, req, await this.#store.redact(log, seq, pseudonym));
  }

  async #cast(session: Session, [, req, log, key, bytes]: FrameOf<'cast'>): Promise<void> {
    if ((await this.#allowed(session, req, log, 'speak', key)) === undefined) return;
    if (this.#subscriptions.hasWatchers(log))
      this.#subscriptions.cast(log, encodeFrame([REPLY.cast, log, bytes]), session.peer);
    this.#done(session, req);
  }

  async #admit(session: Session, [, req, items]: FrameOf<'admit'>): Promise<void> {
    if (!this.#isAdmin(session, req)) return;
    const admitted = items.map(([key, isAdmin]) => ({ key, isAdmin }));
    const done = await this.passes.admit(admitted);
    if (done.ok)
      for (const other of this.#sessions)
        if (admitted.some(({ key }) => isKeyOf(other, key))) this.#welcome(other);
    this.#answer(session, req, done);
  }

  async #revoke(session: Session, [, req, keys]: FrameOf<'revoke'>): Promise<void> {
    if (!this.#isAdmin(session, req)) return;
    const done = await this.passes.revoke(keys);
    this.#answer(session, req, done);
    if (!done.ok) return;
    for (const other of [...this.#sessions]) {
      if (!keys.some((key) => isKeyOf(other, key))) continue;
      this.#subscriptions.forget(other.peer);
      other.peer.close(CLOSE.policy, 'revoked');
    }
  }

  #listPasses(session: Session, [, req]: FrameOf<'passes'>): void {
    if (!this.#isAdmin(session, req)) return;
    this.#ok(
      session,
      req,
      this.passes.all().map(({ key, isAdmin }) => [key, isAdmin]),
    );
  }

  async #claim(session: Session, [, req, token]: FrameOf<'claim'>): Promise<void> {
    const { relayKey } = session;
    if (relayKey === undefined) {
      this.#refuse(session, req, 'bad-auth');
      return;
    }
    const claimed = await this.passes.claim(sha256(token), relayKey);
    if (claimed.ok && !claimed.value) {
      this.#refuse(session, req, 'bad-token');
      return;
    }
    if (claimed.ok) this.#welcome(session);
    this.#answer(session, req, claimed);
  }

  #token(session: Session, [, req]: FrameOf<'token'>): void {
    if (session.relayKey === undefined || !this.#hasPass(session)) this.#refuse(session, req, 'no-pass');
    else this.#ok(session, req, this.tokens.issue(session.relayKey));
  }

  // ---- helpers ------------------------------------------------------------------------------

  /** The log's facts, or undefined when the request has been refused. */
  async #allowed(
    session: Session,
    req: number,
    log: Bytes,
    deed: Deed,
    key: Bytes,
  ): Promise<LogFacts | undefined> {
    let facts = this.#facts.peek(log);
    if (facts === undefined) {
      const asked = await this.#facts.all([log]);
      if (!asked.ok) {
        this.#refuseBy(session, req, asked.error);
        return undefined;
      }
      facts = asked.value[0];
    }
    const refusal = refusalFor(facts, deed, key, this.#hasPass(session));
    if (refusal === undefined) return facts;
    this.#refuse(session, req, refusal);
    return undefined;
  }

  #welcome(session: Session): void {
    this.#strangers.delete(session);
    session.allow(this.#rates.withPass, this.#now());
  }

  /** A crowd of strangers costs strangers their place, never staff: who watches something goes last. */
  #makeRoom(): void {
    if (this.#strangers.size <= this.#maxStrangers) return;
    const oldest = [...take(this.#strangers, 32)];
    const leaving = oldest.find((session) => this.isIdleStranger(session)) ?? oldest[0];
    if (leaving === undefined) return;
    this.#strangers.delete(leaving);
    leaving.peer.close(CLOSE.tryAgainLater, 'crowd');
  }

  #hasPass(session: Session): boolean {
    return this.passes.has(session.relayKey);
  }

  #isAdmin(session: Session, req: number): boolean {
    if (this.passes.isAdmin(session.relayKey)) return true;
    this.#refuse(session, req, this.#hasPass(session) ? 'forbidden' : 'no-pass');
    return false;
  }

  #pseudonym(session: Session, log: Bytes): Bytes {
    return session.relayKey === undefined || !this.#hasPass(session)
      ? new Uint8Array(0)
      : pseudonymOf(this.#store.identity.pseudonymSecret, log, session.relayKey);
  }

  async #pushSlots(peer: Peer, log: Bytes, afterPut: number): Promise<void> {
    const states = await this.#store.watch([{ log, afterPut }]);
    if (!states.ok || !this.#subscriptions.isWatching(peer, log)) return;
    for (const { put, slot, value } of states.value[0]?.slots ?? [])
      peer.send(encodeFrame([REPLY.slot, log, put, slot, value]));
  }

  #noteHealth(outcome: StoreResult<unknown> | StoreFailure | undefined): void {
    const failure =
      outcome === undefined
        ? undefined
        : 'ok' in outcome
          ? outcome.ok
            ? undefined
            : outcome.error
          : outcome;
    if (failure?.type === 'storage') this.#isStoreWell = false;
    else if (failure === undefined) this.#isStoreWell = true;
  }

  /** `true`, or why not. */
  #answer(session: Session, req: number, result: StoreResult<unknown>): void {
    this.#noteHealth(result);
    if (result.ok) this.#done(session, req);
    else this.#refuseBy(session, req, result.error);
  }

  #done(session: Session, req: number): void {
    this.#ok(session, req, true);
  }

  #ok(session: Session, req: number, result: unknown): void {
    this.#send(session, [REPLY.ok, req, result]);
  }

  #refuseBy(session: Session, req: number, failure: StoreFailure): void {
    this.#refuse(session, req, failure.type, failure.value);
  }

  #refuse(session: Session, req: number, reason: Refusal, value = 0): void {
    this.#send(session, [REPLY.refused, req, reason, value]);
  }

  #send(session: Session, frame: ReplyFrame): void {
    session.peer.send(encodeFrame(frame));
  }
}

/** The longest prefix that this kind of log takes, and why it ends. */
function checkedEnvelopes(list: readonly Bytes[], kind: LogKind) {
  const quota = QUOTAS[kind];
  const envelopes: { bytes: Bytes; isCommit: boolean }[] = [];
  for (const bytes of list) {
    const parsed = parseEnvelope(bytes, quota.envelopeBytes);
    if (!parsed.ok) return { envelopes, refusal: refusalOf(parsed.error.type) };
    const { isCommit } = parsed.value;
    if (isCommit && !quota.takesCommits) return { envelopes, refusal: 'bad-frame' as const };
    envelopes.push({ bytes, isCommit });
  }
  return { envelopes, refusal: undefined };
}

function refusalOf(type: 'malformed' | 'too-large' | 'from-the-future'): Refusal {
  return type === 'too-large' ? 'too-large' : 'bad-frame';
}

function storedEnvelopeOf({ seq, at, pseudonym, bytes, id, isCommit }: StoredRow): StoredEnvelope {
  return bytes.length === 0 ? [seq, at, pseudonym, bytes, id, isCommit] : [seq, at, pseudonym, bytes];
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

function isKeyOf(session: Session, key: Bytes): boolean {
  return session.relayKey !== undefined && equalBytes(session.relayKey, key);
}

/** Of a frame that may be anything: a number to answer to, 0 when there is none. */
function requestNumberIn(bytes: Uint8Array): number {
  const value = decodeCbor(bytes);
  const req: unknown = value.ok && Array.isArray(value.value) ? value.value[1] : undefined;
  return typeof req === 'number' && Number.isSafeInteger(req) && req >= 0 ? req : 0;
}
