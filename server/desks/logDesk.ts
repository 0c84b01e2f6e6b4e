/** What is kept in logs: create, append, read, put, close, redact; and casts, which are not kept. */
import { concatBytes, type Bytes } from '../../src/lib/bytes';
import { parseEnvelope } from '../../src/protocol/envelope';
import {
  encodeFrame,
  REPLY,
  type FrameOf,
  type LogKind,
  type Refusal,
  type StoredEnvelope,
} from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { QUOTAS } from '../access';
import type { AppendQueue } from '../appendQueue';
import { BucketMap } from '../bucketMap';
import { Gate } from '../gate';
import { mapKeyOf, pseudonymOf } from '../hashes';
import type { PassBook } from '../passBook';
import { costOfBytes, costOfEnvelopes, unitsOf, type RelayRates } from '../rates';
import type { Replies } from '../replies';
import type { SendBudget } from '../sendBudget';
import type { Session } from '../session';
import type { Sessions } from '../sessions';
import type { StoreHealth } from '../storeHealth';
import type { LogFacts, LogStore, StoredRow } from '../stores/logStore';
import type { Subscriptions } from '../subscriptions';
import type { Guard } from './guard';

export interface LogDeskServices {
  readonly store: LogStore;
  readonly appends: AppendQueue;
  readonly budget: SendBudget;
  readonly guard: Guard;
  readonly health: StoreHealth;
  readonly passes: PassBook;
  readonly rates: RelayRates;
  readonly replies: Replies;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly now: () => number;
}

/** Pages of a megabyte that may lie in memory on their way out of the store. */
const READS_AT_ONCE = 16;
const PSEUDONYMS_KEPT = 10_000;

type Checked = ReturnType<typeof checkedEnvelopes>['envelopes'];

export class LogDesk {
  readonly #house: LogDeskServices;
  readonly #creates: BucketMap;
  readonly #commits: BucketMap;
  readonly #mails: BucketMap;
  readonly #appended: BucketMap;
  readonly #reads = new Gate(READS_AT_ONCE);
  /** Of those who write now: to compute one takes as long as to read a frame. */
  readonly #pseudonyms = new Map<string, Bytes>();

  constructor(house: LogDeskServices) {
    this.#house = house;
    this.#creates = new BucketMap(house.rates.creates);
    this.#commits = new BucketMap(house.rates.commits);
    this.#mails = new BucketMap(house.rates.mails);
    this.#appended = new BucketMap(house.rates.appended);
  }

  async create(session: Session, frame: FrameOf<'create'>): Promise<void> {
    const { passes, replies, store, now } = this.#house;
    const [, req, log, kind, readHash, writeHash, closeHash] = frame;
    const { relayKey } = session;
    if (relayKey === undefined || !passes.has(relayKey)) {
      replies.refuse(session, req, 'no-pass');
      return;
    }
    const wait = this.#creates.take(mapKeyOf(relayKey), now());
    if (wait > 0) {
      replies.refuse(session, req, 'rate', wait);
      return;
    }
    replies.answer(session, req, await store.create({ log, kind, readHash, writeHash, closeHash }));
  }

  async append(session: Session, frame: FrameOf<'append'>): Promise<void> {
    const { appends, guard, health, replies, sessions, now } = this.#house;
    const [, req, log, key, afterCommit, list] = frame;
    const facts = await guard.allowed(session, req, log, 'append', key);
    if (facts === undefined) return;
    const { envelopes, refusal } = checkedEnvelopes(list, facts.kind);
    if (envelopes.length === 0) {
      if (refusal === undefined) replies.ok(session, req, [[], null]);
      else replies.refuse(session, req, refusal);
      return;
    }
    sessions.charge(session, now(), costOfEnvelopes(envelopes.length));
    const wait = this.#waitOf(session, facts, envelopes);
    if (wait > 0) {
      replies.refuse(session, req, 'rate', wait);
      return;
    }
    const place = placeOf(session, log);
    const hasCommit = envelopes.some((envelope) => envelope.isCommit);
    const commitWait = hasCommit ? this.#commits.take(place, now()) : 0;
    const quota = QUOTAS[facts.kind];
    const request = {
      log,
      afterCommit,
      pseudonym: this.#pseudonym(session, log, place),
      envelopes,
      maxEnvelopes: quota.maxEnvelopes,
      maxOfPass: quota.maxOfPass,
      commitWait,
    };
    await new Promise<void>((resolve) => {
      appends.submit(request, ({ appended, refused }) => {
        const hasCommitted = appended.some(({ isNew }, i) => isNew && envelopes[i]?.isCommit === true);
        if (hasCommit && commitWait === 0 && !hasCommitted) this.#commits.giveBack(place);
        health.noteFailure(refused);
        const reason: [Refusal, number] | null =
          refused !== undefined ? [refused.type, refused.value] : refusal !== undefined ? [refusal, 0] : null;
        replies.ok(session, req, [appended.map(({ seq, at }) => [seq, at]), reason]);
        resolve();
      });
    });
  }

  /** One at a time for each connection, and none while it has not taken the last: pages are large. */
  async read(session: Session, frame: FrameOf<'read'>): Promise<void> {
    const [, req, log, key] = frame;
    if ((await this.#house.guard.allowed(session, req, log, 'read', key)) === undefined) return;
    const turn = (session.reading ?? Promise.resolve()).then(() => this.#readPage(session, frame));
    session.reading = turn;
    await turn.finally(() => {
      if (session.reading === turn) session.reading = undefined;
    });
  }

  async #readPage(session: Session, [, req, log, , after, wanted]: FrameOf<'read'>): Promise<void> {
    const { budget, passes, replies, sessions, store, now } = this.#house;
    await session.peer.room();
    const most = Math.min(wanted, LIMITS.readBytes);
    const bytes = budget.pageBytes(most, passes.has(session.relayKey));
    const page = await this.#reads.through(() => store.read(log, after, bytes));
    if (!page.ok) {
      replies.refuseBy(session, req, page.error);
      return;
    }
    const { envelopes, head, firstSeq, lastCommit } = page.value;
    const size = envelopes.reduce((sum, envelope) => sum + envelope.bytes.length, 0);
    sessions.charge(session, now(), costOfBytes(size));
    replies.ok(session, req, [envelopes.map(storedEnvelopeOf), head, firstSeq, lastCommit]);
  }

  async put(session: Session, [, req, log, key, slot, value]: FrameOf<'put'>): Promise<void> {
    const { guard, replies, store, subscriptions } = this.#house;
    if ((await guard.allowed(session, req, log, 'speak', key)) === undefined) return;
    const put = await store.put(log, slot, value);
    if (put.ok && subscriptions.hasWatchers(log)) {
      const frame = encodeFrame([REPLY.slot, log, put.value, slot, value]);
      subscriptions.slot(log, put.value, frame, session.peer);
    }
    replies.answer(session, req, put);
  }

  async close(session: Session, [, req, log, key]: FrameOf<'close'>): Promise<void> {
    const { guard, replies, store, subscriptions, now } = this.#house;
    if ((await guard.allowed(session, req, log, 'close', key)) === undefined) return;
    const closed = await store.closeLog(log, now());
    replies.answer(session, req, closed);
    if (closed.ok) subscriptions.closed(log, encodeFrame([REPLY.closed, log]));
  }

  async redact(session: Session, frame: FrameOf<'redact'>): Promise<void> {
    const { guard, replies, store } = this.#house;
    const [, req, log, writeKey, seq, closeKey] = frame;
    const isOwn = closeKey.length === 0;
    const facts = isOwn
      ? await guard.allowed(session, req, log, 'append', writeKey)
      : await guard.allowed(session, req, log, 'close', closeKey);
    if (facts === undefined) return;
    const pseudonym = isOwn ? this.#pseudonym(session, log, placeOf(session, log)) : undefined;
    replies.answer(session, req, await store.redact(log, seq, pseudonym));
  }

  async cast(session: Session, [, req, log, key, bytes]: FrameOf<'cast'>): Promise<void> {
    const { guard, replies, subscriptions } = this.#house;
    if ((await guard.allowed(session, req, log, 'speak', key)) === undefined) return;
    if (subscriptions.hasWatchers(log))
      subscriptions.cast(log, encodeFrame([REPLY.cast, log, bytes]), session.peer);
    replies.done(session, req);
  }

  /** What a pass may still write today and mail now, ms; 0 = taken. Repeating costs again: it is work again. */
  #waitOf({ relayKey }: Session, { kind }: LogFacts, envelopes: Checked): number {
    if (relayKey === undefined) return 0; // a stranger's log is small
    const pass = mapKeyOf(relayKey);
    const now = this.#house.now();
    const units = unitsOf(envelopes.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const wait = this.#appended.take(pass, now, units);
    if (wait > 0 || !QUOTAS[kind].isMailbox) return wait;
    const mailWait = this.#mails.take(pass, now, envelopes.length);
    if (mailWait > 0) this.#appended.giveBack(pass, units);
    return mailWait;
  }

  #pseudonym({ relayKey }: Session, log: Bytes, place: string): Bytes {
    const { passes, store } = this.#house;
    if (relayKey === undefined || !passes.has(relayKey)) return new Uint8Array(0);
    const known = this.#pseudonyms.get(place);
    if (known !== undefined) return known;
    if (this.#pseudonyms.size >= PSEUDONYMS_KEPT) this.#pseudonyms.clear();
    const pseudonym = pseudonymOf(store.identity.pseudonymSecret, log, relayKey);
    this.#pseudonyms.set(place, pseudonym);
    return pseudonym;
  }
}

/** A pass in a log. */
function placeOf({ relayKey }: Session, log: Bytes): string {
  return mapKeyOf(concatBytes(log, relayKey ?? new Uint8Array(0)));
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
