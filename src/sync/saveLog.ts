/** A log's state into the vault: only the parts that have changed. */
import type { GroupCrypto } from '../crypto/group';
import { logKey, type LogPart } from '../records/keys';
import { packLinks } from '../records/packedLinks';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultWrite } from '../vault/vault';
import type { LogState } from './logState';

export async function partWrites(
  records: SealedRecords,
  groups: GroupCrypto,
  before: LogState,
  after: LogState,
): Promise<readonly VaultWrite[]> {
  const parts: readonly [LogPart, unknown, unknown][] = [
    ['progress', before.progress, after.progress],
    ['group', before.group, after.group],
    ['fold', before.fold, after.fold],
    ['flight', before.flight, after.flight],
    ['pendingCommit', before.pendingCommit, after.pendingCommit],
    ['followUps', before.followUps, after.followUps],
  ];
  const changed = parts.filter(([, old, now]) => old !== now);
  return Promise.all(
    changed.map(async ([part, , now]): Promise<VaultWrite> => {
      const key = logKey(after.number, part);
      if (now === undefined) return { store: 'logs', delete: key };
      return records.put('logs', key, recordOf(groups, part, now, after));
    }),
  );
}

function recordOf(groups: GroupCrypto, part: LogPart, now: unknown, { group, progress }: LogState): unknown {
  if (part === 'group' && group !== undefined) return groups.encode(group.state);
  return part === 'progress' ? { ...progress, links: packLinks(progress.links) } : now;
}

/** All parts of a log that does not exist yet. */
export async function newLogWrites(
  records: SealedRecords,
  groups: GroupCrypto,
  state: LogState,
): Promise<readonly VaultWrite[]> {
  // Different from anything, so that absent parts are cleared: the number may have had others.
  const other = {};
  const nothing = {
    ...state,
    progress: other,
    group: other,
    fold: other,
    flight: other,
    pendingCommit: other,
    followUps: other,
  };
  const parts = await partWrites(records, groups, nothing as unknown as LogState, state);
  return [await records.put('logs', logKey(state.number, 'core'), state.core), ...parts];
}
