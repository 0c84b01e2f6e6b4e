/** Who somebody is, who has a pass, and who gives passes: auth, admit, revoke, passes, claim, token. */
import { equalBytes, type Bytes } from '../../src/lib/bytes';
import type { FrameOf } from '../../src/protocol/frames';
import { RELAY_NONCE_MS, relayAuthMessage } from '../../src/protocol/relayAuth';
import type { BlobTokens } from '../blobTokens';
import { isSignedBy, sha256 } from '../hashes';
import type { PassBook } from '../passBook';
import { CLOSE } from '../peer';
import type { Replies } from '../replies';
import type { Session } from '../session';
import type { Sessions } from '../sessions';
import type { Subscriptions } from '../subscriptions';

export interface PassDeskServices {
  readonly passes: PassBook;
  readonly tokens: BlobTokens;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly replies: Replies;
  readonly now: () => number;
}

export class PassDesk {
  readonly #house: PassDeskServices;

  constructor(house: PassDeskServices) {
    this.#house = house;
  }

  async auth(session: Session, [, req, key, signature]: FrameOf<'auth'>): Promise<void> {
    const { replies, passes, sessions, now } = this.#house;
    const { nonce } = session;
    session.nonce = undefined;
    const isInTime = nonce !== undefined && now() <= session.since + RELAY_NONCE_MS;
    if (!isInTime || !(await isSignedBy(key, relayAuthMessage(session.host, nonce), signature))) {
      replies.refuse(session, req, 'bad-auth');
      return;
    }
    session.relayKey = key;
    if (passes.has(key)) sessions.welcome(session);
    replies.done(session, req);
  }

  async admit(session: Session, [, req, items]: FrameOf<'admit'>): Promise<void> {
    const { passes, sessions, replies } = this.#house;
    if (!this.#isAdmin(session, req)) return;
    const admitted = items.map(([key, isAdmin]) => ({ key, isAdmin }));
    const done = await passes.admit(admitted);
    if (done.ok)
      for (const other of [...sessions])
        if (admitted.some(({ key }) => isKeyOf(other, key))) sessions.welcome(other);
    replies.answer(session, req, done);
  }

  async revoke(session: Session, [, req, keys]: FrameOf<'revoke'>): Promise<void> {
    const { passes, sessions, subscriptions, replies } = this.#house;
    if (!this.#isAdmin(session, req)) return;
    const done = await passes.revoke(keys);
    replies.answer(session, req, done);
    if (!done.ok) return;
    for (const other of [...sessions]) {
      if (!keys.some((key) => isKeyOf(other, key))) continue;
      subscriptions.forget(other.peer);
      other.peer.close(CLOSE.policy, 'revoked');
    }
  }

  list(session: Session, [, req]: FrameOf<'passes'>): void {
    if (!this.#isAdmin(session, req)) return;
    const all = this.#house.passes.all().map(({ key, isAdmin }) => [key, isAdmin]);
    this.#house.replies.ok(session, req, all);
  }

  async claim(session: Session, [, req, token]: FrameOf<'claim'>): Promise<void> {
    const { passes, sessions, replies } = this.#house;
    const { relayKey } = session;
    if (relayKey === undefined) {
      replies.refuse(session, req, 'bad-auth');
      return;
    }
    const claimed = await passes.claim(sha256(token), relayKey);
    if (claimed.ok && !claimed.value) {
      replies.refuse(session, req, 'bad-token');
      return;
    }
    if (claimed.ok) sessions.welcome(session);
    replies.answer(session, req, claimed);
  }

  token(session: Session, [, req]: FrameOf<'token'>): void {
    const { passes, tokens, replies } = this.#house;
    const { relayKey } = session;
    if (relayKey === undefined || !passes.has(relayKey)) replies.refuse(session, req, 'no-pass');
    else replies.ok(session, req, tokens.issue(relayKey));
  }

  #isAdmin(session: Session, req: number): boolean {
    const { passes, replies } = this.#house;
    if (passes.isAdmin(session.relayKey)) return true;
    replies.refuse(session, req, passes.has(session.relayKey) ? 'forbidden' : 'no-pass');
    return false;
  }
}

function isKeyOf(session: Session, key: Bytes): boolean {
  return session.relayKey !== undefined && equalBytes(session.relayKey, key);
}
