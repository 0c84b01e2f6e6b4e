/**
 * The data folder belongs to one relay at a time. The lock is an open transaction on a file of its
 * own: the operating system releases it when the process ends, however it ends, so a relay that was
 * killed starts again and a stale lock cannot exist. It is not on the database itself, so that
 * `backup` and `reset-admin` work while the relay runs. Limit: network file systems without locks.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { err, ok, type Result } from '../src/lib/result';
import { makeFolderSync } from './durableFolder';

export interface DataFolder {
  readonly database: string;
  readonly blobs: string;
  release(): void;
}

export type FolderFailure =
  { readonly type: 'in-use' } | { readonly type: 'unusable'; readonly detail: string };

export function databaseIn(folder: string): string {
  return join(folder, 'relay.db');
}

export function openDataFolder(folder: string): Result<DataFolder, FolderFailure> {
  let lock: Database.Database | undefined;
  try {
    makeFolderSync(folder);
    chmodSync(folder, 0o700);
    lock = new Database(join(folder, 'lock'), { timeout: 0 });
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      return err({ type: 'in-use' });
    return err({ type: 'unusable', detail: error instanceof Error ? error.message : folder });
  }
  const held = lock;
  return ok({
    database: databaseIn(folder),
    blobs: join(folder, 'blobs'),
    release: () => {
      held.close();
    },
  });
}
