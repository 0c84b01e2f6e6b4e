/**
 * Who watches which log, and what they are told. A frame is built once and sent to all.
 *
 * A reader that is too slow (`SendBudget`) is not fed: it gets no more news of a
 * log, only a note that there is some, and once it has caught up one empty news frame (read again)
 * and the slots it missed. Whoever is stuck is sent away. It never skips anything, because
 * news that do not begin behind its cursor make it read. Casts are not stored and may be lost.
 */
import type { Bytes } from '../src/lib/bytes';
import { mapKeyOf } from './hashes';
import { CLOSE, type Peer } from './peer';
import type { SendBudget } from './sendBudget';

/** What a slow reader has missed of one log. */
export interface Missed {
  readonly log: Bytes;
  readonly hasNews: boolean;
  /** The lowest put it was not told. */
  readonly firstPut: number | undefined;
}

export class Subscriptions {
  readonly #budget: SendBudget;
  readonly #peersByLog = new Map<string, Set<Peer>>();
  readonly #logsByPeer = new Map<Peer, Set<string>>();
  readonly #missedByPeer = new Map<Peer, Map<string, Missed>>();

  constructor(budget: SendBudget) {
    this.#budget = budget;
  }

  watch(peer: Peer, log: Bytes): void {
    const key = mapKeyOf(log);
    setIn(this.#peersByLog, key).add(peer);
    setIn(this.#logsByPeer, peer).add(key);
  }

  isWatching(peer: Peer, log: Bytes): boolean {
    return this.#logsByPeer.get(peer)?.has(mapKeyOf(log)) === true;
  }

  watchedBy(peer: Peer): number {
    return this.#logsByPeer.get(peer)?.size ?? 0;
  }

  hasWatchers(log: Bytes): boolean {
    return this.#peersByLog.has(mapKeyOf(log));
  }

  unwatch(peer: Peer, log: Bytes): void {
    this.#drop(peer, mapKeyOf(log));
  }

  forget(peer: Peer): void {
    for (const key of this.#logsByPeer.get(peer) ?? []) this.#dropPeer(peer, key);
    this.#logsByPeer.delete(peer);
    this.#missedByPeer.delete(peer);
  }

  news(log: Bytes, frame: Bytes): void {
    this.#tell(log, frame, undefined, (missed) => ({ ...missed, hasNews: true }));
  }

  slot(log: Bytes, put: number, frame: Bytes, except: Peer): void {
    this.#tell(log, frame, except, (missed) => ({ ...missed, firstPut: missed.firstPut ?? put }));
  }

  cast(log: Bytes, frame: Bytes, except: Peer): void {
    this.#tell(log, frame, except, undefined);
  }

  /** Tells the watchers and lets go of them. */
  closed(log: Bytes, frame: Bytes): void {
    this.#tell(log, frame, undefined, undefined);
    const key = mapKeyOf(log);
    for (const peer of [...(this.#peersByLog.get(key) ?? [])]) this.#drop(peer, key);
  }

  isSlow(peer: Peer): boolean {
    return this.#budget.isSlow(peer.bufferedBytes);
  }

  /** What to make good, once the peer has room again. Asked for once, it is forgotten here. */
  takeMissed(peer: Peer): readonly Missed[] {
    const missed = this.#missedByPeer.get(peer);
    if (missed === undefined || this.isSlow(peer)) return [];
    this.#missedByPeer.delete(peer);
    return [...missed.values()];
  }

  #tell(
    log: Bytes,
    frame: Bytes,
    except: Peer | undefined,
    note: ((missed: Missed) => Missed) | undefined,
  ): void {
    const key = mapKeyOf(log);
    for (const peer of this.#peersByLog.get(key) ?? []) {
      if (peer === except) continue;
      if (this.#budget.isStuck(peer.bufferedBytes)) {
        peer.close(CLOSE.tryAgainLater, 'slow');
        continue;
      }
      const missed = this.#missedByPeer.get(peer)?.get(key);
      // once something of a log was left out, the order holds only if the rest waits too
      if (missed === undefined && !this.isSlow(peer)) {
        peer.send(frame);
        continue;
      }
      if (note === undefined) continue;
      const before = missed ?? { log, hasNews: false, firstPut: undefined };
      let ofPeer = this.#missedByPeer.get(peer);
      if (ofPeer === undefined) this.#missedByPeer.set(peer, (ofPeer = new Map<string, Missed>()));
      ofPeer.set(key, note(before));
    }
  }

  #drop(peer: Peer, key: string): void {
    this.#dropPeer(peer, key);
    const logs = this.#logsByPeer.get(peer);
    logs?.delete(key);
    if (logs?.size === 0) this.#logsByPeer.delete(peer);
    this.#missedByPeer.get(peer)?.delete(key);
  }

  #dropPeer(peer: Peer, key: string): void {
    const peers = this.#peersByLog.get(key);
    peers?.delete(peer);
    if (peers?.size === 0) this.#peersByLog.delete(key);
  }
}

function setIn<K, T>(map: Map<K, Set<T>>, key: K): Set<T> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set<T>()));
  return set;
}
