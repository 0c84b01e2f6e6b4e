/**
 * A backup is a folder: `relay.db`, one self-contained file, and `blobs/`, as in the data folder. The
 * database is copied first: what it points at is then at least as new as it is.
 *
 * Both directions write beside the place and rename at the end, so that what stands there is whole. A
 * copy carries neither incarnation nor set-up token: whatever is restored from it is another relay, and
 * devices compare before they trust it (SPEC Q1).
 */
import {
  copyFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { err, ok, type Result } from '../src/lib/result';
import { databaseIn } from './dataFolder';
import { randomBytes } from './hashes';
import { SCHEMA_VERSION, versionInHeader } from './stores/sqliteSchema';

export type BackupFailure =
  | { readonly type: 'exists'; readonly what: string }
  | { readonly type: 'no-database'; readonly folder: string }
  | { readonly type: 'newer-schema'; readonly found: number }
  | { readonly type: 'damaged'; readonly detail: string }
  | { readonly type: 'unreadable'; readonly detail: string };

const TABLES = ['envelopes', 'logs', 'meta', 'passes', 'slots'];

/** SQLite's online backup of the database in `data`, then the blobs, into the new folder `target`. */
export async function writeBackup(data: string, target: string): Promise<Result<void, BackupFailure>> {
  const source = databaseIn(data);
  if (!existsSync(source)) return err({ type: 'no-database', folder: data });
  if (existsSync(target)) return err({ type: 'exists', what: target });
  const unfinished = `${target}.unfinished`;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    const db = new Database(source, { readonly: true, timeout: 5_000 });
    try {
      await db.backup(databaseIn(unfinished));
    } finally {
      db.close();
    }
    const copy = new Database(databaseIn(unfinished));
    copy.pragma('journal_mode = DELETE');
    copy.prepare("DELETE FROM meta WHERE name IN ('incarnation', 'claim-token')").run();
    copy.close();
    syncToDisk(databaseIn(unfinished));
    copyBlobs(join(data, 'blobs'), join(unfinished, 'blobs'));
    renameSync(unfinished, target);
    syncToDisk(dirname(target));
    return ok(undefined);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    return err({ type: 'unreadable', detail: error instanceof Error ? error.message : 'backup' });
  }
}

/**
 * Looks at everything before it writes anything. `data` is the caller's (see `openDataFolder`) and must
 * hold neither a database nor blobs. `backup` may be a database file alone, as older versions wrote it.
 */
export function readBackup(backup: string, data: string): Result<void, BackupFailure> {
  const target = databaseIn(data);
  for (const taken of [target, `${target}-wal`, `${target}-journal`])
    if (existsSync(taken)) return err({ type: 'exists', what: taken });
  const blobs = join(data, 'blobs');
  if (existsSync(blobs) && readdirSync(blobs).length > 0) return err({ type: 'exists', what: blobs });
  const isFolder = existsSync(backup) && statSync(backup).isDirectory();
  const source = isFolder ? databaseIn(backup) : backup;
  if (!existsSync(source)) return err({ type: 'no-database', folder: backup });
  const found = versionInHeader(source);
  if (found > SCHEMA_VERSION) return err({ type: 'newer-schema', found });

  const unfinished = join(data, 'restoring');
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    copyFileSync(source, databaseIn(unfinished));
    const fault = prepareCopy(databaseIn(unfinished));
    if (fault !== undefined) return err({ type: 'damaged', detail: fault });
    syncToDisk(databaseIn(unfinished));
    if (isFolder) copyBlobs(join(backup, 'blobs'), join(unfinished, 'blobs'));
    if (existsSync(blobs)) rmdirSync(blobs);
    if (existsSync(join(unfinished, 'blobs'))) renameSync(join(unfinished, 'blobs'), blobs);
    // Last: a folder without a database is no relay, whatever else lies in it.
    renameSync(databaseIn(unfinished), target);
    syncToDisk(data);
    return ok(undefined);
  } catch (error) {
    return err({ type: 'unreadable', detail: error instanceof Error ? error.message : 'restore' });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** What is wrong with the copy, or undefined when it is whole and has become another relay. */
function prepareCopy(file: string): string | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(file);
    const fault = becomeAnother(db);
    if (fault === undefined) db.pragma('journal_mode = DELETE');
    return fault;
  } catch (error) {
    return error instanceof Error ? error.message : 'open';
  } finally {
    db?.close();
  }
}

/** Makes another relay of a copied database (SPEC Q1). What is wrong with it, or undefined when it is whole. */
export function becomeAnother(db: Database.Database): string | undefined {
  const [first] = db.pragma('integrity_check') as readonly { readonly integrity_check: string }[];
  if (first?.integrity_check !== 'ok') return first?.integrity_check ?? 'integrity_check';
  const rows = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const names = new Set((rows as readonly { readonly name: string }[]).map(({ name }) => name));
  const missing = TABLES.find((table) => !names.has(table));
  if (missing !== undefined) return `no table ${missing}`;
  db.prepare("DELETE FROM meta WHERE name = 'claim-token'").run();
  db.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('incarnation', ?)").run(randomBytes(16));
  return undefined;
}

/** Chunks are written once and renamed into place: whatever has its final name is whole. */
function copyBlobs(from: string, to: string): void {
  if (!existsSync(from)) return;
  for (const prefix of readdirSync(from))
    for (const blob of readdirSync(join(from, prefix))) {
      const target = join(to, prefix, blob);
      mkdirSync(target, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(join(from, prefix, blob)))
        if (name === 'owner' || /^\d+$/.test(name))
          copyIfThere(join(from, prefix, blob, name), join(target, name));
      syncToDisk(target);
    }
}

/** The sweep of a running relay may take one away while we copy. */
function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to);
    syncToDisk(to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function syncToDisk(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
