/**
 * What newcomers are sent when the commit that added them is in force (SPEC J3, J4): Welcome and snapshot,
 * made at the commit's own seq, because a snapshot made at its base would miss what landed in between.
 * Newcomers see what was written before them; whoever was here before sees nothing of the time between.
 */
import type { GroupCrypto } from '../crypto/group';
import type { Directory } from '../domain/directory';
import type { DeviceId } from '../domain/ids';
import { rowKey, seqOfOrder } from '../records/keys';
import type { FollowUps, TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { Ingested } from './ingest';
import type { DocumentGate } from './runnerHost';
import type { LogState } from './logState';
import { writeMail } from './mail';
import type { Snapshot } from './snapshot';

const HISTORY_ITEMS = 200;
const HISTORY_SINCE = 1_000;
/** The first commit of a log that continues another goes to who was there: they get all that fits. */
const FIRST_COMMIT = 1;
const CONTINUING_ITEMS = 4_000;

export interface WelcomeServices {
  readonly groups: GroupCrypto;
  readonly records: SealedRecords;
  readonly documents: DocumentGate;
  readonly directory: Directory;
}

/** `items`: what was ingested together with the commit and is not stored yet. */
export async function welcomeMails(
  services: WelcomeServices,
  { commit, at }: NonNullable<Ingested['adopted']>,
  items: readonly TimelineRecord[],
): Promise<FollowUps['mails']> {
  const { group } = at;
  if (group === undefined || commit.welcome === undefined) return [];
  const snapshot: Snapshot = {
    generation: at.core.generation ?? 0,
    seq: at.progress.cursor,
    chain: at.progress.chain,
    lastCommit: at.progress.lastCommit,
    position: at.progress.position,
    counters: at.progress.counters,
    fold: at.fold,
    documents: await services.documents.states(at.number),
    history: [],
    historySince: at.progress.cursor,
  };
  const mails: FollowUps['mails'][number][] = [];
  for (const { device, mailbox, since } of commit.welcomed) {
    const granted = wasHereBefore(services.directory, at, device)
      ? {}
      : await historyAt(services.records, at, items, since);
    const mail = await writeMail(services.groups, group.state, commit.welcome, { ...snapshot, ...granted });
    if (mail.ok) mails.push({ mailbox, envelope: mail.value });
  }
  return mails;
}

function wasHereBefore(directory: Directory, { fold }: LogState, device: DeviceId): boolean {
  const person = directory.devices[device]?.person;
  return fold.type === 'conversation' && (person === undefined || fold.conversation.former.includes(person));
}

async function historyAt(
  records: SealedRecords,
  { core, fold, number, progress }: LogState,
  items: readonly TimelineRecord[],
  since: number | undefined,
): Promise<Partial<Pick<Snapshot, 'history' | 'historySince'>>> {
  if (fold.type === 'town') return {};
  const isContinuing = fold.conversation.base !== undefined && progress.cursor === FIRST_COMMIT;
  const most = isContinuing ? CONTINUING_ITEMS : HISTORY_ITEMS;
  const limit = since === undefined ? most : Math.max(most, HISTORY_SINCE);
  const stored = await records.range<readonly TimelineRecord[]>('rows', {
    from: rowKey(number, 0),
    to: rowKey(number, Number.MAX_SAFE_INTEGER),
    limit,
    reverse: true,
  });
  const seqOf = ({ order }: TimelineRecord) => seqOfOrder(order, core.generation);
  const all = [...[...stored].reverse().flatMap((row) => row.value), ...items].filter(
    (item) => seqOf(item) <= progress.cursor && item.proof !== undefined,
  );
  // Whoever comes back is handed what it has missed, and never less than a newcomer (SPEC B5).
  const missed = since === undefined ? 0 : all.filter((item) => seqOf(item) > since).length;
  const history = all.slice(-Math.max(most, Math.min(missed, HISTORY_SINCE)));
  const [first] = history;
  const isCut = stored.length === limit || history.length < all.length;
  const cutAt = isCut && first !== undefined ? seqOf(first) : 0;
  return { history, historySince: Math.max(cutAt, progress.wholeSince ?? progress.cursor) };
}
