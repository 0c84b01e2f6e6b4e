/**
 * The one decision about order, used by every store inside its own transaction. Invariants:
 *   1. numbers of a log are contiguous from 1;
 *   2. an envelope whose id is stored is answered with its first number, whatever else holds;
 *   3. nothing lands behind a commit that its sender has not processed, so behind an accepted commit
 *      nothing else of the same list is taken;
 *   4. what is accepted is a prefix of the list.
 */
import type { Bytes } from '../../src/lib/bytes';
import { LIMITS } from '../../src/protocol/limits';
import { envelopeId } from '../hashes';
import {
  storeFailure,
  type Appended,
  type AppendOutcome,
  type AppendRequest,
  type LogState,
  type StoreFailure,
  type StoredRow,
} from './logStore';

/** A log as its store sees it within the transaction. */
export interface LogForAppend extends LogState {
  find(id: Bytes): { readonly seq: number; readonly at: number } | undefined;
  insert(row: StoredRow): void;
  /** Envelopes by this pseudonym, counted up to `most`. */
  countBy(pseudonym: Bytes, most: number): number;
}

export function decideAppend(log: LogForAppend | undefined, request: AppendRequest): AppendOutcome {
  if (log === undefined) return { appended: [], refused: storeFailure('unknown-log'), lastCommit: 0 };
  const appended: Appended[] = [];
  let { head, lastCommit } = log;
  const held = head - log.firstSeq + 1;
  let added = 0;
  const ofPass = countOfPass(log, request);

  const refusalOf = (isCommit: boolean): StoreFailure | undefined => {
    if (log.isClosed) return storeFailure('closed');
    if (lastCommit > request.afterCommit) return storeFailure('stale', lastCommit);
    if (held + added >= request.maxEnvelopes) return storeFailure('full');
    if (ofPass + added >= request.maxOfPass) return storeFailure('full');
    if (isCommit && request.commitWait > 0) return storeFailure('rate', request.commitWait);
    return undefined;
  };

  for (const { bytes, isCommit } of request.envelopes.slice(0, LIMITS.envelopesPerAppend)) {
    const id = envelopeId(bytes);
    const first = log.find(id);
    if (first !== undefined) {
      appended.push({ seq: first.seq, at: first.at, isNew: false });
      continue;
    }
    const refused = refusalOf(isCommit);
    if (refused !== undefined) return { appended, refused, lastCommit };
    head += 1;
    added += 1;
    log.insert({ seq: head, at: request.at, pseudonym: request.pseudonym, bytes, id, isCommit });
    appended.push({ seq: head, at: request.at, isNew: true });
    if (isCommit) lastCommit = head;
  }
  return { appended, refused: undefined, lastCommit };
}

/** Counted only where a log has such a bound; others may hold millions. */
function countOfPass(log: LogForAppend, { pseudonym, maxOfPass }: AppendRequest): number {
  return maxOfPass < Number.MAX_SAFE_INTEGER ? log.countBy(pseudonym, maxOfPass) : 0;
}
