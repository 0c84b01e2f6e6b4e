/** What becomes of flight and pending commit when the log has moved on (SPEC O4, I3). */
import type { Flight } from '../records/logRecords';
import type { Ingested } from './ingest';
import type { LogState } from './logState';

export function settle(before: LogState, after: LogState, result: Ingested): LogState {
  const { lastCommit } = after.progress;
  const pending = after.pendingCommit;
  return {
    ...after,
    flight: settleFlight(before.flight, result, after.progress.cursor),
    // After an invalid commit of somebody else the same bytes are appended again.
    pendingCommit:
      pending === undefined || pending.afterCommit === lastCommit
        ? pending
        : { ...pending, afterCommit: lastCommit },
  };
}

/** A new epoch voids what was not in the log before it; it is sealed again with the same counters. */
function settleFlight(flight: Flight | undefined, result: Ingested, cursor: number): Flight | undefined {
  if (flight === undefined || result.groupChanged) return undefined;
  const done = new Set(result.doneIntents);
  const envelopes = flight.envelopes.filter(
    (envelope) =>
      !envelope.intents.every((intent) => done.has(intent)) && (envelope.seq ?? Infinity) > cursor,
  );
  if (envelopes.length === flight.envelopes.length) return flight;
  return envelopes.length === 0 ? undefined : { ...flight, envelopes };
}
