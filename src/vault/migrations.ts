/**
 * The layout of the database, version by version. How a version is added:
 * 1. Append an entry with the next number; never change or remove a released one, because somebody's
 *    phone still has it.
 * 2. `stores` names only what changes: '' is a store with keys outside the values, `undefined` drops it.
 * 3. `upgrade` runs inside the upgrade transaction and awaits nothing but it. Rows are sealed and the
 *    key is out of reach there: content is migrated by the engine afterwards, lazily.
 * 4. Keep a fixture of the version before (tests/unit/vault/fixtures: `writeTown.ts` makes one) and a test that
 *    opens it. What is inside records has no version: a field that came later gets its value where they are
 *    read (engine/storedLogs.ts).
 *
 * Keys lie outside the values ([number, number] → bytes): a value is then exactly the sealed bytes.
 */
import type { Dexie, Transaction } from 'dexie';
import { VAULT_STORES } from './vault';

export interface Migration {
  readonly version: number;
  readonly stores: Readonly<Record<string, '' | undefined>>;
  readonly upgrade?: (tx: Transaction) => PromiseLike<void>;
}

/** Beside the rows: the leader's term, the last intent's number, each log's version, the seal key. */
export const TERM_STORE = 'lead';
export const COUNTER_STORE = 'counters';
export const VERSION_STORE = 'versions';
export const KEY_STORE = 'keys';

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    stores: {
      ...Object.fromEntries(VAULT_STORES.map((store) => [store, ''] as const)),
      [TERM_STORE]: '',
      [COUNTER_STORE]: '',
      [VERSION_STORE]: '',
      [KEY_STORE]: '',
    },
  },
  // Same stores. Inside, links are packed (records/packedLinks.ts) and folds say who is owed a Welcome (SPEC J6):
  // a version that knows neither must not go on with it.
  { version: 2, stores: {} },
];

export function newestVersion(migrations: readonly Migration[]): number {
  return Math.max(...migrations.map(({ version }) => version));
}

export function declareVersions(db: Dexie, migrations: readonly Migration[]): void {
  for (const { version, stores, upgrade } of migrations) {
    const schema = Object.fromEntries(Object.entries(stores).map(([name, layout]) => [name, layout ?? null]));
    const declared = db.version(version).stores(schema);
    if (upgrade !== undefined) declared.upgrade(upgrade);
  }
}
