/** Who watches what: watch, unwatch, and what a slow reader is told once it has room again. */
import type { Bytes } from '../../src/lib/bytes';
import { encodeFrame, REPLY, type FrameOf } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { refusalFor } from '../access';
import type { FactsCache } from '../factsCache';
import type { PassBook } from '../passBook';
import type { Peer } from '../peer';
import type { Replies } from '../replies';
import type { Session } from '../session';
import type { Sessions } from '../sessions';
import type { LogStore } from '../stores/logStore';
import type { Subscriptions } from '../subscriptions';

export interface WatchDeskServices {
  readonly store: LogStore;
  readonly facts: FactsCache;
  readonly passes: PassBook;
  readonly replies: Replies;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
}

const WATCHES_WITHOUT_PASS = 8;

export class WatchDesk {
  readonly #house: WatchDeskServices;

  constructor(house: WatchDeskServices) {
    this.#house = house;
  }

  /** Watching begins before the state is read, so that nothing falls between the two. */
  async watch(session: Session, [, req, items]: FrameOf<'watch'>): Promise<void> {
    const { facts, passes, replies, sessions, store, subscriptions } = this.#house;
    const { peer } = session;
    const hasPass = passes.has(session.relayKey);
    const all = await facts.all(items.map(([log]) => log));
    if (!all.ok) {
      replies.refuseBy(session, req, all.error);
      return;
    }
    const results: unknown[] = [];
    const watched: { index: number; log: Bytes; after: number; afterPut: number }[] = [];
    const most = hasPass ? LIMITS.watchLogs : WATCHES_WITHOUT_PASS;
    items.forEach(([log, key, after, afterPut], index) => {
      const isRoom = subscriptions.isWatching(peer, log) || subscriptions.watchedBy(peer) < most;
      const refusal = refusalFor(all.value[index], 'read', key, hasPass);
      if (refusal !== undefined || !isRoom) {
        results.push([index, refusal ?? 'full']);
        return;
      }
      subscriptions.watch(peer, log);
      watched.push({ index, log, after, afterPut });
    });
    const states = await store.watch(watched);
    if (!sessions.has(session)) {
      subscriptions.forget(peer); // it left while the store was asked
      return;
    }
    if (!states.ok) {
      for (const { log } of watched) subscriptions.unwatch(peer, log);
      replies.refuseBy(session, req, states.error);
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
    replies.ok(session, req, results);
    for (const log of closed) replies.send(session, [REPLY.closed, log]);
    for (const { log, afterPut } of withMoreSlots) await this.#pushSlots(peer, log, afterPut);
  }

  unwatch(session: Session, [, req, logs]: FrameOf<'unwatch'>): void {
    const { replies, subscriptions } = this.#house;
    for (const log of logs) subscriptions.unwatch(session.peer, log);
    replies.done(session, req);
  }

  /** The peer has room again: what it missed is made good. */
  async drained(peer: Peer): Promise<void> {
    for (const { log, hasNews, firstPut } of this.#house.subscriptions.takeMissed(peer)) {
      if (hasNews) peer.send(encodeFrame([REPLY.news, log, [], 0]));
      if (firstPut !== undefined) await this.#pushSlots(peer, log, firstPut - 1);
    }
  }

  async #pushSlots(peer: Peer, log: Bytes, afterPut: number): Promise<void> {
    const { store, subscriptions } = this.#house;
    const states = await store.watch([{ log, afterPut }]);
    if (!states.ok || !subscriptions.isWatching(peer, log)) return;
    for (const { put, slot, value } of states.value[0]?.slots ?? [])
      peer.send(encodeFrame([REPLY.slot, log, put, slot, value]));
  }
}
