/**
 * Whether the town goes on at this relay without us (SPEC B1): its next log is there, and we have no key to it.
 * A device whose profile went back behind its own move there has its leaf in it, so nobody sends it a Welcome.
 */
import type { Bytes } from '../lib/bytes';
import type { Directory } from '../domain/directory';
import { idToBytes, type LogId } from '../domain/ids';
import { OP, watchResult } from '../protocol/frames';
import type { RelayClient } from '../sync/relayClient';
import { townLogId } from '../sync/succession';

/** Those between may have been at relays that are lost. */
const GENERATIONS = 3;
const NO_KEY = new Uint8Array(32);

/** The town's log furthest ahead of ours that the relay has. */
export async function townAhead(
  relay: RelayClient,
  { founding }: Directory,
  generation: number,
): Promise<LogId | undefined> {
  const logs = Array.from({ length: GENERATIONS }, (_, index) => townLogId(founding, generation + 1 + index));
  const answer = await relay.request(
    [OP.watch, logs.map((log): [Bytes, Bytes, number, number] => [idToBytes(log), NO_KEY, 0, 0])],
    watchResult,
  );
  if (!answer.ok) return undefined;
  // Whoever has a pass is told an unknown log from a wrong key (SPEC K2).
  const there = answer.value.flatMap((item) => (item[1] === 'forbidden' ? [item[0]] : []));
  return logs[Math.max(-1, ...there)];
}
