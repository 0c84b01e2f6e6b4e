/**
 * What was handed over goes between what a device has (SPEC B6): its own rows stay, and places where it
 * could read nothing are filled; an entry that it had at another place stands where the others have it.
 * Rows are rewritten from the first one that overlaps on.
 */
import { bytesToHex } from '../lib/bytes';
import { parseEntry } from '../domain/entry';
import type { VaultWrite } from '../vault/vault';
import { rowKey } from './keys';
import type { TimelineRecord } from './logRecords';
import type { SealedRecords } from './sealedRecords';
import { addToTimeline, type TimelineWrites } from './timelineRows';

export interface Mended extends TimelineWrites {
  /** Of what was handed over, what was not here before. */
  readonly added: readonly TimelineRecord[];
  readonly lastOrder: number;
}

/** `history` has rising orders. */
export async function mendTimeline(
  records: SealedRecords,
  number: number,
  kept: { readonly tail: readonly number[]; readonly lastOrder: number },
  history: readonly TimelineRecord[],
): Promise<Mended> {
  const first = history[0]?.order;
  if (first === undefined) return { writes: [], tail: kept.tail, added: [], lastOrder: kept.lastOrder };
  const behind = { from: rowKey(number, first), to: rowKey(number, Number.MAX_SAFE_INTEGER) };
  const rows = await records.range<readonly TimelineRecord[]>('rows', behind);
  const places = new Map(history.flatMap((item) => [[entryIdOf(item), item.order] as const]));
  const own = rows
    .flatMap((row) => row.value)
    .filter((item) => item.order < first || (!isHole(item) && !isElsewhere(item, places)));
  const known = new Set(own.map(({ order }) => order));
  const added = history.filter(({ order }) => !known.has(order));
  const all = [...own, ...added].sort((a, b) => a.order - b.order);
  const rewritten = new Set(rows.flatMap((row) => row.value).map(({ order }) => order));
  const tail = kept.tail.filter((order) => !rewritten.has(order));
  const written = await addToTimeline(records, number, tail, all);
  const clear: VaultWrite = { store: 'rows', deleteRange: behind };
  return {
    writes: [clear, ...written.writes],
    tail: written.tail,
    added,
    lastOrder: Math.max(all.at(-1)?.order ?? 0, tail.at(-1) ?? 0, 0),
  };
}

/** What we had taken in at a place where the others have it not, as a relay that lies can bring about. */
function isElsewhere(item: TimelineRecord, places: ReadonlyMap<string | undefined, number>): boolean {
  const id = entryIdOf(item);
  return id !== undefined && (places.get(id) ?? item.order) !== item.order;
}

function entryIdOf({ proof }: TimelineRecord): string | undefined {
  const entry = proof === undefined ? undefined : parseEntry(proof.entry);
  return entry?.ok === true ? bytesToHex(entry.value.id) : undefined;
}

/** A place without an entry. */
function isHole(item: TimelineRecord): boolean {
  return item.proof === undefined;
}
