/**
 * Keys, ranges and what a batch touches: shared by both adapters, so that they cannot disagree about
 * order or about who has to be told.
 */
import { assert } from '../lib/assert';
import type { VaultKey, VaultStore, VaultWrite } from './vault';

/** Both ends are included. */
export interface TouchedRange {
  readonly store: VaultStore;
  readonly from: VaultKey;
  readonly to: VaultKey;
}

export function compareKeys(a: VaultKey, b: VaultKey): number {
  return a[0] - b[0] || a[1] - b[1];
}

export function overlaps(a: TouchedRange, b: TouchedRange): boolean {
  return a.store === b.store && compareKeys(a.from, b.to) <= 0 && compareKeys(b.from, a.to) <= 0;
}

/** A key out of these bounds would sort differently in the two adapters. */
export function assertKey(key: VaultKey): void {
  assert(isKeyNumber(key[0]) && isKeyNumber(key[1]), 'vault keys are pairs of safe integers from 0');
}

function isKeyNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export function assertWrites(writes: readonly VaultWrite[]): void {
  for (const write of writes) {
    const { from, to } = rangeOfWrite(write);
    assertKey(from);
    assertKey(to);
  }
}

/**
 * One hull for each store and first number: a batch of a thousand rows of one conversation is told in
 * a few bytes. Telling too much costs a re-read, telling too little would lose an update.
 */
export function touchedByWrites(writes: readonly VaultWrite[]): readonly TouchedRange[] {
  const hulls = new Map<string, TouchedRange>();
  for (const write of writes) {
    const range = rangeOfWrite(write);
    if (compareKeys(range.from, range.to) > 0) continue;
    const name = `${range.store} ${range.from[0]} ${range.to[0]}`;
    const hull = hulls.get(name);
    hulls.set(
      name,
      hull === undefined
        ? range
        : {
            store: range.store,
            from: compareKeys(range.from, hull.from) < 0 ? range.from : hull.from,
            to: compareKeys(range.to, hull.to) > 0 ? range.to : hull.to,
          },
    );
  }
  return [...hulls.values()];
}

function rangeOfWrite(write: VaultWrite): TouchedRange {
  if ('deleteRange' in write)
    return { store: write.store, from: write.deleteRange.from, to: write.deleteRange.to };
  const key = 'delete' in write ? write.delete : write.key;
  return { store: write.store, from: key, to: key };
}
