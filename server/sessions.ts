/**
 * Everybody who is connected: strangers, and the sessions of each pass. A crowd of either costs its
 * own kind their places: strangers make room for strangers, the oldest connection of a pass for its
 * newest. Rates of a pass are shared by its connections and outlive them.
 */
import { BucketMap } from './bucketMap';
import { mapKeyOf } from './hashes';
import { CLOSE } from './peer';
import type { RelayRates } from './rates';
import type { Session } from './session';

export interface SessionLimits {
  /** Connections without a pass; beyond this the oldest idle ones make room. */
  readonly maxStrangers: number;
  /** Connections of one pass. A phone that comes back before its last connection was missed needs two. */
  readonly maxOfPass: number;
}

export const SESSION_LIMITS: SessionLimits = { maxStrangers: 4_000, maxOfPass: 16 };

/** So many of the oldest strangers are looked at for one that waits for nothing. */
const LOOKED_AT = 32;

export class Sessions {
  readonly #all = new Set<Session>();
  /** Those without a pass when they were last looked at, oldest first. */
  readonly #strangers = new Set<Session>();
  /** Oldest first. */
  readonly #ofPass = new Map<string, Session[]>();
  readonly #passRates: BucketMap;
  readonly #limits: SessionLimits;
  readonly #isIdle: (session: Session) => boolean;

  /** `isIdle`: whether a stranger waits for nothing. */
  constructor(rates: RelayRates, limits: SessionLimits, isIdle: (session: Session) => boolean) {
    this.#passRates = new BucketMap(rates.withPass);
    this.#limits = limits;
    this.#isIdle = isIdle;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#all.values();
  }

  has(session: Session): boolean {
    return this.#all.has(session);
  }

  enter(session: Session): void {
    this.#all.add(session);
    this.#strangers.add(session);
    if (this.#strangers.size <= this.#limits.maxStrangers) return;
    const leaving = this.#oldestIdleStranger();
    if (leaving === undefined) return;
    this.#strangers.delete(leaving);
    leaving.peer.close(CLOSE.tryAgainLater, 'crowd');
  }

  /** It has proved a key that is a pass. */
  welcome(session: Session): void {
    const { relayKey } = session;
    if (relayKey === undefined || session.pass !== undefined || !this.#all.has(session)) return;
    this.#strangers.delete(session);
    session.pass = mapKeyOf(relayKey);
    session.bucket = undefined;
    session.peer.trust();
    const ofPass = this.#ofPass.get(session.pass);
    if (ofPass === undefined) this.#ofPass.set(session.pass, [session]);
    else ofPass.push(session);
    if (ofPass === undefined || ofPass.length <= this.#limits.maxOfPass) return;
    ofPass.shift()?.peer.close(CLOSE.tryAgainLater, 'crowd');
  }

  /** Strangers who came before `since` and wait for nothing must go. */
  sendAwayIdle(since: number): void {
    for (const stranger of this.#strangers) {
      if (stranger.since > since) return;
      if (!this.#isIdle(stranger)) continue;
      this.#strangers.delete(stranger);
      stranger.peer.close(CLOSE.policy, 'auth');
    }
  }

  leave(session: Session): void {
    this.#all.delete(session);
    this.#strangers.delete(session);
    this.#forget(session);
  }

  /** Milliseconds to wait; 0 = taken. */
  take(session: Session, now: number, cost: number): number {
    if (session.pass !== undefined) return this.#passRates.take(session.pass, now, cost);
    return session.bucket?.take(now, cost) ?? 0;
  }

  /** Of what could not be known before it was done: taken now, waited for by the next frame. */
  charge(session: Session, now: number, cost: number): void {
    if (session.pass !== undefined) this.#passRates.charge(session.pass, now, cost);
    else session.bucket?.charge(now, cost);
  }

  #forget(session: Session): void {
    if (session.pass === undefined) return;
    const ofPass = this.#ofPass.get(session.pass) ?? [];
    const at = ofPass.indexOf(session);
    if (at >= 0) ofPass.splice(at, 1);
    if (ofPass.length === 0) this.#ofPass.delete(session.pass);
  }

  /** Or the oldest one, when the oldest all wait for something. */
  #oldestIdleStranger(): Session | undefined {
    let oldest: Session | undefined;
    let seen = 0;
    for (const stranger of this.#strangers) {
      if (this.#isIdle(stranger)) return stranger;
      oldest ??= stranger;
      if (++seen === LOOKED_AT) break;
    }
    return oldest;
  }
}
