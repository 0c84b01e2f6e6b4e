/**
 * Reading rows of one store. A range comes in one round trip where the browser has `getAllRecords`
 * (Chromium 141), else in two that travel together; walking a cursor would cost one for every few rows.
 */
import type { Bytes } from '../lib/bytes';
import { assert } from '../lib/assert';
import type { VaultKey, VaultRange, VaultReader, VaultRow } from './vault';
import { answerOf } from './idb';
import { assertKey, compareKeys } from './vaultKeys';

export type KeyRanges = Pick<typeof IDBKeyRange, 'bound'>;

interface WithAllRecords {
  getAllRecords(options: {
    query: IDBKeyRange;
    count?: number;
    direction: 'next' | 'prev';
  }): IDBRequest<readonly { readonly key: VaultKey; readonly value: Bytes }[]>;
}

/** A reader that lives as long as its transaction. */
export function readerOf(tx: IDBTransaction, keyRanges: KeyRanges): VaultReader {
  let isComplete = false;
  tx.addEventListener('complete', () => {
    isComplete = true;
  });
  const storeOf = (name: string): IDBObjectStore => {
    assert(!isComplete, 'a read awaits nothing but its reader');
    return tx.objectStore(name);
  };
  return {
    async get(store, key) {
      assertKey(key);
      return answerOf<Bytes | undefined>(storeOf(store).get([key[0], key[1]]));
    },
    async range(store, range) {
      assertKey(range.from);
      assertKey(range.to);
      const { from, to, limit = Infinity } = range;
      if (limit <= 0 || compareKeys(from, to) > 0) return [];
      const source = storeOf(store);
      return hasAllRecords(source)
        ? readRecords(source, range, keyRanges)
        : readInTwo(source, range, keyRanges);
    },
  };
}

function hasAllRecords(store: IDBObjectStore): store is IDBObjectStore & WithAllRecords {
  return 'getAllRecords' in store;
}

async function readRecords(
  store: WithAllRecords,
  range: VaultRange,
  keyRanges: KeyRanges,
): Promise<readonly VaultRow[]> {
  const count = countOf(range);
  const records = await answerOf(
    store.getAllRecords({
      query: keyRanges.bound(range.from, range.to),
      direction: range.reverse === true ? 'prev' : 'next',
      ...(count === undefined ? {} : { count }),
    }),
  );
  return records.map(({ key, value }) => ({ key, value }));
}

async function readInTwo(
  store: IDBObjectStore,
  range: VaultRange,
  keyRanges: KeyRanges,
): Promise<readonly VaultRow[]> {
  const count = countOf(range);
  if (range.reverse !== true) return readForward(store, keyRanges.bound(range.from, range.to), count);
  const lowest =
    count === undefined ? undefined : await lowestOfLast(store, keyRanges.bound(range.from, range.to), count);
  const rows = await readForward(store, keyRanges.bound(lowest ?? range.from, range.to), undefined);
  return [...rows].reverse();
}

async function readForward(
  store: IDBObjectStore,
  query: IDBKeyRange,
  count: number | undefined,
): Promise<readonly VaultRow[]> {
  const [keys, values] = await Promise.all([
    // Only pairs of numbers were ever written here.
    answerOf(store.getAllKeys(query, count)) as Promise<unknown> as Promise<readonly VaultKey[]>,
    answerOf<Bytes[]>(store.getAll(query, count)),
  ]);
  return values.map((value, i) => {
    const key = keys[i];
    assert(key !== undefined, 'keys and values of one transaction match');
    return { key, value };
  });
}

/** The key that begins the last `count` rows; undefined when there are fewer. */
function lowestOfLast(
  store: IDBObjectStore,
  query: IDBKeyRange,
  count: number,
): Promise<VaultKey | undefined> {
  return new Promise((resolve, reject) => {
    const request = store.openKeyCursor(query, 'prev');
    let isAtLast = true;
    request.onerror = () => reject(request.error ?? new DOMException('a cursor failed', 'UnknownError'));
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor !== null && isAtLast && count > 1) {
        isAtLast = false;
        cursor.advance(count - 1);
      } else resolve(cursor === null ? undefined : (cursor.primaryKey as unknown as VaultKey));
    };
  });
}

/** IndexedDB takes undefined for "all"; 0 would mean the same and was answered before. */
function countOf({ limit }: VaultRange): number | undefined {
  return limit === undefined || limit === Infinity ? undefined : Math.ceil(limit);
}
