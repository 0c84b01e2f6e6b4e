/**
 * One store of the memory vault: rows grouped by the first number, each group a sorted array. Rows are
 * mostly appended to their group, so an insertion moves little, and every search is binary.
 */
import type { Bytes } from '../lib/bytes';
import type { VaultKey, VaultRange, VaultRow } from './vault';
import { compareKeys } from './vaultKeys';

interface Group {
  readonly first: number;
  readonly rows: VaultRow[];
}

export class SortedRows {
  readonly #groups: Group[] = [];

  get(key: VaultKey): Bytes | undefined {
    const rows = this.#group(key[0])?.rows;
    const row = rows?.[lowerBoundOfRows(rows, key[1])];
    return row?.key[1] === key[1] ? row.value : undefined;
  }

  put(key: VaultKey, value: Bytes): void {
    const at = lowerBoundOfGroups(this.#groups, key[0]);
    let group = this.#groups[at];
    if (group === undefined || group.first !== key[0]) {
      group = { first: key[0], rows: [] };
      this.#groups.splice(at, 0, group);
    }
    const row = { key, value };
    const index = lowerBoundOfRows(group.rows, key[1]);
    const replaces = group.rows[index]?.key[1] === key[1];
    group.rows.splice(index, replaces ? 1 : 0, row);
  }

  /** Answers what it removed. */
  deleteRange(from: VaultKey, to: VaultKey): readonly VaultRow[] {
    const removed: VaultRow[] = [];
    if (compareKeys(from, to) > 0) return removed;
    let at = lowerBoundOfGroups(this.#groups, from[0]);
    for (
      let group = this.#groups[at];
      group !== undefined && group.first <= to[0];
      group = this.#groups[at]
    ) {
      const [start, end] = bounds(group, from, to);
      // No spreading: a run may be longer than an argument list.
      for (const row of group.rows.splice(start, end - start)) removed.push(row);
      if (group.rows.length === 0) this.#groups.splice(at, 1);
      else at++;
    }
    return removed;
  }

  range({ from, to, limit = Infinity, reverse = false }: VaultRange): readonly VaultRow[] {
    const rows: VaultRow[] = [];
    if (compareKeys(from, to) > 0 || limit <= 0) return rows;
    const first = lowerBoundOfGroups(this.#groups, from[0]);
    const end = lowerBoundOfGroups(this.#groups, to[0] + 1);
    for (let i = 0; i < end - first && rows.length < limit; i++) {
      const group = this.#groups[reverse ? end - 1 - i : first + i];
      if (group === undefined) break;
      const [start, stop] = bounds(group, from, to);
      const wanted = Math.min(limit - rows.length, stop - start);
      const run = reverse
        ? group.rows.slice(stop - wanted, stop).reverse()
        : group.rows.slice(start, start + wanted);
      for (const row of run) rows.push(row);
    }
    return rows;
  }

  /** Rows are never changed in place, so the copy may share them. */
  copy(): SortedRows {
    const copy = new SortedRows();
    for (const { first, rows } of this.#groups) copy.#groups.push({ first, rows: [...rows] });
    return copy;
  }

  #group(first: number): Group | undefined {
    const group = this.#groups[lowerBoundOfGroups(this.#groups, first)];
    return group?.first === first ? group : undefined;
  }
}

/** The part of a group inside a range, as start and end index. */
function bounds(group: Group, from: VaultKey, to: VaultKey): readonly [number, number] {
  const start = group.first === from[0] ? lowerBoundOfRows(group.rows, from[1]) : 0;
  const end = group.first === to[0] ? lowerBoundOfRows(group.rows, to[1] + 1) : group.rows.length;
  return [start, Math.max(start, end)];
}

function lowerBoundOfGroups(groups: readonly Group[], first: number): number {
  return lowerBound(groups, (group) => group.first < first);
}

function lowerBoundOfRows(rows: readonly VaultRow[], second: number): number {
  const last = rows.at(-1);
  // Appending is the usual case.
  if (last !== undefined && last.key[1] < second) return rows.length;
  return lowerBound(rows, (row) => row.key[1] < second);
}

function lowerBound<T>(items: readonly T[], isBelow: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && isBelow(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
