/** The contract on SQLite, and what only a store on disk can get wrong. */
import { fork } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { hexToBytes, type Bytes } from '../../src/lib/bytes';
import type { AppendRequest, LogStore } from '../../server/stores/logStore';
import { runGroup } from '../../server/stores/runGroup';
import { openSqliteLogStore } from '../../server/stores/sqliteLogStore';
import { SqliteLogs } from '../../server/stores/sqliteLogs';
import { openSqlite } from '../../server/stores/sqliteSchema';
import { entry, factsOf, logStoreContract, newLog, requestOf, valueOf } from './logStore.contract';

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-store-'));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function openStore(file: string, maxPages?: number): Promise<LogStore> {
  const opened = await openSqliteLogStore({ file, ...(maxPages === undefined ? {} : { maxPages }) });
  if (!opened.ok) throw new Error(opened.error.type);
  return opened.value;
}

logStoreContract('sqlite', async () => {
  const file = join(newFolder(), 'relay.db');
  let handles: LogStore[] = [];
  const restart = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.end()));
    handles = [];
  };
  return {
    open: async () => {
      const handle = await openStore(file);
      handles.push(handle);
      return handle;
    },
    restart,
    dispose: restart,
  };
});

describe('sqlite log store', { timeout: 60_000 }, () => {
  test('4. what was acknowledged survives SIGKILL in the middle of a batch', async () => {
    const file = join(newFolder(), 'relay.db');
    let store = await openStore(file);
    const logs = [await newLog(store), await newLog(store), await newLog(store)];
    await store.end();
    const acknowledged = new Map<string, Map<number, string>>();
    let count = 0;
    for (let round = 0; round < 3; round++) {
      const child = fork(
        join(import.meta.dirname, 'logStoreVictim.ts'),
        [file, ...logs.map((log) => Buffer.from(log).toString('hex'))],
        {
          execArgv: ['--import', 'tsx'],
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        },
      );
      const enough = 60 * (round + 1);
      await new Promise<void>((resolve) => {
        let heard = 0;
        child.on('message', (message) => {
          const [log, seq, id] = message as [string, number, string];
          const ofLog = acknowledged.get(log) ?? new Map<number, string>();
          acknowledged.set(log, ofLog);
          expect(ofLog.get(seq) ?? id).toBe(id);
          ofLog.set(seq, id);
          count += 1;
          if (++heard === enough) child.kill('SIGKILL');
        });
        child.once('exit', () => {
          resolve();
        });
      });
    }
    expect(count).toBeGreaterThan(300);
    store = await openStore(file);
    for (const [hex, ofLog] of acknowledged) {
      const log = hexToBytes(hex) as Bytes;
      const { envelopes, head } = valueOf(await store.read(log, 0, 100_000_000));
      expect(envelopes.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
      for (const [seq, id] of ofLog)
        expect(Buffer.from(envelopes[seq - 1]?.id ?? []).toString('hex')).toBe(id);
    }
    await store.end();
  });

  test('4b. nothing is answered before COMMIT has returned, and COMMIT waits for the disk', () => {
    const opened = openSqlite({ file: join(newFolder(), 'relay.db') });
    if (!opened.ok) throw new Error('open');
    const db = opened.value;
    // 2 = FULL: in WAL mode each COMMIT syncs the WAL before it returns
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    const logs = new SqliteLogs(db);
    const facts = factsOf();
    logs.create(facts);
    const calls = [0, 1].map((id) => ({
      id,
      verb: 'append' as const,
      args: [[requestOf(facts.log, 0, entry())]] as [AppendRequest[]],
    }));
    for (const failing of ['BEGIN IMMEDIATE', 'COMMIT'])
      for (const code of ['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_FULL', 'SQLITE_READONLY']) {
        const broken = {
          get inTransaction() {
            return db.inTransaction;
          },
          exec: (sql: string) => {
            if (sql === failing) throw new Database.SqliteError('injected', code);
            return db.exec(sql);
          },
        };
        const { replies, trouble } = runGroup(broken, logs, calls);
        expect(trouble).toBe(code);
        for (const { outcome } of replies)
          expect(outcome).toMatchObject({ ok: false, error: { type: 'storage' } });
        expect(valueOf(logs.read(facts.log, 0, 10_000)).head).toBe(0);
      }
    // the disk is well again: the same calls, the first numbers
    const { replies } = runGroup(db, logs, calls);
    expect(replies.map(({ outcome }) => outcome)).toMatchObject([
      [{ appended: [{ seq: 1 }] }],
      [{ appended: [{ seq: 2 }] }],
    ]);
    db.close();
  });

  test('4c. in the instant of an answer the files alone hold what it promises', async () => {
    const folder = newFolder();
    const file = join(folder, 'relay.db');
    const store = await openStore(file);
    const log = await newLog(store);
    let copies = 0;
    const write = async (): Promise<void> => {
      for (let n = 0; n < 5; n++) {
        const bytes = entry();
        const [outcome] = await store.append([requestOf(log, 0, bytes)]);
        const seq = outcome?.appended[0]?.seq ?? 0;
        const copy = join(folder, `copy-${String(++copies)}.db`);
        // far below the size at which the WAL is folded in: the two files belong together
        copyFileSync(file, copy);
        copyFileSync(`${file}-wal`, `${copy}-wal`);
        const db = new Database(copy);
        const row = db.prepare('SELECT bytes FROM envelopes WHERE log = ? AND seq = ?').get(log, seq);
        expect(row).toEqual({ bytes: Buffer.from(bytes) });
        db.close();
      }
    };
    await Promise.all(Array.from({ length: 6 }, write));
    expect(copies).toBe(30);
    await store.end();
  });

  test('11. a full disk gives an error, never an acknowledgement, and reads go on', async () => {
    const file = join(newFolder(), 'relay.db');
    const store = await openStore(file, 60);
    const log = await newLog(store);
    let acknowledged = 0;
    let refused: string | undefined;
    for (let n = 0; n < 50 && refused === undefined; n++) {
      const [outcome] = await store.append([requestOf(log, 0, entry(10_000))]);
      refused = outcome?.refused?.type;
      if (refused === undefined) acknowledged += 1;
    }
    expect(refused).toBe('storage');
    expect(acknowledged).toBeGreaterThan(3);
    expect(valueOf(await store.read(log, 0, 10_000_000))).toMatchObject({ head: acknowledged });
    const probe = await store.probe();
    expect(probe.ok).toBe(false);
    valueOf(await store.truncate(log, 5));
    expect((await store.probe()).ok).toBe(true);
    const [outcome] = await store.append([requestOf(log, 0, entry(10_000))]);
    expect(outcome?.appended[0]?.seq).toBe(acknowledged + 1);
    await store.end();
  });

  test('a call that throws is answered alone; the others of its group are written', () => {
    const opened = openSqlite({ file: join(newFolder(), 'relay.db') });
    if (!opened.ok) throw new Error('open');
    const logs = new SqliteLogs(opened.value);
    const facts = factsOf();
    logs.create(facts);
    const bad = requestOf(facts.log, 0, entry());
    const { replies, trouble } = runGroup(opened.value, logs, [
      { id: 1, verb: 'append', args: [[requestOf(facts.log, 0, entry())]] },
      // a time that is no number violates NOT NULL inside SQLite
      { id: 2, verb: 'append', args: [[{ ...bad, at: Number.NaN }]] },
      { id: 3, verb: 'append', args: [[requestOf(facts.log, 0, entry())]] },
    ]);
    expect(trouble).toBeDefined();
    expect(replies.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(replies[1]?.outcome).toMatchObject({ ok: false, error: { type: 'storage' } });
    expect(valueOf(logs.read(facts.log, 0, 10_000)).envelopes.map(({ seq }) => seq)).toEqual([1, 2]);
    opened.value.close();
  });

  test('a database of a newer version is refused and not touched', async () => {
    const file = join(newFolder(), 'relay.db');
    const db = new Database(file);
    db.exec('CREATE TABLE future (x)');
    db.pragma('user_version = 99');
    db.close();
    const before = readFileSync(file);
    expect(await openSqliteLogStore({ file })).toEqual({
      ok: false,
      error: { type: 'newer-schema', found: 99 },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a file that is no database is refused', async () => {
    const file = join(newFolder(), 'relay.db');
    writeFileSync(file, 'This is no database, though it is long enough to have a header. '.repeat(20));
    const opened = await openSqliteLogStore({ file });
    expect(opened.ok ? '' : opened.error.type).toBe('unreadable');
  });

  test('10. every statement finds its rows by an index, so the number of logs does not matter', () => {
    const opened = openSqlite({ file: join(newFolder(), 'relay.db') });
    if (!opened.ok) throw new Error('open');
    const db = opened.value;
    const plan = (sql: string, ...args: unknown[]): string =>
      db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...args)
        .map(({ detail }) => detail)
        .join('; ');
    const log = new Uint8Array(32);
    const plans = [
      plan('SELECT * FROM logs WHERE log = ?', log),
      plan('SELECT seq FROM envelopes WHERE log = ? ORDER BY seq DESC LIMIT 1', log),
      plan('SELECT seq, at FROM envelopes WHERE log = ? AND id = ?', log, log),
      plan('SELECT * FROM envelopes WHERE log = ? AND seq > ? ORDER BY seq', log, 1),
      plan('DELETE FROM envelopes WHERE log = ? AND seq <= ?', log, 1),
      plan('SELECT slot FROM slots WHERE log = ? AND put > ?', log, 1),
      plan('SELECT rowid, log, seq, at FROM envelopes ORDER BY rowid LIMIT ?', 5),
      plan('SELECT log FROM logs WHERE closed_at < ? LIMIT ?', 5, 5),
    ];
    for (const detail of plans.slice(0, 6)) expect(detail).toMatch(/^SEARCH /);
    for (const detail of plans) expect(detail).not.toMatch(/TEMP B-TREE/);
    expect(plans[7]).toMatch(/closed_logs/);
    db.close();
  });

  test('10b. an append among 20,000 logs writes as many pages as one among few', () => {
    const pagesFor = (others: number): number => {
      const file = join(newFolder(), 'relay.db');
      const opened = openSqlite({ file });
      if (!opened.ok) throw new Error('open');
      const db = opened.value;
      const logs = new SqliteLogs(db);
      db.exec('BEGIN');
      const all = Array.from({ length: others + 64 }, () => factsOf());
      for (const facts of all) {
        logs.create(facts);
        logs.append([requestOf(facts.log, 0, entry(20))]);
      }
      db.exec('COMMIT');
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.exec('BEGIN IMMEDIATE');
      logs.append(all.slice(0, 64).map(({ log }) => requestOf(log, 0, entry())));
      db.exec('COMMIT');
      const [wal] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
      db.close();
      return wal?.log ?? 0;
    };
    const few = pagesFor(200);
    const many = pagesFor(20_000);
    expect(many).toBeGreaterThan(0);
    // 64 appends to 64 logs touch at most two index leaves each, and the tail of the table; ids are drawn by
    // chance, and a leaf that happens to be full becomes two
    expect(many).toBeLessThanOrEqual(64 * 3 + few);
  });
});
