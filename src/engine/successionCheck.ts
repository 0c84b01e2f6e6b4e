/**
 * Does a relay with another incarnation hold our logs as we have read them (SPEC Q2)? If all of them, it
 * is a planned move or a backup that missed nothing of ours, and this device goes on. What the relay has
 * forgotten by its retention cannot be compared; there the head decides.
 */
import { equalBytes } from '../lib/bytes';
import { idToBytes } from '../domain/ids';
import { OP, readResult, type StoredEnvelope } from '../protocol/frames';
import { envelopeIdOf, nextLink } from '../sync/entrySeal';
import { ZERO_CHAIN, type LogState } from '../sync/logState';
import type { RelayClient } from '../sync/relayClient';

/**
 * One envelope could be at its old place by chance: whoever lost the acknowledgement sends the same bytes
 * again. This many in a row cannot.
 */
const COMPARED = 32;
/** Whatever the relay says. */
const LONGEST_PAUSE_MS = 60_000;
const COMPARED_BYTES = 128 * 1024;

/** `offline`: the connection went before all was compared. */
export type Comparison = 'same' | 'lost' | 'offline';

export async function compareLogs(
  relay: RelayClient,
  states: readonly LogState[],
  pause: (ms: number) => Promise<void>,
): Promise<Comparison> {
  for (const state of states) {
    const verdict = await compareLog(relay, state, pause);
    if (verdict !== 'same') return verdict;
  }
  return 'same';
}

async function compareLog(
  relay: RelayClient,
  { core, progress }: LogState,
  pause: (ms: number) => Promise<void>,
): Promise<Comparison> {
  const from = Math.max(0, progress.cursor - COMPARED);
  for (;;) {
    const answer = await relay.request(
      [OP.read, idToBytes(core.log), core.readKey, from, COMPARED_BYTES],
      readResult,
    );
    if (answer.ok) {
      const [envelopes, head] = answer.value;
      if (head < progress.cursor) return 'lost';
      return envelopes.every((stored) => isOurs(progress, stored)) ? 'same' : 'lost';
    }
    const { type, then, number } = answer.error;
    if (type === 'offline') return 'offline';
    if (then !== 'retry') return 'lost';
    await pause(Math.min(LONGEST_PAUSE_MS, Math.max(500, number)));
  }
}

/** True also where we have no links to compare with: behind our cursor, or before our joining. */
function isOurs({ links }: LogState['progress'], stored: StoredEnvelope): boolean {
  const seq = stored[0];
  const linkAt = (at: number) => (at === 0 ? ZERO_CHAIN : links.find(([known]) => known === at)?.[1]);
  const [before, own] = [linkAt(seq - 1), linkAt(seq)];
  if (before === undefined || own === undefined) return true;
  const isRedacted = stored.length === 6;
  const id = isRedacted ? stored[4] : envelopeIdOf(stored[3]);
  const isCommit = isRedacted ? stored[5] : ((stored[3][1] ?? 0) & 1) === 1;
  return equalBytes(nextLink(before, seq, id, isCommit), own);
}
