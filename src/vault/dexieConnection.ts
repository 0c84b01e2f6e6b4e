/**
 * One connection that comes back. Dexie opens, upgrades and watches it; this file decides when to open
 * it again and when it is over.
 *
 * C1 A step that finds the connection lost is tried once more over a new one.
 * C2 Every new connection is told, so that observers read again: they may have missed something.
 * C3 A vault that was closed, erased or upgraded by newer code is over; no step runs after that.
 */
import { Dexie } from 'dexie';
import type { VaultFailure } from './vault';
import { errorToVaultError, isConnectionLost } from './dexieFailure';
import { guardFactory } from './guardedFactory';
import { declareVersions, newestVersion, type Migration } from './migrations';
import { VaultError, vaultClosed, vaultErased } from './vaultFailure';

export interface ConnectionOptions {
  readonly name: string;
  readonly indexedDB: IDBFactory | undefined;
  readonly keyRanges: typeof IDBKeyRange | undefined;
  readonly migrations: readonly Migration[];
  /** Something may have been missed, or the vault is over. */
  readonly onInterrupted: () => void;
}

export class DexieConnection {
  readonly #db: Dexie;
  #end: VaultFailure | undefined;
  #wasOpen = false;

  constructor({ name, indexedDB, keyRanges, migrations, onInterrupted }: ConnectionOptions) {
    const finish = (failure: VaultFailure): void => {
      this.#end ??= failure;
      onInterrupted();
    };
    const factory =
      indexedDB &&
      guardFactory(indexedDB, {
        version: newestVersion(migrations) * 10,
        mayCreate: () => !this.#wasOpen,
        onMissing: () => finish(vaultErased),
        onForcedClose: onInterrupted,
      });
    const db = new Dexie(name, {
      cache: 'disabled',
      ...(factory === undefined ? {} : { indexedDB: factory }),
      ...(keyRanges === undefined ? {} : { IDBKeyRange: keyRanges }),
    });
    declareVersions(db, migrations);
    db.on('ready', () => (this.#wasOpen ? onInterrupted() : undefined), true);
    db.on('versionchange', (event) => {
      // Closed at once, or the other tab would wait. After an upgrade the next open fails as too new.
      db.close({ disableAutoOpen: false });
      if (event.newVersion === null || event.newVersion === 0) finish(vaultErased);
      else onInterrupted();
      // Dexie's own handler would only add a warning.
      return false;
    });
    this.#db = db;
  }

  async open(): Promise<void> {
    try {
      await this.#db.open();
      this.#wasOpen = true;
    } catch (error) {
      this.#db.close();
      throw errorToVaultError(error);
    }
  }

  /** Rejects with `VaultError`. `step` may run twice. */
  async run<T>(step: (idb: IDBDatabase) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(step);
    } catch (error) {
      if (this.#end !== undefined) throw new VaultError(this.#end, error);
      if (!isConnectionLost(error)) throw errorToVaultError(error);
    }
    try {
      return await this.#attempt(step);
    } catch (error) {
      if (this.#end !== undefined) throw new VaultError(this.#end, error);
      throw errorToVaultError(error);
    }
  }

  close(): void {
    this.#end ??= vaultClosed;
    this.#db.close();
  }

  async erase(): Promise<void> {
    this.#end ??= vaultErased;
    await this.#db.delete();
  }

  async #attempt<T>(step: (idb: IDBDatabase) => Promise<T>): Promise<T> {
    if (this.#end !== undefined) throw new VaultError(this.#end);
    if (!this.#db.isOpen()) await this.#db.open();
    const idb = this.#db.backendDB();
    try {
      return await step(idb);
    } catch (error) {
      // Only the connection that failed: another step may have opened a new one by now.
      if (isConnectionLost(error) && this.#db.backendDB() === idb) this.#db.close({ disableAutoOpen: false });
      throw error;
    }
  }
}
