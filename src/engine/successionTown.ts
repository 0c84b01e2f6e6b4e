/** An admin's device makes the town's next log at the new relay (SPEC Q6). */
import type { Bytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import { encodeGroupContext, RULESET } from '../domain/groupContext';
import { idFromBytes, idToBytes, type EntryId } from '../domain/ids';
import { rebaseDirectory } from '../domain/succession';
import { doneResult, LOG_KINDS, OP, passesResult } from '../protocol/frames';
import { TOWN_LOG } from '../records/keys';
import { FRESH_PROGRESS, groupOf, type LogState } from '../sync/logState';
import type { RelayClient } from '../sync/relayClient';
import { stateContinuation, townLogId } from '../sync/succession';
import type { Engine } from './engine';
import { groupSelfOf } from './identity';
import { setPasses } from './passes';
import type { Attempt } from './successionRecords';

/** `taken`: another admin's device was first. `offline`: to be taken up with the next connection. */
export type AttemptOutcome = 'created' | 'taken' | 'link-used' | 'offline';

/** Each step may be repeated: after a crash the same attempt begins again from its record. */
export async function openTownLog(
  engine: Engine,
  relay: RelayClient,
  attempt: Attempt,
): Promise<AttemptOutcome> {
  const claimed = await relay.request([OP.claim, attempt.token], doneResult);
  if (!claimed.ok) {
    if (claimed.error.type === 'offline') return 'offline';
    // The answer to an earlier try may have been lost, or the restored relay knows us: then we may.
    if (!(await relay.request([OP.passes], passesResult)).ok) return relay.isOnline ? 'link-used' : 'offline';
  }
  if (!(await setPasses(relay, engine.directory(), engine.townSeq()))) return 'offline';
  const { readKey, writeKey, closeKey, generation } = attempt;
  const log = idToBytes(townLogId(engine.directory().founding, generation));
  const created = await relay.request(
    [OP.create, log, LOG_KINDS.conversation, sha256(readKey), sha256(writeKey), sha256(closeKey)],
    doneResult,
  );
  if (created.ok) return 'created';
  return created.error.type === 'exists' ? 'taken' : 'offline';
}

/** The town as this device has it, in a group of one; everybody else is added by their key packages. */
export async function nextTown(engine: Engine, attempt: Attempt): Promise<LogState | undefined> {
  const { identity, services } = engine;
  const old = engine.runners.get(TOWN_LOG)?.state;
  if (identity === undefined || old?.fold.type !== 'town') return undefined;
  const { random, clock, groups } = services;
  const { readKey, writeKey, closeKey, generation } = attempt;
  const { directory } = old.fold;
  const self = groupSelfOf(identity);
  const log = townLogId(directory.founding, generation);
  const continuation = await stateContinuation(
    { device: identity.device, secret: self.signatureSecret },
    directory.founding,
    generation,
    { log: old.core.log, seq: old.progress.cursor, chain: old.progress.chain },
    { id: idFromBytes<EntryId>(random.bytes(16)), salt: random.bytes(16), writtenAt: clock.now() },
  );
  const context = encodeGroupContext({
    ruleset: RULESET,
    kind: 'town',
    log,
    readKey,
    writeKey,
    pair: undefined,
  });
  return {
    number: TOWN_LOG,
    core: {
      kind: 'town',
      log,
      readKey,
      writeKey,
      closeKey,
      partner: undefined,
      createdAt: clock.now(),
      generation,
    },
    progress: { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: clock.now() },
    group: await groupOf(groups, await groups.found(self, idToBytes(log), context)),
    fold: { type: 'town', directory: { ...rebaseDirectory(directory, old.progress.cursor), continuation } },
    flight: undefined,
    pendingCommit: undefined,
    followUps: { mails: [] },
  };
}

/** `taken`: a generation that another device began. */
export function newAttempt(engine: Engine, token: Bytes, taken = 0): Attempt {
  const { random } = engine.services;
  return {
    token,
    generation: Math.max(engine.generation, taken) + 1,
    readKey: random.bytes(32),
    writeKey: random.bytes(32),
    closeKey: random.bytes(32),
  };
}
