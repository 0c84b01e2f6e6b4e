/**
 * The vault in the browser's IndexedDB. Dexie opens and upgrades the database and looks after the
 * connection; reads and writes are plain transactions (idb.ts says why), and observers are told by
 * announcements rather than by `liveQuery`, which stays silent after a lost connection and re-reads
 * everything after a batch of fifty rows.
 *
 * A batch whose connection breaks is written again, because nobody can know whether it was. Unfenced
 * writes only repeat themselves; a batch fenced by a log's version then answers `fenced`, which ends
 * the worker and starts it from what is stored. An intent is looked for first; should the engine have
 * taken it away in between, it is there twice, and its entry id keeps it from being sent twice.
 *
 * Limits: `strict` is what the platform makes of it. Chromium moves values above 64 KB into files of
 * their own, which are slow: keep pages below.
 */
import { copyBytes, equalBytes, type Bytes } from '../lib/bytes';
import { err, ok, type Result } from '../lib/result';
import {
  VAULT_STORES,
  type Vault,
  type VaultBatch,
  type VaultFailure,
  type VaultFence,
  type VaultReader,
  type VaultWrite,
} from './vault';
import { openAnnouncements } from './announcements';
import { DexieConnection } from './dexieConnection';
import { answerOf, readTransaction, writeTransaction } from './idb';
import { readerOf, type KeyRanges } from './idbReader';
import {
  COUNTER_STORE,
  KEY_STORE,
  MIGRATIONS,
  TERM_STORE,
  VERSION_STORE,
  type Migration,
} from './migrations';
import { notingReader, startObservation, type Observation, type ObservationOptions } from './observation';
import { refusalOf, Refusals } from './refusals';
import { VaultError, vaultClosed, vaultFailure } from './vaultFailure';
import { assertWrites, compareKeys, touchedByWrites, type TouchedRange } from './vaultKeys';

const LAST_INTENT = 'intents';
const TERM = 'term';
const SEAL_KEY = 'seal';

export interface DexieVaultOptions {
  readonly name?: string;
  readonly indexedDB?: IDBFactory;
  readonly IDBKeyRange?: typeof IDBKeyRange;
  readonly migrations?: readonly Migration[];
}

export async function openDexieVault(options: DexieVaultOptions = {}): Promise<Result<Vault, VaultFailure>> {
  const name = options.name ?? 'depesche';
  const observations = new Set<Observation>();
  const connection = new DexieConnection({
    name,
    indexedDB: options.indexedDB ?? globalThis.indexedDB,
    keyRanges: options.IDBKeyRange ?? globalThis.IDBKeyRange,
    migrations: options.migrations ?? MIGRATIONS,
    onInterrupted: () => observations.forEach((observation) => observation.refresh()),
  });
  const opened = await resultOf(connection.open());
  if (!opened.ok) return opened;
  return ok(vaultOver(connection, observations, name, options.IDBKeyRange ?? globalThis.IDBKeyRange));
}

function vaultOver(
  connection: DexieConnection,
  observations: Set<Observation>,
  name: string,
  keyRanges: KeyRanges,
): Vault {
  let isClosed = false;
  const refusals = new Refusals();
  const announcements = openAnnouncements(
    name,
    (touched) => {
      for (const observation of observations) {
        if (touched === undefined) observation.refresh();
        else observation.tell(touched);
      }
    },
    (refusal) => refusals.tell(refusal),
  );

  function announce(touched: readonly TouchedRange[]): void {
    if (isClosed || touched.length === 0) return;
    for (const observation of observations) observation.tell(touched);
    announcements.tell(touched);
  }

  /** V5. */
  async function written<T>(write: Promise<T>): Promise<Result<T, VaultFailure>> {
    const result = await resultOf(write);
    const refusal = result.ok ? undefined : refusalOf(result.error);
    if (refusal !== undefined && !isClosed) {
      refusals.tell(refusal);
      announcements.tellRefusal(refusal);
    }
    return result;
  }

  function stopAll(): void {
    isClosed = true;
    announcements.close();
    refusals.clear();
    for (const observation of observations) observation.stop();
    observations.clear();
  }

  const reader: VaultReader = {
    get: (store, key) =>
      connection.run((idb) => readTransaction(idb, [store], (tx) => readerOf(tx, keyRanges).get(store, key))),
    range: (store, range) =>
      connection.run((idb) =>
        readTransaction(idb, [store], (tx) => readerOf(tx, keyRanges).range(store, range)),
      ),
  };

  /** All stores in one transaction: an observer never sees half of a batch. */
  function readWhole<T>(ask: ObservationOptions<T>['read'], seen: TouchedRange[]): Promise<T> {
    return connection.run((idb) => {
      seen.length = 0;
      return readTransaction(idb, VAULT_STORES, (tx) => ask(notingReader(readerOf(tx, keyRanges), seen)));
    });
  }

  return {
    ...reader,
    async commit(batch) {
      assertWrites(batch.writes);
      const stores = storesOf(batch);
      if (stores.length === 0) return ok(undefined);
      const durability = batch.strict === true ? 'strict' : 'relaxed';
      const committed = await written(
        connection.run((idb) =>
          writeTransaction(idb, stores, durability, (tx) => writeBatch(tx, batch, keyRanges)),
        ),
      );
      if (committed.ok) announce(touchedByWrites(batch.writes));
      return committed;
    },
    async addIntent(value) {
      let tried: number | undefined;
      const added = await written(
        connection.run((idb) =>
          writeTransaction(idb, ['intents', COUNTER_STORE], 'strict', async (tx) => {
            if (tried !== undefined && (await holdsIntent(tx, tried, value))) return tried;
            return (tried = await writeIntent(tx, value));
          }),
        ),
      );
      if (added.ok) announce([{ store: 'intents', from: [added.value, 0], to: [added.value, 0] }]);
      return added;
    },
    takeLead: () =>
      written(
        connection.run((idb) =>
          writeTransaction(idb, [TERM_STORE], 'strict', (tx) => raise(tx, TERM_STORE, TERM)),
        ),
      ),
    logVersion: (log) =>
      connection.run((idb) =>
        readTransaction(idb, [VERSION_STORE], (tx) => numberAt(tx, VERSION_STORE, log)),
      ),
    observe(ask, onValue, onError) {
      if (isClosed) {
        onError?.(vaultClosed);
        return () => undefined;
      }
      const observation = startObservation({ read: ask, runRead: readWhole, onValue, onError });
      observations.add(observation);
      return () => {
        observation.stop();
        observations.delete(observation);
      };
    },
    observeRefusals: (onRefused) => refusals.observe(onRefused),
    async sealKey(create) {
      const kept = await resultOf(connection.run((idb) => readTransaction(idb, [KEY_STORE], keptSealKey)));
      if (!kept.ok) return kept;
      if (kept.value !== undefined) return ok(kept.value);
      const made = await create();
      return written(
        connection.run((idb) => writeTransaction(idb, [KEY_STORE], 'strict', (tx) => keepSealKey(tx, made))),
      );
    },
    close() {
      stopAll();
      connection.close();
    },
    async erase() {
      stopAll();
      await connection.erase();
    },
  };
}

async function writeBatch(
  tx: IDBTransaction,
  { writes, fence }: VaultBatch,
  keyRanges: KeyRanges,
): Promise<void> {
  if (fence !== undefined) await passFence(tx, fence);
  // One burst: a failing request aborts the transaction, so none has to be listened to.
  for (const write of writes) request(tx, write, keyRanges);
}

/** V3. */
async function passFence(tx: IDBTransaction, { term, log }: VaultFence): Promise<void> {
  const [latest, version] = await Promise.all([
    numberAt(tx, TERM_STORE, TERM),
    log === undefined ? undefined : numberAt(tx, VERSION_STORE, log.number),
  ]);
  if (latest !== term || version !== log?.version) throw new VaultError(vaultFailure('fenced'));
  if (log !== undefined) tx.objectStore(VERSION_STORE).put(log.version + 1, log.number);
}

function request(tx: IDBTransaction, write: VaultWrite, keyRanges: KeyRanges): void {
  const store = tx.objectStore(write.store);
  if ('value' in write) store.put(ownBytes(write.value), [...write.key]);
  else if ('delete' in write) store.delete([...write.delete]);
  else if (compareKeys(write.deleteRange.from, write.deleteRange.to) <= 0) {
    store.delete(keyRanges.bound(write.deleteRange.from, write.deleteRange.to));
  }
}

async function writeIntent(tx: IDBTransaction, value: Bytes): Promise<number> {
  const number = await raise(tx, COUNTER_STORE, LAST_INTENT);
  tx.objectStore('intents').put(ownBytes(value), [number, 0]);
  return number;
}

/** The random nonce in every sealed intent makes equal bytes the same intent. */
async function holdsIntent(tx: IDBTransaction, number: number, value: Bytes): Promise<boolean> {
  const kept = await answerOf<Bytes | undefined>(tx.objectStore('intents').get([number, 0]));
  return kept !== undefined && equalBytes(kept, value);
}

async function raise(tx: IDBTransaction, store: string, key: string): Promise<number> {
  const next = (await numberAt(tx, store, key)) + 1;
  tx.objectStore(store).put(next, key);
  return next;
}

async function numberAt(tx: IDBTransaction, store: string, key: string | number): Promise<number> {
  return (await answerOf<number | undefined>(tx.objectStore(store).get(key))) ?? 0;
}

function keptSealKey(tx: IDBTransaction): Promise<CryptoKey | undefined> {
  return answerOf<CryptoKey | undefined>(tx.objectStore(KEY_STORE).get(SEAL_KEY));
}

/** Two tabs may both have made one: the first written stays. */
async function keepSealKey(tx: IDBTransaction, made: CryptoKey): Promise<CryptoKey> {
  const kept = await keptSealKey(tx);
  if (kept === undefined) tx.objectStore(KEY_STORE).put(made, SEAL_KEY);
  return kept ?? made;
}

function storesOf({ writes, fence }: VaultBatch): readonly string[] {
  const stores = new Set<string>(writes.map(({ store }) => store));
  if (fence !== undefined) stores.add(TERM_STORE);
  if (fence?.log !== undefined) stores.add(VERSION_STORE);
  return [...stores];
}

/** A view into a larger buffer would be stored with the whole buffer. */
function ownBytes(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes);
}

async function resultOf<T>(promise: Promise<T>): Promise<Result<T, VaultFailure>> {
  try {
    return ok(await promise);
  } catch (error) {
    if (error instanceof VaultError) return err(error.failure);
    throw error;
  }
}
