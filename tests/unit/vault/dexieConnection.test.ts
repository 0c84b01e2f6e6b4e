/** What happens to an open vault when the browser takes its connection away. */
import { forceCloseDatabase, IDBDatabase, IDBObjectStore } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DexieConnection } from '../../../src/vault/dexieConnection';
import { openDexieVault } from '../../../src/vault/dexieVault';
import { MIGRATIONS, newestVersion } from '../../../src/vault/migrations';
import type { Vault, VaultFailure } from '../../../src/vault/vault';
import { all, bytes, put, recorder, text, valueOf, write } from '../../contract/vault.contract';
import { createFakeDevice, openRaw } from './fakeDevice';

const opened: Vault[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  opened.splice(0).forEach((vault) => vault.close());
});

async function open(device = createFakeDevice()): Promise<Vault> {
  const vault = valueOf(await openDexieVault(device));
  opened.push(vault);
  return vault;
}

/** Every connection opened so far, so that a test can break them. */
function watchConnections(indexedDB: IDBFactory): () => void {
  const connections: Parameters<typeof forceCloseDatabase>[0][] = [];
  const real = indexedDB.open.bind(indexedDB);
  vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
    const request = real(...args);
    request.addEventListener('success', () => connections.push(request.result as never));
    return request;
  });
  return () => {
    for (const connection of connections.splice(0)) forceCloseDatabase(connection);
  };
}

function failTransactions(times: number, error: () => DOMException): () => number {
  const real = IDBDatabase.prototype.transaction;
  let failed = 0;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    // Dexie's own look at the schema while opening is not what is tested.
    if (args[1] === 'readonly' && [...args[0]].length > 6) return real.apply(this, args);
    if (failed < times) {
      failed++;
      throw error();
    }
    return real.apply(this, args);
  });
  return () => failed;
}

const lost = (): DOMException =>
  new DOMException(
    'Connection to Indexed Database server lost. Refresh the page to try again',
    'UnknownError',
  );

describe('a lost connection', () => {
  it.each(['UnknownError', 'InvalidStateError', 'AbortError', 'TransactionInactiveError'])(
    'is opened again once after %s, and the step repeated',
    async (name) => {
      const vault = await open();
      failTransactions(1, () => new DOMException('gone', name));
      await write(vault, [put([1, 1], 'kept')]);
      expect(await vault.get('rows', [1, 1])).toEqual(bytes('kept'));
    },
  );

  it('is reported when it stays lost, and the vault works again later', async () => {
    const vault = await open();
    const failed = failTransactions(4, lost);
    expect(await vault.commit({ writes: [put([1, 1], 'a')] })).toMatchObject({
      ok: false,
      error: { type: 'storage-failed', then: 'retry' },
    });
    await expect(vault.get('rows', [1, 1])).rejects.toMatchObject({
      failure: { type: 'storage-failed', then: 'retry' },
    });
    expect(failed()).toBe(4);
    await write(vault, [put([1, 1], 'b')]);
    expect(await vault.get('rows', [1, 1])).toEqual(bytes('b'));
  });

  it('is shared by all steps that run into it', async () => {
    const device = createFakeDevice();
    const vault = await open(device);
    failTransactions(10, lost);
    const openAgain = vi.spyOn(device.indexedDB, 'open');
    await Promise.all(Array.from({ length: 10 }, (_, i) => write(vault, [put([1, i], '')])));
    expect(await vault.range('rows', all)).toHaveLength(10);
    expect(openAgain.mock.calls.length).toBeLessThan(3);
  });

  it('is opened once for a step that hears of it late', async () => {
    const device = createFakeDevice();
    const openAgain = vi.spyOn(device.indexedDB, 'open');
    const connection = new DexieConnection({
      name: device.name,
      indexedDB: device.indexedDB,
      keyRanges: device.IDBKeyRange,
      migrations: MIGRATIONS,
      onInterrupted: () => undefined,
    });
    await connection.open();
    let loseLate: () => void = () => undefined;
    let lateTries = 0;
    const late = connection.run(async () => {
      if (lateTries++ > 0) return;
      await new Promise<void>((resolve) => {
        loseLate = resolve;
      });
      throw lost();
    });
    let tries = 0;
    await connection.run(async () => {
      if (tries++ === 0) throw lost();
    });
    loseLate();
    await late;
    expect([tries, lateTries, openAgain.mock.calls.length]).toEqual([2, 2, 2]);
    connection.close();
  });

  it('makes observers read again, whoever ran into it', async () => {
    const vault = await open();
    const seen = recorder<number>();
    vault.observe(async (reader) => (await reader.range('rows', all)).length, seen.push);
    await seen.until((count) => count === 0);
    failTransactions(1, lost);
    await vault.get('views', [1, 1]);
    await seen.until(() => seen.values.length === 2);
  });

  it('does not double an intent that was written without our hearing of it', async () => {
    const vault = await open();
    const real = IDBDatabase.prototype.transaction;
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...args
    ) {
      spy.mockRestore();
      const tx = real.apply(this, args);
      // Completes, but what the vault sees is an abort.
      tx.addEventListener('complete', (event) => {
        event.stopImmediatePropagation();
        tx.onabort?.call(tx, event as never);
      });
      return tx;
    });
    valueOf(await vault.addIntent(bytes('once')));
    expect((await vault.range('intents', all)).map(({ value }) => text(value))).toEqual(['once']);
  });

  it('does not stop observers: they read again and go on', async () => {
    const device = createFakeDevice();
    const breakAll = watchConnections(device.indexedDB);
    const vault = await open(device);
    const other = await open(device);
    const seen = recorder<number>();
    vault.observe(
      async (reader) => (await reader.range('rows', all)).length,
      seen.push,
      () => expect.unreachable(),
    );
    await seen.until((count) => count === 0);
    breakAll();
    await seen.until(() => seen.values.length === 2);
    await write(other, [put([1, 1], 'after')]);
    await seen.until((count) => count === 1);
    breakAll();
    await write(vault, [put([1, 2], 'again')]);
    await seen.until((count) => count === 2);
  });

  it('tells observers that fail, and goes on when storage works again', async () => {
    const vault = await open();
    const seen = recorder<number>();
    const failures = recorder<VaultFailure>();
    vault.observe(
      async (reader) => (await reader.range('rows', { from: [1, 0], to: [1, 9] })).length,
      seen.push,
      failures.push,
    );
    await seen.until((count) => count === 0);
    // The DOM's types do not know getAllRecords yet.
    const store: { getAllRecords(): unknown } = IDBObjectStore.prototype as never;
    const get = vi.spyOn(store, 'getAllRecords').mockImplementation(() => {
      throw lost();
    });
    await write(vault, [put([1, 1], '')]);
    await failures.until(({ type, then }) => type === 'storage-failed' && then === 'retry');
    get.mockRestore();
    await write(vault, [put([7, 7], 'anything')]);
    await seen.until((count) => count === 1);
  });
});

describe('the end of a database', () => {
  it('makes way for an upgrade by newer code and is too old afterwards', async () => {
    const device = createFakeDevice();
    const vault = await open(device);
    await write(vault, [put([1, 1], 'old')]);
    const failures = recorder<VaultFailure>();
    const newer = await openRaw(device.indexedDB, device.name, (newestVersion(MIGRATIONS) + 1) * 10);
    vault.observe(
      (reader) => reader.range('rows', all),
      () => expect.unreachable(),
      failures.push,
    );
    await failures.until(({ type, then }) => type === 'too-new' && then === 'stop');
    expect(await vault.commit({ writes: [put([1, 1], 'x')] })).toMatchObject({
      ok: false,
      error: { type: 'too-new' },
    });
    newer.close();
  });

  it('does not begin an empty vault where the old one was cleared away', async () => {
    const device = createFakeDevice();
    const breakAll = watchConnections(device.indexedDB);
    const vault = await open(device);
    await write(vault, [put([1, 1], 'old')]);
    breakAll();
    await new Promise<void>((resolve) => {
      device.indexedDB.deleteDatabase(device.name).onsuccess = () => resolve();
    });
    expect(await vault.commit({ writes: [put([1, 1], 'x')] })).toMatchObject({
      ok: false,
      error: { type: 'storage-failed', then: 'stop' },
    });
    expect(await device.indexedDB.databases()).toEqual([]);
  });
});
