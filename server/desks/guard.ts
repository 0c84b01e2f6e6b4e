/** The one place where an operation on a log is allowed or refused: facts of the log, then `access.ts`. */
import type { Bytes } from '../../src/lib/bytes';
import { refusalFor, type Deed } from '../access';
import type { FactsCache } from '../factsCache';
import type { PassBook } from '../passBook';
import type { Replies } from '../replies';
import type { Session } from '../session';
import type { LogFacts } from '../stores/logStore';

export class Guard {
  readonly #facts: FactsCache;
  readonly #passes: PassBook;
  readonly #replies: Replies;

  constructor(facts: FactsCache, passes: PassBook, replies: Replies) {
    this.#facts = facts;
    this.#passes = passes;
    this.#replies = replies;
  }

  /** The log's facts, or undefined when the request has been refused. */
  async allowed(
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
        this.#replies.refuseBy(session, req, asked.error);
        return undefined;
      }
      facts = asked.value[0];
    }
    const refusal = refusalFor(facts, deed, key, this.#passes.has(session.relayKey));
    if (refusal === undefined) return facts;
    this.#replies.refuse(session, req, refusal);
    return undefined;
  }
}
