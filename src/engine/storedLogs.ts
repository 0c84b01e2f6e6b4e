/** The states of all logs, as the vault holds them. */
import type { Bytes } from '../lib/bytes';
import type { GroupCrypto } from '../crypto/group';
import { foundConversation } from '../domain/conversation';
import { EMPTY_DIRECTORY } from '../domain/directory';
import { LOG_PART } from '../records/keys';
import type { Flight, Fold, FollowUps, LogCore, PendingCommit, Progress } from '../records/logRecords';
import { unpackLinks, type Link } from '../records/packedLinks';
import type { SealedRecords } from '../records/sealedRecords';
import { decodeGroup, FRESH_PROGRESS, type LogState } from '../sync/logState';

type StoredProgress = Partial<Omit<Progress, 'links'>> & { readonly links?: Uint8Array | readonly Link[] };

/** Logs that are not whole are left out. */
export async function readStoredLogs(
  records: SealedRecords,
  groups: GroupCrypto,
): Promise<readonly LogState[]> {
  const rows = await records.range<unknown>('logs', {
    from: [0, 0],
    to: [Number.MAX_SAFE_INTEGER, LOG_PART.followUps],
  });
  const partsByLog = new Map<number, Map<number, unknown>>();
  for (const { key, value } of rows) {
    const parts = partsByLog.get(key[0]) ?? new Map<number, unknown>();
    parts.set(key[1], value);
    partsByLog.set(key[0], parts);
  }
  const states: LogState[] = [];
  for (const [number, parts] of partsByLog) {
    const state = await stateOf(groups, number, parts);
    if (state !== undefined) states.push(state);
  }
  return states;
}

async function stateOf(
  groups: GroupCrypto,
  number: number,
  parts: ReadonlyMap<number, unknown>,
): Promise<LogState | undefined> {
  const core = parts.get(LOG_PART.core) as LogCore | undefined;
  const stored = parts.get(LOG_PART.progress) as StoredProgress | undefined;
  const fold = parts.get(LOG_PART.fold) as Fold | undefined;
  if (core === undefined || stored === undefined || fold === undefined) return undefined;
  // Fields that have come since it was written begin as in a fresh log.
  const progress: Progress = { ...FRESH_PROGRESS, ...stored, links: unpackLinks(stored.links ?? []) };
  const group = await decodeGroup(groups, parts.get(LOG_PART.group) as Bytes | undefined);
  return {
    number,
    core,
    progress,
    fold: withWhatCameLater(fold),
    group: group.ok ? group.value : undefined,
    flight: parts.get(LOG_PART.flight) as Flight | undefined,
    pendingCommit: parts.get(LOG_PART.pendingCommit) as PendingCommit | undefined,
    followUps: (parts.get(LOG_PART.followUps) as FollowUps | undefined) ?? { mails: [] },
  };
}

/** As with progress: what an older version folded lacks fields that it did not know. */
function withWhatCameLater(fold: Fold): Fold {
  if (fold.type === 'town') return { ...fold, directory: { ...EMPTY_DIRECTORY, ...fold.directory } };
  const { conversation } = fold;
  return { ...fold, conversation: { ...foundConversation(conversation.kind, []), ...conversation } };
}
