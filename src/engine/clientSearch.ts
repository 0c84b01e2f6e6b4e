/**
 * Search over everything on this device, newest first. There is no index: pages are opened from the
 * newest end of every conversation in turn, always where the newest unread page is, so that hits
 * stream in order and a search that is cut short has shown the newest.
 */
import { parseContent, parseEntry } from '../domain/entry';
import { findFolded, foldQuery, type FoldedQuery } from '../domain/foldText';
import type { PersonId } from '../domain/ids';
import { rowKey } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { ConversationSummary, SearchHit } from './views';

const ROWS_AT_ONCE = 8;

interface Source {
  readonly conversation: ConversationSummary;
  /** Everything at or above this order has been read. */
  nextKey: number;
  /** No unread item is newer than this. */
  newest: number;
  readonly hits: SearchHit[];
}

export async function* searchConversations(
  records: SealedRecords,
  conversations: readonly ConversationSummary[],
  names: ReadonlyMap<PersonId, string>,
  query: string,
  signal: AbortSignal,
): AsyncGenerator<SearchHit> {
  const folded = foldQuery(query);
  if (folded.plain === '') return;
  const sources = conversations.map((conversation): Source => ({
    conversation,
    nextKey: Number.MAX_SAFE_INTEGER,
    newest: conversation.at,
    hits: [],
  }));
  const isActive = () => !signal.aborted;
  while (isActive()) {
    const source = newestOf(sources);
    if (source === undefined) return;
    const hit = source.hits[0];
    // A hit may be shown once nothing unread anywhere can be newer.
    if (hit !== undefined && sources.every((other) => other.newest <= hit.at)) {
      source.hits.shift();
      yield hit;
      continue;
    }
    const behind = sources.reduce((a, b) => (b.newest > a.newest ? b : a));
    await readMore(records, behind, names, folded);
  }
}

function newestOf(sources: readonly Source[]): Source | undefined {
  let best: Source | undefined;
  let bestAt = -1;
  for (const source of sources) {
    const at = source.hits[0]?.at ?? source.newest;
    if (at > bestAt && (source.hits.length > 0 || source.newest > 0)) {
      best = source;
      bestAt = at;
    }
  }
  return best;
}

async function readMore(
  records: SealedRecords,
  source: Source,
  names: ReadonlyMap<PersonId, string>,
  query: FoldedQuery,
): Promise<void> {
  const { number } = source.conversation;
  const sealed = await records.vault.range('rows', {
    from: rowKey(number, 0),
    to: rowKey(number, source.nextKey),
    reverse: true,
    limit: ROWS_AT_ONCE,
  });
  const last = sealed.at(-1);
  if (last === undefined) {
    source.newest = 0;
    return;
  }
  // Rows that cannot be read are passed over; the end is where the vault has no more.
  const rows = await records.openRows<readonly TimelineRecord[]>('rows', sealed);
  for (const row of rows)
    for (const item of [...row.value].reverse()) {
      const hit = hitOf(source.conversation, item, names, query);
      if (hit !== undefined) source.hits.push(hit);
    }
  source.nextKey = last.key[1] - 1;
  source.newest = sealed.length < ROWS_AT_ONCE ? 0 : (rows.at(-1)?.value[0]?.relayAt ?? source.newest);
}

function hitOf(
  conversation: ConversationSummary,
  item: TimelineRecord,
  names: ReadonlyMap<PersonId, string>,
  query: FoldedQuery,
): SearchHit | undefined {
  if (item.proof === undefined) return undefined;
  const entry = parseEntry(item.proof.entry);
  const content = entry.ok ? parseContent(entry.value.content) : undefined;
  if (content?.ok !== true || content.value.body.kind !== 'text') return undefined;
  const { text } = content.value.body;
  const match = findFolded(text, query);
  if (match === undefined) return undefined;
  return {
    conversation: conversation.number,
    conversationTitle: conversation.title,
    order: item.order,
    authorName: (item.author !== undefined && names.get(item.author)) || '',
    text,
    at: item.relayAt,
    matchStart: match.start,
    matchEnd: match.end,
  };
}
