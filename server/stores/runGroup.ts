/**
 * Group commit: all writes that have come in since the last one share a transaction and its fsync.
 * An answer leaves only after COMMIT. If one call throws, the group is rolled back and each call
 * runs in a transaction of its own, so that a bad one harms nobody; if the disk is full or broken,
 * all are answered `storage` and reads go on.
 */
import type Database from 'better-sqlite3';
import { err } from '../../src/lib/result';
import { storeFailure } from './logStore';
import { isWrite, runCall, type Call, type Reply } from './sqliteCalls';
import type { SqliteLogs } from './sqliteLogs';

/** As much of a database as a group needs. */
export type Transactions = Pick<Database.Database, 'exec' | 'inTransaction'>;

export interface Group {
  readonly replies: readonly Reply[];
  /** SQLite's code (or the error's name) when something went wrong. */
  readonly trouble: string | undefined;
}

export function runGroup(db: Transactions, logs: SqliteLogs, calls: readonly Call[]): Group {
  const writes = calls.filter(isWrite);
  const reads = calls.filter((call) => !isWrite(call));
  const written = writes.length === 0 ? nothing : runWrites(db, logs, writes);
  const read = reads.map((call) => runRead(logs, call));
  return {
    replies: [...written.replies, ...read.flatMap((group) => group.replies)],
    trouble: written.trouble ?? read.find((group) => group.trouble !== undefined)?.trouble,
  };
}

const nothing: Group = { replies: [], trouble: undefined };

function runWrites(db: Transactions, logs: SqliteLogs, calls: readonly Call[]): Group {
  try {
    db.exec('BEGIN IMMEDIATE');
    const replies = calls.map((call) => ({ id: call.id, outcome: runCall(logs, call) }));
    db.exec('COMMIT');
    return { replies, trouble: undefined };
  } catch (error) {
    const code = codeOf(error);
    rollBack(db);
    if (calls.length === 1 || isDiskTrouble(code))
      return { replies: calls.map((call) => refused(call, code)), trouble: code };
    const alone = calls.map((call) => runWrites(db, logs, [call]));
    return { replies: alone.flatMap((group) => group.replies), trouble: code };
  }
}

function runRead(logs: SqliteLogs, call: Call): Group {
  try {
    return { replies: [{ id: call.id, outcome: runCall(logs, call) }], trouble: undefined };
  } catch (error) {
    const code = codeOf(error);
    return { replies: [refused(call, code)], trouble: code };
  }
}

function rollBack(db: Transactions): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself
  }
}

function refused(call: Call, code: string): Reply {
  return { id: call.id, outcome: err(storeFailure(code.startsWith('SQLITE_BUSY') ? 'busy' : 'storage')) };
}

function isDiskTrouble(code: string): boolean {
  return /^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOTADB)/.test(code);
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'error';
}
