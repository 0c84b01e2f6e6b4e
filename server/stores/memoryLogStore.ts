/**
 * A LogStore in memory, for tests and the seeded world: the same answers, nothing kept. Handles that
 * share a `MemoryLogs` see one database. Limits: no expiry index, every sweep walks all logs.
 */
import { equalBytes, type Bytes } from '../../src/lib/bytes';
import { err, ok } from '../../src/lib/result';
import { LIMITS } from '../../src/protocol/limits';
import { mapKeyOf, randomBytes } from '../hashes';
import { areSameFacts } from './areSameFacts';
import { decideAppend } from './decideAppend';
import {
  ROW_OVERHEAD_BYTES,
  SLOTS_PER_WATCH,
  storeFailure,
  type LogFacts,
  type LogState,
  type LogStore,
  type Pass,
  type Slot,
  type StoredRow,
  type StoreIdentity,
} from './logStore';

interface MemoryLog {
  facts: LogFacts;
  rows: StoredRow[];
  seqById: Map<string, number>;
  /** Highest seq that is no longer stored. */
  floor: number;
  lastCommit: number;
  closedAt: number | undefined;
  puts: number;
  slots: Map<string, Slot>;
}

export class MemoryLogs {
  readonly identity: StoreIdentity;
  readonly logs = new Map<string, MemoryLog>();
  readonly passes = new Map<string, Pass>();
  claimToken: Bytes | undefined;

  constructor(random: (length: number) => Bytes = randomBytes) {
    this.identity = { incarnation: random(16), pseudonymSecret: random(32) };
  }
}

export function createMemoryLogStore(shared: MemoryLogs = new MemoryLogs()): LogStore {
  const { logs, passes } = shared;
  const logOf = (log: Bytes): MemoryLog | undefined => logs.get(mapKeyOf(log));
  const hasAdmin = (those: Iterable<Pass>): boolean => [...those].some((pass) => pass.isAdmin);

  return {
    identity: shared.identity,

    async create(facts) {
      const known = logOf(facts.log);
      if (known !== undefined)
        return areSameFacts(known.facts, facts) ? ok(true) : err(storeFailure('exists'));
      logs.set(mapKeyOf(facts.log), {
        facts,
        rows: [],
        seqById: new Map(),
        floor: 0,
        lastCommit: 0,
        closedAt: undefined,
        puts: 0,
        slots: new Map(),
      });
      return ok(true);
    },

    async describe(ids) {
      return ok(ids.map((id) => logOf(id)?.facts));
    },

    async append(batch) {
      return batch.map((request) => {
        const log = logOf(request.log);
        if (log === undefined) return decideAppend(undefined, request);
        return decideAppend(
          {
            ...stateOf(log),
            find: (id) => {
              const seq = log.seqById.get(mapKeyOf(id));
              return seq === undefined ? undefined : log.rows[seq - log.floor - 1];
            },
            countBy: (pseudonym, most) =>
              Math.min(most, log.rows.filter((row) => equalBytes(row.pseudonym, pseudonym)).length),
            insert: (row) => {
              log.rows.push(row);
              log.seqById.set(mapKeyOf(row.id), row.seq);
              if (row.isCommit) log.lastCommit = row.seq;
            },
          },
          request,
        );
      });
    },

    async read(id, afterSeq, maxBytes) {
      const log = logOf(id);
      if (log === undefined) return err(storeFailure('unknown-log'));
      const envelopes: StoredRow[] = [];
      let size = 0;
      for (const row of log.rows.slice(Math.max(0, afterSeq - log.floor))) {
        size += row.bytes.length + ROW_OVERHEAD_BYTES;
        if (size > maxBytes && envelopes.length > 0) break;
        envelopes.push(row);
      }
      return ok({ ...stateOf(log), envelopes });
    },

    async watch(requests) {
      let taken = 0;
      return ok(
        requests.map(({ log: id, afterPut }) => {
          const log = logOf(id);
          if (log === undefined) return undefined;
          const slots = [...log.slots.values()]
            .filter((slot) => slot.put > afterPut)
            .sort((a, b) => a.put - b.put);
          if (taken > 0 && slots.length > 0 && taken + slots.length > SLOTS_PER_WATCH)
            return { ...stateOf(log), slots: [], hasMoreSlots: true };
          taken += slots.length;
          return { ...stateOf(log), slots, hasMoreSlots: false };
        }),
      );
    },

    async put(id, slot, value) {
      const log = logOf(id);
      if (log === undefined) return err(storeFailure('unknown-log'));
      if (log.closedAt !== undefined) return err(storeFailure('closed'));
      const key = mapKeyOf(slot);
      if (!log.slots.has(key) && log.slots.size >= LIMITS.slotsPerLog) return err(storeFailure('full'));
      log.puts += 1;
      log.slots.set(key, { put: log.puts, slot, value });
      return ok(log.puts);
    },

    async closeLog(id, at) {
      const log = logOf(id);
      if (log === undefined) return err(storeFailure('unknown-log'));
      log.closedAt ??= at;
      return ok(true);
    },

    async redact(id, seq, pseudonym) {
      const log = logOf(id);
      const row = log?.rows[seq - log.floor - 1];
      if (log === undefined || row === undefined) return err(storeFailure('unknown-log'));
      const isOwn = pseudonym === undefined || (pseudonym.length > 0 && equalBytes(pseudonym, row.pseudonym));
      if (!isOwn || row.isCommit) return err(storeFailure('forbidden'));
      log.rows[seq - log.floor - 1] = { ...row, bytes: new Uint8Array(0) };
      return ok(true);
    },

    async truncate(id, upTo) {
      const log = logOf(id);
      if (log === undefined) return err(storeFailure('unknown-log'));
      dropRows(log, Math.min(upTo, log.floor + log.rows.length) - log.floor);
      return ok(true);
    },

    async expire(before, limit) {
      let dropped = 0;
      for (const log of logs.values()) {
        let old = 0;
        while (dropped + old < limit && (log.rows[old]?.at ?? before) < before) old += 1;
        dropRows(log, old);
        dropped += old;
        if (log.closedAt === undefined || log.closedAt >= before || log.rows.length > 0) continue;
        dropped += log.slots.size;
        log.slots.clear();
        const nothing = new Uint8Array(32);
        log.facts = { ...log.facts, readHash: nothing, writeHash: nothing, closeHash: nothing };
      }
      return ok(dropped);
    },

    async passes() {
      return ok([...passes.values()]);
    },

    async admit(added) {
      const next = new Map(passes);
      for (const pass of added) next.set(mapKeyOf(pass.key), pass);
      return replacePasses(next);
    },

    async revoke(keys) {
      const next = new Map(passes);
      for (const key of keys) next.delete(mapKeyOf(key));
      return replacePasses(next);
    },

    async setClaimToken(hash) {
      shared.claimToken = hash;
      return ok(true);
    },

    async claim(hash, key) {
      if (shared.claimToken === undefined || !equalBytes(shared.claimToken, hash)) return ok(false);
      shared.claimToken = undefined;
      passes.set(mapKeyOf(key), { key, isAdmin: true });
      return ok(true);
    },

    async probe() {
      return ok(true);
    },

    async end() {
      return undefined;
    },
  };

  function replacePasses(next: ReadonlyMap<string, Pass>) {
    if (hasAdmin(passes.values()) && !hasAdmin(next.values())) return err(storeFailure('forbidden'));
    passes.clear();
    for (const [key, pass] of next) passes.set(key, pass);
    return ok(true as const);
  }
}

function stateOf(log: MemoryLog): LogState {
  return {
    head: log.floor + log.rows.length,
    firstSeq: log.floor + 1,
    lastCommit: log.lastCommit,
    isClosed: log.closedAt !== undefined,
  };
}

function dropRows(log: MemoryLog, count: number): void {
  if (count <= 0) return;
  for (const row of log.rows.splice(0, count)) log.seqById.delete(mapKeyOf(row.id));
  log.floor += count;
}
