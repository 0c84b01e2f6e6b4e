/** The relay's database in a world: the memory adapter, or SQLite in this thread; both can be copied. */
import Database from 'better-sqlite3';
import { becomeAnother } from '../../../server/backup';
import { ok } from '../../../src/lib/result';
import { storeFailure, type LogStore, type StoreIdentity } from '../../../server/stores/logStore';
import { createMemoryLogStore, MemoryLogs } from '../../../server/stores/memoryLogStore';
import { runGroup } from '../../../server/stores/runGroup';
import type { Call } from '../../../server/stores/sqliteCalls';
import { SqliteLogs } from '../../../server/stores/sqliteLogs';
import { openSqlite } from '../../../server/stores/sqliteSchema';
import { randomBytes } from '../../../server/hashes';

export type StoreKind = 'memory' | 'sqlite';

/** A database with nothing of its parts shared. `identity` given: a restored backup is a new database. */
export function copyLogs(from: MemoryLogs, identity: StoreIdentity = from.identity): MemoryLogs {
  const bytes = [identity.incarnation, identity.pseudonymSecret];
  const copy = new MemoryLogs(() => bytes.shift()!);
  for (const [key, log] of from.logs)
    copy.logs.set(key, {
      ...log,
      rows: [...log.rows],
      seqById: new Map(log.seqById),
      slots: new Map(log.slots),
    });
  for (const [key, pass] of from.passes) copy.passes.set(key, pass);
  copy.claimToken = from.claimToken;
  return copy;
}

/** The relay's database, of which backups can be made. */
export interface RelayDisk {
  readonly store: LogStore;
  backup(): RelayBackup;
}

export interface RelayBackup {
  /** As `restore` does it (server/backup.ts): the same logs, another relay. */
  restore(): RelayDisk;
}

export function openDisk(kind: StoreKind, logs: MemoryLogs): RelayDisk {
  return kind === 'memory' ? memoryDisk(logs) : sqliteDisk(filledWith(logs));
}

function memoryDisk(logs: MemoryLogs): RelayDisk {
  return {
    store: createMemoryLogStore(logs),
    backup: () => {
      const kept = copyLogs(logs);
      return {
        restore: () => {
          const { pseudonymSecret } = kept.identity;
          const restored = copyLogs(kept, { incarnation: randomBytes(16), pseudonymSecret });
          restored.claimToken = undefined;
          return memoryDisk(restored);
        },
      };
    },
  };
}

function sqliteDisk(db: Database.Database): RelayDisk {
  return {
    store: storeOver(db),
    backup: () => {
      const file = db.serialize();
      return {
        restore: () => {
          const copy = new Database(file);
          const fault = becomeAnother(copy);
          if (fault !== undefined) throw new Error(fault);
          return sqliteDisk(copy);
        },
      };
    },
  };
}

function filledWith(logs: MemoryLogs): Database.Database {
  const opened = openSqlite({ file: ':memory:' });
  if (!opened.ok) throw new Error(opened.error.type);
  const db = opened.value;
  const fill = db.prepare('UPDATE meta SET value = ? WHERE name = ?');
  fill.run(logs.identity.incarnation, 'incarnation');
  fill.run(logs.identity.pseudonymSecret, 'pseudonym-secret');
  const sqlite = new SqliteLogs(db);
  for (const { facts, rows, slots } of logs.logs.values()) {
    sqlite.create(facts);
    for (const row of rows)
      sqlite.append([
        {
          log: facts.log,
          afterCommit: row.seq,
          pseudonym: row.pseudonym,
          envelopes: [{ bytes: row.bytes, isCommit: row.isCommit }],
          maxEnvelopes: Infinity,
          maxOfPass: Infinity,
          commitWait: 0,
          at: row.at,
        },
      ]);
    for (const { slot, value } of [...slots.values()].sort((a, b) => a.put - b.put))
      sqlite.put(facts.log, slot, value);
  }
  sqlite.admit([...logs.passes.values()]);
  if (logs.claimToken !== undefined) sqlite.setClaimToken(logs.claimToken);
  return db;
}

/** The relay's own statements and transactions, without its thread and without a file. */
function storeOver(db: Database.Database): LogStore {
  const sqlite = new SqliteLogs(db);
  const call = async (verb: Call['verb'], args: readonly unknown[]): Promise<never> => {
    const { replies, trouble } = runGroup(db, sqlite, [{ id: 1, verb, args } as unknown as Call]);
    if (trouble !== undefined) throw new Error(`SQLite: ${trouble}`);
    // The verb decides the answer's type (sqliteCalls.ts).
    return replies[0]?.outcome as never;
  };
  return {
    identity: sqlite.identity(),
    create: (...args) => call('create', args),
    describe: (...args) => call('describe', args),
    append: (...args) => call('append', args),
    read: (...args) => call('read', args),
    watch: (...args) => call('watch', args),
    put: (...args) => call('put', args),
    closeLog: (...args) => call('closeLog', args),
    redact: (...args) => call('redact', args),
    truncate: (...args) => call('truncate', args),
    expire: (...args) => call('expire', args),
    passes: () => call('passes', []),
    admit: (...args) => call('admit', args),
    revoke: (...args) => call('revoke', args),
    setClaimToken: (...args) => call('setClaimToken', args),
    claim: (...args) => call('claim', args),
    probe: () => call('probe', []),
    end: async () => {
      db.close();
    },
  };
}

/** A disk that is full while `isFull` says so. */
export function withFullDisk(store: LogStore, isFull: () => boolean): LogStore {
  const full = { ok: false, error: storeFailure('storage') } as const;
  return {
    ...store,
    append: async (batch) =>
      isFull()
        ? batch.map(() => ({ appended: [], refused: storeFailure('storage'), lastCommit: 0 }))
        : store.append(batch),
    create: async (facts) => (isFull() ? full : store.create(facts)),
    put: async (log, slot, value) => (isFull() ? full : store.put(log, slot, value)),
    admit: async (passes) => (isFull() ? full : store.admit(passes)),
    revoke: async (keys) => (isFull() ? full : store.revoke(keys)),
    probe: async () => (isFull() ? full : ok(true)),
  };
}
