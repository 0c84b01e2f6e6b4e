import { createMemoryLogStore, MemoryLogs } from '../../server/stores/memoryLogStore';
import { logStoreContract } from './logStore.contract';

/** A restart of memory would be a loss, so here it only lets go of handles. */
logStoreContract('memory', async () => {
  const logs = new MemoryLogs();
  return {
    open: async () => createMemoryLogStore(logs),
    restart: async () => undefined,
    dispose: async () => undefined,
  };
});
