import { createMemoryVault } from '../../src/vault/memoryVault';
import { MemoryStore } from '../../src/vault/memoryStore';
import { vaultContract } from './vault.contract';

vaultContract('memoryVault', () => {
  const store = new MemoryStore();
  let failure: 'storage-full' | 'storage-failed' | undefined;
  const failWrite = (): typeof failure => {
    const now = failure;
    failure = undefined;
    return now;
  };
  return {
    open: async () => createMemoryVault({ store, faults: { failWrite } }),
    failNextWrite: (type) => {
      failure = type;
    },
  };
});

vaultContract('memoryVault whose operations all wait', () => {
  const store = new MemoryStore();
  let failure: 'storage-full' | 'storage-failed' | undefined;
  let count = 0;
  return {
    open: async () =>
      createMemoryVault({
        store,
        faults: {
          failWrite: () => {
            const now = failure;
            failure = undefined;
            return now;
          },
          // Uneven waits, so that handles overtake each other.
          pause: async () => {
            for (let i = count++ % 5; i > 0; i--) await Promise.resolve();
          },
        },
      }),
    failNextWrite: (type) => {
      failure = type;
    },
  };
});
