/**
 * The log store's verbs on SQLite, synchronous and without transactions of their own: `runGroup`
 * puts many of them into one. Nothing is cached between them, so several handles may work on one file.
 */
import type Database from 'better-sqlite3';
import { equalBytes, type Bytes } from '../../src/lib/bytes';
import { err, ok } from '../../src/lib/result';
import { LIMITS } from '../../src/protocol/limits';
import { LOG_KINDS, type LogKind } from '../../src/protocol/words';
import { areSameFacts } from './areSameFacts';
import { decideAppend } from './decideAppend';
import {
  ROW_OVERHEAD_BYTES,
  ROWS_PER_PAGE,
  SLOTS_PER_WATCH,
  storeFailure,
  type AppendOutcome,
  type AppendRequest,
  type LogFacts,
  type LogState,
  type Pass,
  type ReadPage,
  type Slot,
  type StoredRow,
  type StoreIdentity,
  type StoreResult,
  type WatchRequest,
  type WatchState,
} from './logStore';

interface FactsRow {
  readonly kind: number;
  readonly read_hash: Buffer;
  readonly write_hash: Buffer;
  readonly close_hash: Buffer;
}

interface StateRow {
  readonly last_commit: number;
  readonly floor: number;
  readonly puts: number;
  readonly closed_at: number | null;
  /** Null when no envelope is there. */
  readonly head: number | null;
}

interface EnvelopeRow {
  readonly seq: number;
  readonly at: number;
  readonly id: Buffer;
  readonly is_commit: number;
  readonly pseudonym: Buffer;
  readonly bytes: Buffer;
}

const ERASED_HASH = new Uint8Array(32);

export class SqliteLogs {
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#sql = prepareStatements(db);
  }

  identity(): StoreIdentity {
    return {
      incarnation: this.#meta('incarnation'),
      pseudonymSecret: this.#meta('pseudonym-secret'),
    };
  }

  create(facts: LogFacts): StoreResult<true> {
    const known = this.#factsOf(facts.log);
    if (known !== undefined) return areSameFacts(known, facts) ? ok(true) : err(storeFailure('exists'));
    const { log, kind, readHash, writeHash, closeHash } = facts;
    this.#sql.insertLog.run(log, kind, readHash, writeHash, closeHash);
    return ok(true);
  }

  describe(logs: readonly Bytes[]): StoreResult<readonly (LogFacts | undefined)[]> {
    return ok(logs.map((log) => this.#factsOf(log)));
  }

  append(batch: readonly AppendRequest[]): readonly AppendOutcome[] {
    return batch.map((request) => this.#append(request));
  }

  #append(request: AppendRequest): AppendOutcome {
    const { log } = request;
    const row = this.#sql.state.get(log);
    if (row === undefined) return decideAppend(undefined, request);
    const { head, firstSeq, lastCommit, isClosed } = stateOf(row);
    return decideAppend(
      {
        head,
        firstSeq,
        lastCommit,
        isClosed,
        find: (id) => this.#sql.envelopeById.get(log, id),
        countBy: (pseudonym, most) => this.#sql.countBy.get(log, pseudonym, most)?.n ?? 0,
        insert: ({ seq, at, id, isCommit, pseudonym, bytes }) => {
          this.#sql.insertEnvelope.run(log, seq, at, id, isCommit ? 1 : 0, pseudonym, bytes);
          if (isCommit) this.#sql.setLastCommit.run(seq, log);
        },
      },
      request,
    );
  }

  read(log: Bytes, afterSeq: number, maxBytes: number): StoreResult<ReadPage> {
    const row = this.#sql.state.get(log);
    if (row === undefined) return err(storeFailure('unknown-log'));
    const envelopes: StoredRow[] = [];
    let size = 0;
    for (const envelope of this.#sql.envelopesAfter.iterate(log, afterSeq)) {
      size += envelope.bytes.length + ROW_OVERHEAD_BYTES;
      if (envelopes.length > 0 && (size > maxBytes || envelopes.length >= ROWS_PER_PAGE)) break;
      envelopes.push({
        seq: envelope.seq,
        at: envelope.at,
        id: bytesOf(envelope.id),
        isCommit: envelope.is_commit === 1,
        pseudonym: bytesOf(envelope.pseudonym),
        bytes: bytesOf(envelope.bytes),
      });
    }
    return ok({ ...stateOf(row), envelopes });
  }

  watch(requests: readonly WatchRequest[]): StoreResult<readonly (WatchState | undefined)[]> {
    let taken = 0;
    return ok(
      requests.map(({ log, afterPut }) => {
        const row = this.#sql.state.get(log);
        if (row === undefined) return undefined;
        const state = stateOf(row);
        if (row.puts <= afterPut) return { ...state, slots: [], hasMoreSlots: false };
        const slots = this.#sql.slotsAfter.all(log, afterPut).map(slotOf);
        if (taken > 0 && taken + slots.length > SLOTS_PER_WATCH)
          return { ...state, slots: [], hasMoreSlots: true };
        taken += slots.length;
        return { ...state, slots, hasMoreSlots: false };
      }),
    );
  }

  put(log: Bytes, slot: Bytes, value: Bytes): StoreResult<number> {
    const row = this.#sql.state.get(log);
    if (row === undefined) return err(storeFailure('unknown-log'));
    if (row.closed_at !== null) return err(storeFailure('closed'));
    const put = row.puts + 1;
    if (this.#sql.updateSlot.run(put, value, log, slot).changes === 0) {
      const held = this.#sql.slotCount.get(log)?.n ?? 0;
      if (held >= LIMITS.slotsPerLog) return err(storeFailure('full'));
      this.#sql.insertSlot.run(log, slot, put, value);
    }
    this.#sql.setPuts.run(put, log);
    return ok(put);
  }

  closeLog(log: Bytes, at: number): StoreResult<true> {
    if (this.#sql.state.get(log) === undefined) return err(storeFailure('unknown-log'));
    this.#sql.close.run(at, log);
    return ok(true);
  }

  redact(log: Bytes, seq: number, pseudonym: Bytes | undefined): StoreResult<true> {
    const row = this.#sql.envelopeAt.get(log, seq);
    if (row === undefined) return err(storeFailure('unknown-log'));
    const isOwn = pseudonym === undefined || (pseudonym.length > 0 && equalBytes(pseudonym, row.pseudonym));
    if (!isOwn || row.is_commit === 1) return err(storeFailure('forbidden'));
    this.#sql.redact.run(log, seq);
    return ok(true);
  }

  truncate(log: Bytes, upTo: number): StoreResult<true> {
    const row = this.#sql.state.get(log);
    if (row === undefined) return err(storeFailure('unknown-log'));
    const floor = Math.min(upTo, stateOf(row).head);
    this.#sql.dropEnvelopes.run(log, floor);
    this.#sql.raiseFloor.run(floor, log);
    return ok(true);
  }

  expire(before: number, limit: number): StoreResult<number> {
    let dropped = 0;
    for (const row of this.#sql.oldest.all(limit)) {
      if (row.at >= before) break; // rowids are in order of age
      this.#sql.dropByRowid.run(row.rowid);
      this.#sql.raiseFloor.run(row.seq, row.log);
      dropped += 1;
    }
    for (const { log } of this.#sql.closedBefore.all(before, limit)) {
      // Slots and keys go; the row stays, so that the id is never given out again.
      dropped += this.#sql.dropSlots.run(log).changes + 1;
      this.#sql.eraseLog.run(ERASED_HASH, ERASED_HASH, ERASED_HASH, log);
    }
    return ok(dropped);
  }

  passes(): StoreResult<readonly Pass[]> {
    return ok(
      this.#sql.passes.all().map(({ pass, is_admin }) => ({ key: bytesOf(pass), isAdmin: is_admin === 1 })),
    );
  }

  admit(passes: readonly Pass[]): StoreResult<true> {
    return this.#keepingAnAdmin(() => {
      for (const { key, isAdmin } of passes) this.#sql.admit.run(key, isAdmin ? 1 : 0);
    });
  }

  revoke(keys: readonly Bytes[]): StoreResult<true> {
    return this.#keepingAnAdmin(() => {
      for (const key of keys) this.#sql.revoke.run(key);
    });
  }

  #keepingAnAdmin(change: () => void): StoreResult<true> {
    const hadAdmin = this.#hasAdmin();
    this.#db.exec('SAVEPOINT passes');
    change();
    const isRefused = hadAdmin && !this.#hasAdmin();
    if (isRefused) this.#db.exec('ROLLBACK TO passes');
    this.#db.exec('RELEASE passes');
    return isRefused ? err(storeFailure('forbidden')) : ok(true);
  }

  #hasAdmin(): boolean {
    return this.#sql.anyAdmin.get() !== undefined;
  }

  setClaimToken(hash: Bytes): StoreResult<true> {
    this.#sql.setMeta.run('claim-token', hash);
    return ok(true);
  }

  claim(hash: Bytes, key: Bytes): StoreResult<boolean> {
    const token = this.#sql.meta.get('claim-token');
    if (token === undefined || !equalBytes(token.value, hash)) return ok(false);
    this.#sql.dropMeta.run('claim-token');
    this.#sql.admit.run(key, 1);
    return ok(true);
  }

  probe(): StoreResult<true> {
    // A blob of some pages, so that a full disk is noticed; gone in the next statement.
    this.#sql.setMeta.run('probe', new Uint8Array(16_384));
    this.#sql.dropMeta.run('probe');
    return ok(true);
  }

  #factsOf(log: Bytes): LogFacts | undefined {
    const row = this.#sql.facts.get(log);
    if (row === undefined) return undefined;
    return {
      log,
      kind: kindOf(row.kind),
      readHash: bytesOf(row.read_hash),
      writeHash: bytesOf(row.write_hash),
      closeHash: bytesOf(row.close_hash),
    };
  }

  #meta(name: string): Bytes {
    const row = this.#sql.meta.get(name);
    if (row === undefined) throw new Error(`the database has no ${name}`);
    return bytesOf(row.value);
  }
}

function stateOf(row: StateRow): LogState {
  return {
    head: row.head ?? row.floor,
    firstSeq: row.floor + 1,
    lastCommit: row.last_commit,
    isClosed: row.closed_at !== null,
  };
}

function prepareStatements(db: Database.Database) {
  return {
    meta: db.prepare<[string], { value: Buffer }>('SELECT value FROM meta WHERE name = ?'),
    setMeta: db.prepare<[string, Bytes]>(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    ),
    dropMeta: db.prepare<[string]>('DELETE FROM meta WHERE name = ?'),
    facts: db.prepare<[Bytes], FactsRow>(
      'SELECT kind, read_hash, write_hash, close_hash FROM logs WHERE log = ?',
    ),
    // Without what is a blob: each would be copied.
    state: db.prepare<[Bytes], StateRow>(
      `SELECT last_commit, floor, puts, closed_at,
       (SELECT seq FROM envelopes WHERE envelopes.log = logs.log ORDER BY seq DESC LIMIT 1) AS head
       FROM logs WHERE log = ?`,
    ),
    insertLog: db.prepare<[Bytes, number, Bytes, Bytes, Bytes]>(
      'INSERT INTO logs (log, kind, read_hash, write_hash, close_hash) VALUES (?, ?, ?, ?, ?)',
    ),
    setLastCommit: db.prepare<[number, Bytes]>('UPDATE logs SET last_commit = ? WHERE log = ?'),
    setPuts: db.prepare<[number, Bytes]>('UPDATE logs SET puts = ? WHERE log = ?'),
    raiseFloor: db.prepare<[number, Bytes]>('UPDATE logs SET floor = max(floor, ?) WHERE log = ?'),
    close: db.prepare<[number, Bytes]>('UPDATE logs SET closed_at = ? WHERE log = ? AND closed_at IS NULL'),
    envelopeById: db.prepare<[Bytes, Bytes], { seq: number; at: number }>(
      'SELECT seq, at FROM envelopes WHERE log = ? AND id = ?',
    ),
    countBy: db.prepare<[Bytes, Bytes, number], { n: number }>(
      'SELECT count(*) AS n FROM (SELECT 1 FROM envelopes WHERE log = ? AND pseudonym = ? LIMIT ?)',
    ),
    envelopeAt: db.prepare<[Bytes, number], EnvelopeRow>('SELECT * FROM envelopes WHERE log = ? AND seq = ?'),
    envelopesAfter: db.prepare<[Bytes, number], EnvelopeRow>(
      'SELECT seq, at, id, is_commit, pseudonym, bytes FROM envelopes WHERE log = ? AND seq > ? ORDER BY seq',
    ),
    insertEnvelope: db.prepare<[Bytes, number, number, Bytes, number, Bytes, Bytes]>(
      'INSERT INTO envelopes (log, seq, at, id, is_commit, pseudonym, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    redact: db.prepare<[Bytes, number]>("UPDATE envelopes SET bytes = x'' WHERE log = ? AND seq = ?"),
    dropEnvelopes: db.prepare<[Bytes, number]>('DELETE FROM envelopes WHERE log = ? AND seq <= ?'),
    oldest: db.prepare<[number], { rowid: number; log: Buffer<ArrayBuffer>; seq: number; at: number }>(
      'SELECT rowid, log, seq, at FROM envelopes ORDER BY rowid LIMIT ?',
    ),
    dropByRowid: db.prepare<[number]>('DELETE FROM envelopes WHERE rowid = ?'),
    closedBefore: db.prepare<[number, number], { log: Buffer<ArrayBuffer> }>(
      `SELECT log FROM logs WHERE closed_at < ? AND read_hash <> zeroblob(32)
       AND NOT EXISTS (SELECT 1 FROM envelopes WHERE envelopes.log = logs.log) LIMIT ?`,
    ),
    eraseLog: db.prepare<[Bytes, Bytes, Bytes, Bytes]>(
      'UPDATE logs SET read_hash = ?, write_hash = ?, close_hash = ? WHERE log = ?',
    ),
    slotsAfter: db.prepare<[Bytes, number], { slot: Buffer; put: number; value: Buffer }>(
      'SELECT slot, put, value FROM slots WHERE log = ? AND put > ? ORDER BY put',
    ),
    slotCount: db.prepare<[Bytes], { n: number }>('SELECT count(*) AS n FROM slots WHERE log = ?'),
    updateSlot: db.prepare<[number, Bytes, Bytes, Bytes]>(
      'UPDATE slots SET put = ?, value = ? WHERE log = ? AND slot = ?',
    ),
    insertSlot: db.prepare<[Bytes, Bytes, number, Bytes]>(
      'INSERT INTO slots (log, slot, put, value) VALUES (?, ?, ?, ?)',
    ),
    dropSlots: db.prepare<[Bytes]>('DELETE FROM slots WHERE log = ?'),
    passes: db.prepare<[], { pass: Buffer; is_admin: number }>('SELECT pass, is_admin FROM passes'),
    anyAdmin: db.prepare<[], { pass: Buffer }>('SELECT pass FROM passes WHERE is_admin = 1 LIMIT 1'),
    admit: db.prepare<[Bytes, number]>(
      'INSERT INTO passes (pass, is_admin) VALUES (?, ?) ON CONFLICT (pass) DO UPDATE SET is_admin = excluded.is_admin',
    ),
    revoke: db.prepare<[Bytes]>('DELETE FROM passes WHERE pass = ?'),
  };
}

/** A plain array of exactly these bytes: what crosses to the other thread takes its buffer along. */
function bytesOf(buffer: Buffer): Bytes {
  return new Uint8Array(buffer);
}

function slotOf(row: { slot: Buffer; put: number; value: Buffer }): Slot {
  return { put: row.put, slot: bytesOf(row.slot), value: bytesOf(row.value) };
}

function kindOf(kind: number): LogKind {
  const found = Object.values(LOG_KINDS).find((known) => known === kind);
  if (found === undefined) throw new Error(`the database holds a log of kind ${String(kind)}`);
  return found;
}
