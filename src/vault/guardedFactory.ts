/**
 * The browser's IndexedDB with two things taken away from Dexie and one thing heard earlier:
 * - Dexie opens a database of a newer version anyway (without a version number). This code would then
 *   write into a layout it does not know, so such an open fails with `VersionError` instead.
 * - A connection that is opened again must find the old database. If the user cleared the site's data
 *   meanwhile, an empty one would be created under an engine that goes on with a lost key.
 * - `onForcedClose`: the browser closed the connection by itself.
 */
export interface FactoryGuard {
  /** As IndexedDB counts (Dexie's number times ten). */
  readonly version: number;
  readonly mayCreate: () => boolean;
  /** An open was refused because the database is no longer there. */
  readonly onMissing: () => void;
  readonly onForcedClose: () => void;
}

export function guardFactory(real: IDBFactory, guard: FactoryGuard): IDBFactory {
  return {
    open(name, version) {
      if (version === undefined || version > guard.version) {
        throw new DOMException('the database is of a newer version', 'VersionError');
      }
      const request = real.open(name, version);
      // Added before Dexie's handlers, hence called before them.
      request.addEventListener('upgradeneeded', (event) => {
        if (event.oldVersion !== 0 || guard.mayCreate()) return;
        event.stopImmediatePropagation();
        guard.onMissing();
        request.transaction?.abort();
      });
      request.addEventListener('success', () => {
        request.result.addEventListener('close', guard.onForcedClose);
      });
      return request;
    },
    deleteDatabase: (name) => real.deleteDatabase(name),
    cmp: (a, b) => real.cmp(a, b),
    // Without it Dexie would keep a database of its own to remember names.
    databases: async () => ('databases' in real ? real.databases() : []),
  };
}
