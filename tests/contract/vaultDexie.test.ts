import { IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb';
import { afterEach, vi } from 'vitest';
import { openDexieVault } from '../../src/vault/dexieVault';
import { valueOf, vaultContract, type VaultDevice } from './vault.contract';

afterEach(() => vi.restoreAllMocks());

/** Names keep the announcements of one device from another's. */
let devices = 0;

vaultContract('dexieVault', createDevice);

vaultContract('dexieVault where getAllRecords is missing', () => {
  const device = createDevice();
  return {
    ...device,
    async open() {
      // Restored by the mock's end: `in` must not find it.
      hideAllRecords();
      return device.open();
    },
  };
});

function createDevice(): VaultDevice {
  const options = { name: `vault-${++devices}`, indexedDB: new IDBFactory(), IDBKeyRange };
  return {
    open: async () => valueOf(await openDexieVault(options)),
    failNextWrite: (type) => {
      const real = IDBObjectStore.prototype.put;
      let calls = 0;
      const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
        this: IDBObjectStore,
        ...args
      ) {
        // In the middle of a large batch, and at the end of a small one.
        if (++calls < 500 && args[1] !== undefined && this.transaction.objectStoreNames.contains('rows'))
          return real.apply(this, args);
        spy.mockRestore();
        throw new DOMException(
          'as asked by the test',
          type === 'storage-full' ? 'QuotaExceededError' : 'ConstraintError',
        );
      });
    },
  };
}

const recordsOf = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'getAllRecords');

function hideAllRecords(): void {
  Reflect.deleteProperty(IDBObjectStore.prototype, 'getAllRecords');
}

afterEach(() => {
  if (recordsOf !== undefined) Object.defineProperty(IDBObjectStore.prototype, 'getAllRecords', recordsOf);
});
