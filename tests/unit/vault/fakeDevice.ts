import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { DexieVaultOptions } from '../../../src/vault/dexieVault';

/** Names keep the announcements of one device from another's. */
let devices = 0;

export function createFakeDevice(): Required<Omit<DexieVaultOptions, 'migrations'>> {
  return { name: `unit-vault-${++devices}`, indexedDB: new IDBFactory(), IDBKeyRange };
}

/** A database without any of our code, as a version or another program would have left it. */
export function openRaw(
  indexedDB: IDBFactory,
  name: string,
  version?: number,
  upgrade?: (idb: IDBDatabase) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => upgrade?.(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('cannot open'));
  });
}
