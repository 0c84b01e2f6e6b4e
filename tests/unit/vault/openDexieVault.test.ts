import { IDBDatabase } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDexieVault } from '../../../src/vault/dexieVault';
import { MIGRATIONS, newestVersion } from '../../../src/vault/migrations';
import { bytes, put, valueOf, write } from '../../contract/vault.contract';
import { createFakeDevice, openRaw } from './fakeDevice';
import { layVersion1, VERSION_1_STORES } from './fixtures/version1';

afterEach(() => vi.restoreAllMocks());

describe('opening', () => {
  it('refuses a newer database and does not touch it', async () => {
    const device = createFakeDevice();
    const newer = await openRaw(device.indexedDB, device.name, 20, (idb) => idb.createObjectStore('future'));
    newer.close();
    expect(await openDexieVault(device)).toMatchObject({
      ok: false,
      error: { type: 'too-new', then: 'stop' },
    });
    const again = await openRaw(device.indexedDB, device.name);
    expect([again.version, ...again.objectStoreNames]).toEqual([20, 'future']);
    again.close();
  });

  it('answers a failure where there is no IndexedDB', async () => {
    expect(await openDexieVault({ name: 'none' })).toMatchObject({
      ok: false,
      error: { type: 'storage-failed', then: 'stop' },
    });
  });

  it('leaves no other database behind', async () => {
    const device = createFakeDevice();
    const vault = valueOf(await openDexieVault(device));
    expect((await device.indexedDB.databases()).map(({ name }) => name)).toEqual([device.name]);
    await vault.erase();
    expect(await device.indexedDB.databases()).toEqual([]);
  });
});

describe('V2: durability', () => {
  it('is strict for intents, leaders, keys and strict batches, and relaxed elsewhere', async () => {
    const vault = valueOf(await openDexieVault(createFakeDevice()));
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const durabilities = async (step: () => Promise<unknown>): Promise<readonly unknown[]> => {
      spy.mockClear();
      await step();
      return spy.mock.calls
        .filter(([, mode]) => mode === 'readwrite')
        .map(([, , options]) => options?.durability);
    };
    expect(await durabilities(() => write(vault, [put([1, 1], '')]))).toEqual(['relaxed']);
    expect(await durabilities(() => vault.commit({ writes: [put([1, 1], '')], strict: true }))).toEqual([
      'strict',
    ]);
    expect(await durabilities(() => vault.addIntent(bytes('')))).toEqual(['strict']);
    expect(await durabilities(() => vault.takeLead())).toEqual(['strict']);
    const create = (): Promise<CryptoKey> =>
      crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    expect(await durabilities(() => vault.sealKey(create))).toEqual(['strict']);
    vault.close();
  });

  it('is answered only after the transaction is complete', async () => {
    const vault = valueOf(await openDexieVault(createFakeDevice()));
    const real = IDBDatabase.prototype.transaction;
    let isComplete = false;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      const tx = real.apply(this, args);
      tx.addEventListener('complete', () => {
        isComplete = true;
      });
      return tx;
    });
    valueOf(await vault.addIntent(bytes('')));
    expect(isComplete).toBe(true);
    vault.close();
  });
});

describe('migrations', () => {
  it('count up from 1 without holes', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });

  it('lay a new database out as the newest version, with the stores of version 1', async () => {
    const device = createFakeDevice();
    valueOf(await openDexieVault(device)).close();
    const raw = await openRaw(device.indexedDB, device.name);
    expect(raw.version).toBe(newestVersion(MIGRATIONS) * 10);
    expect([...raw.objectStoreNames]).toEqual([...VERSION_1_STORES].sort());
    raw.close();
  });

  it('open what version 1 left', async () => {
    const device = createFakeDevice();
    await layVersion1(device.indexedDB, device.name);
    const vault = valueOf(await openDexieVault(device));
    expect(await vault.get('rows', [2, 7])).toEqual(bytes('a row'));
    expect(await vault.get('intents', [4, 0])).toEqual(bytes('an intent'));
    expect(await vault.logVersion(3)).toBe(9);
    expect(valueOf(await vault.takeLead())).toBe(6);
    expect(valueOf(await vault.addIntent(bytes('next')))).toBe(5);
    vault.close();
  });

  it('keep the rows when a later version adds and drops stores', async () => {
    const device = createFakeDevice();
    await layVersion1(device.indexedDB, device.name);
    const next = newestVersion(MIGRATIONS) + 1;
    const migrations = [
      ...MIGRATIONS,
      {
        version: next,
        stores: { drafts: undefined, later: '' as const },
        upgrade: (tx: { table(name: string): { put(value: unknown, key: unknown): PromiseLike<unknown> } }) =>
          tx
            .table('later')
            .put(1, 'made')
            .then(() => undefined),
      },
    ];
    const vault = valueOf(await openDexieVault({ ...device, migrations }));
    expect(await vault.get('rows', [2, 7])).toEqual(bytes('a row'));
    vault.close();
    const raw = await openRaw(device.indexedDB, device.name);
    expect(raw.version).toBe(next * 10);
    expect([...raw.objectStoreNames]).toContain('later');
    expect([...raw.objectStoreNames]).not.toContain('drafts');
    raw.close();
    expect(await openDexieVault(device)).toMatchObject({ ok: false, error: { type: 'too-new' } });
  });
});
