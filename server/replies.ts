/** What a session hears: each request is answered once, by one of these. */
import { encodeFrame, REPLY, type Refusal, type ReplyFrame } from '../src/protocol/frames';
import type { Session } from './session';
import type { StoreHealth } from './storeHealth';
import type { StoreFailure, StoreResult } from './stores/logStore';

export class Replies {
  readonly #health: StoreHealth;

  constructor(health: StoreHealth) {
    this.#health = health;
  }

  send(session: Session, frame: ReplyFrame): void {
    session.peer.send(encodeFrame(frame));
  }

  ok(session: Session, req: number, result: unknown): void {
    this.send(session, [REPLY.ok, req, result]);
  }

  done(session: Session, req: number): void {
    this.ok(session, req, true);
  }

  refuse(session: Session, req: number, reason: Refusal, value = 0): void {
    this.send(session, [REPLY.refused, req, reason, value]);
  }

  refuseBy(session: Session, req: number, failure: StoreFailure): void {
    this.refuse(session, req, failure.type, failure.value);
  }

  /** Of a write: `true`, or why not. */
  answer(session: Session, req: number, result: StoreResult<unknown>): void {
    this.#health.note(result);
    if (result.ok) this.done(session, req);
    else this.refuseBy(session, req, result.error);
  }
}
