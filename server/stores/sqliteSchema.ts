/**
 * Opens a relay database and brings it to this version's schema. Every table is keyed by the log's
 * id first, without foreign keys, so that a town or a log can be moved elsewhere as it is.
 *
 * `envelopes` is a rowid table: rows are written at the end of the file whatever log they belong to,
 * and the order of rowids is the order of age, which retention uses. A log's head is read from the
 * index that an append changes anyway; only commits touch the log's own row.
 */
import { existsSync, closeSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import { err, ok, type Result } from '../../src/lib/result';
import { randomBytes } from '../hashes';

export const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE logs (
  log BLOB PRIMARY KEY, kind INTEGER NOT NULL,
  read_hash BLOB NOT NULL, write_hash BLOB NOT NULL, close_hash BLOB NOT NULL,
  last_commit INTEGER NOT NULL DEFAULT 0,
  floor INTEGER NOT NULL DEFAULT 0,
  puts INTEGER NOT NULL DEFAULT 0,
  closed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX closed_logs ON logs (closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE envelopes (
  log BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, id BLOB NOT NULL,
  is_commit INTEGER NOT NULL, pseudonym BLOB NOT NULL, bytes BLOB NOT NULL
);
CREATE UNIQUE INDEX envelopes_by_seq ON envelopes (log, seq);
CREATE UNIQUE INDEX envelopes_by_id ON envelopes (log, id);
CREATE TABLE slots (
  log BLOB NOT NULL, slot BLOB NOT NULL, put INTEGER NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (log, slot)
) WITHOUT ROWID;
CREATE TABLE passes (pass BLOB PRIMARY KEY, is_admin INTEGER NOT NULL) WITHOUT ROWID;
`;

export interface SqliteOptions {
  readonly file: string;
  /** The database refuses to grow beyond this (4 KiB each): tests of a full disk. */
  readonly maxPages?: number;
}

export type OpenFailure =
  | { readonly type: 'newer-schema'; readonly found: number }
  | { readonly type: 'unreadable'; readonly detail: string };

export function openSqlite(options: SqliteOptions): Result<Database.Database, OpenFailure> {
  // A newer relay's database is not even opened: opening alone would write beside it.
  let db: Database.Database | undefined;
  try {
    const found = Math.max(versionInHeader(options.file), versionInWal(options.file));
    if (found > SCHEMA_VERSION) return err({ type: 'newer-schema', found });
    db = new Database(options.file, { timeout: 5_000 });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = -65536');
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('temp_store = MEMORY');
    db.pragma('secure_delete = FAST');
    prepareTables(db);
    if (options.maxPages !== undefined) db.pragma(`max_page_count = ${String(options.maxPages)}`);
    return ok(db);
  } catch (error) {
    db?.close();
    return err({ type: 'unreadable', detail: error instanceof Error ? error.message : 'open' });
  }
}

function prepareTables(db: Database.Database): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    if (Number(db.pragma('user_version', { simple: true })) === 0) {
      db.exec(SCHEMA);
      db.pragma(`user_version = ${String(SCHEMA_VERSION)}`);
    }
    // A backup carries no incarnation, so that a restored database is a new one.
    const fill = db.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)');
    fill.run('incarnation', randomBytes(16));
    fill.run('pseudonym-secret', randomBytes(32));
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** SQLite keeps user_version at byte 60 of the file. 0 for what is no database, or is not there. */
export function versionInHeader(file: string): number {
  if (!existsSync(file)) return 0;
  const header = Buffer.alloc(64);
  const handle = openSync(file, 'r');
  try {
    const isWhole = readSync(handle, header, 0, 64, 0) === 64;
    return isWhole && header.toString('latin1', 0, 15) === 'SQLite format 3' ? header.readUInt32BE(60) : 0;
  } finally {
    closeSync(handle);
  }
}

/** A newer relay that was killed may have left its version in the WAL; a read-only handle does not fold it in. */
function versionInWal(file: string): number {
  if (!existsSync(`${file}-wal`)) return 0;
  const db = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    return Number(db.pragma('user_version', { simple: true }));
  } finally {
    db.close();
  }
}
