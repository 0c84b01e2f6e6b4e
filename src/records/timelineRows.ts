/**
 * The timeline on disk: every row is a list of items under the order of its last one. New items are
 * single rows; the engine packs full runs of PAGE_ITEMS into pages (ten times faster to write in bulk,
 * three times faster to scan). A page is never split again.
 */
import type { VaultWrite } from '../vault/vault';
import { rowKey } from './keys';
import type { TimelineRecord } from './logRecords';
import type { SealedRecords } from './sealedRecords';

export const PAGE_ITEMS = 64;
/** Singles stay single while they may still change or be read one by one. */
const TAIL_ITEMS = 2 * PAGE_ITEMS;

export interface TimelineWrites {
  readonly writes: readonly VaultWrite[];
  readonly tail: readonly number[];
}

/** Items that go, wherever they stand; pages keep what is left of them. */
export async function takeOut(
  records: SealedRecords,
  number: number,
  tail: readonly number[],
  isGone: (item: TimelineRecord) => boolean,
): Promise<TimelineWrites> {
  const rows = await records.range<readonly TimelineRecord[]>('rows', {
    from: rowKey(number, 0),
    to: rowKey(number, Number.MAX_SAFE_INTEGER),
  });
  const writes: VaultWrite[] = [];
  const gone = new Set<number>();
  for (const { key, value } of rows) {
    const left = value.filter((item) => !isGone(item));
    if (left.length === value.length) continue;
    for (const { order } of value.filter(isGone)) gone.add(order);
    writes.push({ store: 'rows', delete: key });
    const end = left.at(-1);
    if (end !== undefined) writes.push(await records.put('rows', rowKey(number, end.order), left));
  }
  return { writes, tail: tail.filter((order) => !gone.has(order)) };
}

/** `tail`: orders of single rows already stored. `added`: new items in order, all behind the tail. */
export async function addToTimeline(
  records: SealedRecords,
  number: number,
  tail: readonly number[],
  added: readonly TimelineRecord[],
): Promise<TimelineWrites> {
  const total = tail.length + added.length;
  const pages = total < TAIL_ITEMS ? 0 : Math.floor((total - PAGE_ITEMS) / PAGE_ITEMS);
  const packed = pages * PAGE_ITEMS;
  const oldPacked = tail.slice(0, Math.min(packed, tail.length));
  const writes: VaultWrite[] = [];
  const run: TimelineRecord[] = [];
  const first = oldPacked[0];
  const last = oldPacked.at(-1);
  if (first !== undefined && last !== undefined) {
    const rows = await records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(number, first),
      to: rowKey(number, last),
    });
    run.push(...rows.flatMap((row) => row.value));
    writes.push({ store: 'rows', deleteRange: { from: rowKey(number, first), to: rowKey(number, last) } });
  }
  const newPacked = packed - oldPacked.length;
  run.push(...added.slice(0, newPacked));
  const jobs: Promise<VaultWrite>[] = [];
  for (let at = 0; at < run.length; at += PAGE_ITEMS) {
    const page = run.slice(at, at + PAGE_ITEMS);
    const end = page.at(-1);
    if (end !== undefined) jobs.push(records.put('rows', rowKey(number, end.order), page));
  }
  for (const item of added.slice(newPacked))
    jobs.push(records.put('rows', rowKey(number, item.order), [item]));
  writes.push(...(await Promise.all(jobs)));
  return {
    writes,
    tail: [...tail.slice(oldPacked.length), ...added.slice(newPacked).map((item) => item.order)],
  };
}
