/**
 * The relay without sockets: a frame of a session goes in, the store is asked, a reply goes out.
 * It orders and keeps envelopes and never looks inside one; nothing here could open anything.
 *
 * Who may do what stands in `access.ts`, how often in `rates.ts`, what is in order in
 * `stores/decideAppend.ts`, who is told what in `subscriptions.ts`. The operations are at the desks;
 * here they are put together.
 */
import { unreachable } from '../src/lib/assert';
import { decodeCbor } from '../src/protocol/codec';
import { OP, parseRequest, PROTOCOL_VERSION, REPLY, type RequestFrame } from '../src/protocol/frames';
import { AppendQueue } from './appendQueue';
import { BlobTokens } from './blobTokens';
import { Guard } from './desks/guard';
import { LogDesk } from './desks/logDesk';
import { PassDesk } from './desks/passDesk';
import { WatchDesk } from './desks/watchDesk';
import { FactsCache } from './factsCache';
import { randomBytes } from './hashes';
import { PassBook } from './passBook';
import { CLOSE, type Peer } from './peer';
import { costOfBytes, RELAY_RATES, type RelayRates } from './rates';
import { Replies } from './replies';
import { SEND_LIMITS, SendBudget, type SendLimits } from './sendBudget';
import { Session } from './session';
import { SESSION_LIMITS, Sessions, type SessionLimits } from './sessions';
import { StoreHealth } from './storeHealth';
import type { LogStore, StoreResult } from './stores/logStore';
import { Subscriptions } from './subscriptions';

export interface RelayOptions {
  readonly store: LogStore;
  readonly now: () => number;
  readonly schedule?: (run: () => void) => void;
  readonly sending?: Partial<SendLimits>;
  readonly rates?: Partial<RelayRates>;
  readonly maxWaitingBytes?: number;
  readonly limits?: Partial<SessionLimits>;
}

/** The longest a socket is not read from because its frames came too fast. */
const REST_MS = 5_000;

export class Relay {
  readonly tokens: BlobTokens;
  readonly passes: PassBook;
  /** What waits for the network, of all connections; the sockets count it. */
  readonly budget: SendBudget;
  readonly #store: LogStore;
  readonly #now: () => number;
  readonly #rates: RelayRates;
  readonly #health: StoreHealth;
  readonly #replies: Replies;
  readonly #appends: AppendQueue;
  readonly #subscriptions: Subscriptions;
  readonly #sessions: Sessions;
  readonly #passDesk: PassDesk;
  readonly #logDesk: LogDesk;
  readonly #watchDesk: WatchDesk;
  #isStopping = false;

  constructor(options: RelayOptions) {
    const { store, now } = options;
    this.#store = store;
    this.#now = now;
    this.#rates = { ...RELAY_RATES, ...options.rates };
    this.#health = new StoreHealth(store);
    this.#replies = new Replies(this.#health);
    this.budget = new SendBudget({ ...SEND_LIMITS, ...options.sending });
    this.#subscriptions = new Subscriptions(this.budget);
    const limits = { ...SESSION_LIMITS, ...options.limits };
    const isIdle = ({ relayKey, peer }: Session): boolean =>
      relayKey === undefined && this.#subscriptions.watchedBy(peer) === 0;
    this.#sessions = new Sessions(this.#rates, limits, isIdle);
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
    const facts = new FactsCache(store);
    const house = {
      store,
      now,
      facts,
      guard: new Guard(facts, this.passes, this.#replies),
      appends: this.#appends,
      budget: this.budget,
      health: this.#health,
      passes: this.passes,
      rates: this.#rates,
      replies: this.#replies,
      sessions: this.#sessions,
      subscriptions: this.#subscriptions,
      tokens: this.tokens,
    };
    this.#passDesk = new PassDesk(house);
    this.#logDesk = new LogDesk(house);
    this.#watchDesk = new WatchDesk(house);
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
    const session = new Session({ peer, host, nonce, since: now }, this.#rates.withoutPass);
    this.#sessions.enter(session);
    const { incarnation } = this.#store.identity;
    this.#replies.send(session, [REPLY.hello, PROTOCOL_VERSION, nonce, incarnation, now]);
    return session;
  }

  disconnect(session: Session): void {
    this.#sessions.leave(session);
    this.#subscriptions.forget(session.peer);
  }

  /** Who has proved nothing within so long must go; who waits in an invitation may stay. */
  sendAwayIdle(afterMs: number): void {
    this.#sessions.sendAwayIdle(this.#now() - afterMs);
  }

  /** Resolves when the frame is answered. */
  async receive(session: Session, bytes: Uint8Array): Promise<void> {
    const wait = this.#sessions.take(session, this.#now(), 1 + costOfBytes(bytes.length));
    if (wait > 0) {
      this.#replies.refuse(session, requestNumberIn(bytes), 'rate', wait);
      session.peer.rest(Math.min(wait, REST_MS));
      return;
    }
    const frame = parseRequest(bytes);
    if (!frame.ok) {
      this.#replies.refuse(session, requestNumberIn(bytes), 'bad-frame');
      return;
    }
    if (session.authenticating !== undefined) await session.authenticating;
    if (this.#isStopping) {
      this.#replies.refuse(session, frame.value[1], 'busy', 1_000);
      return;
    }
    await this.#dispatch(session, frame.value);
  }

  /** The peer has room again: what it missed is made good. */
  async drained(peer: Peer): Promise<void> {
    await this.#watchDesk.drained(peer);
  }

  /** Nothing new is taken; what was taken is written and answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#appends.drain();
    for (const { peer } of this.#sessions) peer.close(CLOSE.goingAway, 'restart');
  }

  /** Whether the store takes writes; after trouble it is asked again. */
  async isReady(): Promise<boolean> {
    return !this.#isStopping && (await this.#health.isWell());
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
        session.authenticating = this.#passDesk.auth(session, frame).finally(() => {
          session.authenticating = undefined;
        });
        return session.authenticating;
      case OP.create:
        return this.#logDesk.create(session, frame);
      case OP.append:
        return this.#logDesk.append(session, frame);
      case OP.read:
        return this.#logDesk.read(session, frame);
      case OP.watch:
        return this.#watchDesk.watch(session, frame);
      case OP.unwatch:
        return this.#watchDesk.unwatch(session, frame);
      case OP.put:
        return this.#logDesk.put(session, frame);
      case OP.close:
        return this.#logDesk.close(session, frame);
      case OP.redact:
        return this.#logDesk.redact(session, frame);
      case OP.cast:
        return this.#logDesk.cast(session, frame);
      case OP.admit:
        return this.#passDesk.admit(session, frame);
      case OP.revoke:
        return this.#passDesk.revoke(session, frame);
      case OP.passes:
        return this.#passDesk.list(session, frame);
      case OP.claim:
        return this.#passDesk.claim(session, frame);
      case OP.token:
        return this.#passDesk.token(session, frame);
      default:
        return unreachable(frame);
    }
  }
}

/** Of a frame that may be anything: a number to answer to, 0 when there is none. */
function requestNumberIn(bytes: Uint8Array): number {
  const value = decodeCbor(bytes);
  const req: unknown = value.ok && Array.isArray(value.value) ? value.value[1] : undefined;
  return typeof req === 'number' && Number.isSafeInteger(req) && req >= 0 ? req : 0;
}
