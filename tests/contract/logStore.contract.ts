/**
 * What every log store owes the relay. Run for each adapter; `Database` is one database that may be
 * opened by several handles and, where the adapter keeps anything, closed and opened again.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyBytes, equalBytes, type Bytes } from '../../src/lib/bytes';
import { encodeEnvelope } from '../../src/protocol/envelope';
import { LOG_KINDS } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { randomBytes } from '../../server/hashes';
import type {
  AppendOutcome,
  AppendRequest,
  LogFacts,
  LogStore,
  StoreResult,
} from '../../server/stores/logStore';

export interface TestDatabase {
  /** Another handle on the same data. */
  open(): Promise<LogStore>;
  /** Ends all handles; what they acknowledged must be found by the next one. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export function entry(size = 300): Bytes {
  return encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: randomBytes(size) });
}

export function commit(size = 300): Bytes {
  return encodeEnvelope({ isCommit: true, epochTag: new Uint8Array(8), sealed: randomBytes(size) });
}

export function requestOf(log: Bytes, afterCommit: number, ...list: readonly Bytes[]): AppendRequest {
  return {
    log,
    afterCommit,
    pseudonym: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    envelopes: list.map((bytes) => ({ bytes, isCommit: bytes[1] === 1 })),
    maxEnvelopes: Number.MAX_SAFE_INTEGER,
    maxOfPass: Number.MAX_SAFE_INTEGER,
    commitWait: 0,
    at: 1_000,
  };
}

export function factsOf(log: Bytes = randomBytes(32)): LogFacts {
  return {
    log,
    kind: LOG_KINDS.conversation,
    readHash: randomBytes(32),
    writeHash: randomBytes(32),
    closeHash: randomBytes(32),
  };
}

export function valueOf<T>(result: StoreResult<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.error.type}`);
  return result.value;
}

export async function newLog(store: LogStore): Promise<Bytes> {
  const facts = factsOf();
  valueOf(await store.create(facts));
  return facts.log;
}

async function appendOne(store: LogStore, request: AppendRequest): Promise<AppendOutcome> {
  const [outcome] = await store.append([request]);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

const seqsOf = (outcome: AppendOutcome): number[] => outcome.appended.map(({ seq }) => seq);

async function readAll(store: LogStore, log: Bytes, from = 0, maxBytes = 10_000) {
  const rows = [];
  for (let after = from; ;) {
    const page = valueOf(await store.read(log, after, maxBytes));
    if (page.envelopes.length === 0) return rows;
    rows.push(...page.envelopes);
    after = page.envelopes.at(-1)?.seq ?? after;
  }
}

export function logStoreContract(name: string, openDatabase: () => Promise<TestDatabase>): void {
  describe(`log store contract: ${name}`, { timeout: 60_000 }, () => {
    let database: TestDatabase;
    let store: LogStore;

    beforeEach(async () => {
      database = await openDatabase();
      store = await database.open();
    });
    afterEach(async () => {
      await database.dispose();
    });
    const reopen = async (): Promise<void> => {
      await database.restart();
      store = await database.open();
    };

    test('1. seqs are contiguous from 1 under 64 writers on two handles', async () => {
      const log = await newLog(store);
      const other = await database.open();
      const writers = Array.from({ length: 64 }, async (_, i) => {
        const seqs: number[] = [];
        for (let n = 0; n < 5; n++)
          seqs.push(
            ...seqsOf(await appendOne(i % 2 === 0 ? store : other, requestOf(log, 0, entry(), entry()))),
          );
        return seqs;
      });
      const acknowledged = (await Promise.all(writers)).flat().sort((a, b) => a - b);
      expect(acknowledged).toEqual(Array.from({ length: 640 }, (_, i) => i + 1));
      expect((await readAll(other, log)).map(({ seq }) => seq)).toEqual(acknowledged);
    });

    test('2. the same envelope again gets its first seq, also after commits, closing and a restart', async () => {
      const log = await newLog(store);
      const first = entry();
      expect(seqsOf(await appendOne(store, requestOf(log, 0, entry(), first)))).toEqual([1, 2]);
      expect(seqsOf(await appendOne(store, requestOf(log, 0, commit())))).toEqual([3]);
      const again = { ...requestOf(log, 0, first), at: 9_000 };
      const expected = [{ seq: 2, at: 1_000, isNew: false }];
      expect((await appendOne(store, again)).appended).toEqual(expected);
      await reopen();
      expect((await appendOne(store, again)).appended).toEqual(expected);
      valueOf(await store.closeLog(log, 2_000));
      expect((await appendOne(store, again)).appended).toEqual(expected);
      const mixed = await appendOne(store, requestOf(log, 3, first, entry()));
      expect(seqsOf(mixed)).toEqual([2]);
      expect(mixed.refused?.type).toBe('closed');
    });

    test('2b. an envelope twice in one list, or twice in one batch, is kept once', async () => {
      const log = await newLog(store);
      const twice = entry();
      const outcomes = await store.append([requestOf(log, 0, twice, twice), requestOf(log, 0, twice)]);
      expect(outcomes.map(seqsOf)).toEqual([[1, 1], [1]]);
      expect(await readAll(store, log)).toHaveLength(1);
    });

    test('3. an append racing a commit never lands behind it', async () => {
      const log = await newLog(store);
      const other = await database.open();
      for (let round = 0; round < 20; round++) {
        const before = valueOf(await store.watch([{ log, afterPut: 0 }]))[0]?.lastCommit ?? 0;
        const racing = Array.from({ length: 8 }, (_, i) =>
          appendOne(i % 2 === 0 ? store : other, requestOf(log, before, i % 4 === 1 ? commit() : entry())),
        );
        const outcomes = await Promise.all(racing);
        const commits = outcomes.filter((outcome, i) => i % 4 === 1 && outcome.refused === undefined);
        expect(commits).toHaveLength(1);
        const landed = commits[0]?.appended[0]?.seq ?? 0;
        for (const outcome of outcomes) {
          if (outcome.refused === undefined) expect(seqsOf(outcome)[0]).toBeLessThanOrEqual(landed);
          else expect(outcome.refused).toMatchObject({ type: 'stale', value: landed });
        }
      }
    });

    test('3b. within a list nothing is taken behind a commit, and a prefix is', async () => {
      const log = await newLog(store);
      const outcome = await appendOne(store, requestOf(log, 0, entry(), commit(), entry(), commit()));
      expect(seqsOf(outcome)).toEqual([1, 2]);
      expect(outcome.refused).toEqual({ type: 'stale', then: 'retry', value: 2 });
      expect(outcome.lastCommit).toBe(2);
      expect((await appendOne(store, requestOf(log, 2, entry()))).refused).toBeUndefined();
    });

    test('3c. a commit that must wait is refused alone; entries pass', async () => {
      const log = await newLog(store);
      const outcome = await appendOne(store, { ...requestOf(log, 0, entry(), commit()), commitWait: 700 });
      expect(seqsOf(outcome)).toEqual([1]);
      expect(outcome.refused).toMatchObject({ type: 'rate', value: 700 });
    });

    test('5. one bad request does not fail its batch', async () => {
      const log = await newLog(store);
      const outcomes = await store.append([
        requestOf(log, 0, entry()),
        requestOf(randomBytes(32), 0, entry()),
        requestOf(log, 0, commit()),
        requestOf(log, 0, entry()),
        { ...requestOf(log, 2, entry()), maxEnvelopes: 1 },
        requestOf(log, 2, entry()),
      ]);
      expect(outcomes.map(seqsOf)).toEqual([[1], [], [2], [], [], [3]]);
      expect(outcomes.map(({ refused }) => refused?.type)).toEqual([
        undefined,
        'unknown-log',
        undefined,
        'stale',
        'full',
        undefined,
      ]);
    });

    test('6. readers never skip, whatever the page size, while others write', async () => {
      const log = await newLog(store);
      const written: Bytes[] = [];
      const write = async (): Promise<void> => {
        for (let n = 0; n < 40; n++) {
          const bytes = entry(100 + 17 * n);
          written.push(bytes);
          await appendOne(store, requestOf(log, 0, bytes));
        }
      };
      const read = async (maxBytes: number): Promise<void> => {
        const other = await database.open();
        const seen: Bytes[] = [];
        while (seen.length < 40) {
          const page = valueOf(await other.read(log, seen.length, maxBytes));
          page.envelopes.forEach(({ seq, bytes }, i) => {
            expect(seq).toBe(seen.length + 1);
            seen.push(bytes);
            if (i > 0)
              expect(page.envelopes.reduce((sum, row) => sum + row.bytes.length, 0)).toBeLessThanOrEqual(
                maxBytes,
              );
          });
        }
        expect(seen).toEqual(written);
      };
      await Promise.all([write(), read(1), read(2_000), read(1_000_000)]);
    });

    test('7. lost or doubled hints converge: state says all a reader needs', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.constantFrom('append', 'hint', 'commit'), fc.boolean()), { maxLength: 25 }),
          async (steps) => {
            const log = await newLog(store);
            let cursor = 0;
            let lastCommit = 0;
            const catchUp = async (): Promise<void> => {
              const page = valueOf(await store.read(log, cursor, 1_500));
              for (const { seq } of page.envelopes) {
                expect(seq).toBe(cursor + 1);
                cursor = seq;
              }
            };
            for (const [step, isDoubled] of steps) {
              if (step === 'append') await appendOne(store, requestOf(log, lastCommit, entry()));
              if (step === 'commit')
                lastCommit = (await appendOne(store, requestOf(log, lastCommit, commit()))).lastCommit;
              if (step === 'hint') await catchUp();
              if (step === 'hint' && isDoubled) await catchUp();
            }
            const head = async () => valueOf(await store.watch([{ log, afterPut: 0 }]))[0]?.head ?? -1;
            while (cursor < (await head())) await catchUp();
            expect(cursor).toBe(steps.filter(([step]) => step !== 'hint').length);
          },
        ),
        { numRuns: 25 },
      );
    });

    test('8. truncation keeps seqs growing and says what is left', async () => {
      const log = await newLog(store);
      await appendOne(store, requestOf(log, 0, entry(), entry(), commit()));
      valueOf(await store.truncate(log, 2));
      expect(valueOf(await store.read(log, 0, 10_000))).toMatchObject({
        head: 3,
        firstSeq: 3,
        lastCommit: 3,
      });
      valueOf(await store.truncate(log, 99));
      expect(valueOf(await store.read(log, 0, 10_000))).toMatchObject({
        head: 3,
        firstSeq: 4,
        lastCommit: 3,
        envelopes: [],
      });
      await reopen();
      expect(seqsOf(await appendOne(store, requestOf(log, 3, entry())))).toEqual([4]);
      expect(valueOf(await store.read(log, 0, 10_000))).toMatchObject({ head: 4, firstSeq: 4 });
    });

    test('8b. retention forgets the old, by age, in steps, and closed logs for good', async () => {
      const log = await newLog(store);
      const closed = await newLog(store);
      await store.append([
        { ...requestOf(log, 0, entry(), entry()), at: 100 },
        { ...requestOf(closed, 0, entry()), at: 110 },
        { ...requestOf(log, 0, entry()), at: 200 },
      ]);
      valueOf(await store.put(closed, new Uint8Array(16), Uint8Array.of(1)));
      valueOf(await store.closeLog(closed, 120));
      let total = 0;
      for (let dropped = -1; dropped !== 0; total += dropped) dropped = valueOf(await store.expire(150, 2));
      expect(valueOf(await store.read(log, 0, 10_000))).toMatchObject({ head: 3, firstSeq: 3 });
      expect(valueOf(await store.read(closed, 0, 10_000))).toMatchObject({
        head: 1,
        firstSeq: 2,
        isClosed: true,
      });
      expect(valueOf(await store.watch([{ log: closed, afterPut: 0 }]))[0]?.slots).toEqual([]);
      expect(total).toBeGreaterThanOrEqual(3);
      const reused = await store.create(factsOf(closed));
      expect(reused.ok ? '' : reused.error.type).toBe('exists');
    });

    test('9. sizes at and around the edges', async () => {
      const log = await newLog(store);
      const sizes = [1, 2, 244, 65_535, LIMITS.envelopeBytes - 10, LIMITS.commitBytes - 10];
      const list = sizes.map((size) => entry(size));
      expect((await appendOne(store, requestOf(log, 0, ...list))).refused).toBeUndefined();
      const stored = await readAll(store, log);
      expect(stored.map(({ bytes }) => bytes.length)).toEqual(list.map((bytes) => bytes.length));
      expect(stored.every(({ bytes }, i) => equalBytes(bytes, list[i] ?? bytes.subarray(1)))).toBe(true);
      const many = Array.from({ length: LIMITS.envelopesPerAppend }, () => entry(1 + 16));
      expect((await appendOne(store, requestOf(log, 0, ...many))).appended).toHaveLength(256);
      const none = await appendOne(store, requestOf(log, 0));
      expect(none).toMatchObject({ appended: [], refused: undefined });
      const full = { ...requestOf(log, 0, entry(), entry()), maxEnvelopes: sizes.length + many.length + 1 };
      const edge = await appendOne(store, full);
      expect(edge.appended).toHaveLength(1);
      expect(edge.refused?.type).toBe('full');
    });

    test('9b. a pass fills its share of a log and no more; others still find room', async () => {
      const log = await newLog(store);
      const [mine, theirs] = [randomBytes(8), randomBytes(8)];
      const by = (pseudonym: Bytes, ...list: readonly Bytes[]): Promise<AppendOutcome> =>
        appendOne(store, { ...requestOf(log, 0, ...list), pseudonym, maxEnvelopes: 5, maxOfPass: 3 });
      const first = entry();
      expect(seqsOf(await by(mine, first, entry()))).toEqual([1, 2]);
      const over = await by(mine, entry(), entry());
      expect([seqsOf(over), over.refused?.type]).toEqual([[3], 'full']);
      expect(seqsOf(await by(mine, first))).toEqual([1]); // what is there is answered
      expect(seqsOf(await by(theirs, entry(), entry()))).toEqual([4, 5]);
      expect((await by(theirs, entry())).refused?.type).toBe('full');
      valueOf(await store.truncate(log, 2));
      expect(seqsOf(await by(mine, entry()))).toEqual([6]);
    });

    test('slots keep the last value, number their puts, and are bounded', async () => {
      const log = await newLog(store);
      const slot = (n: number): Bytes => new Uint8Array(16).fill(n);
      expect(valueOf(await store.put(log, slot(1), Uint8Array.of(1)))).toBe(1);
      expect(valueOf(await store.put(log, slot(2), Uint8Array.of(2)))).toBe(2);
      expect(valueOf(await store.put(log, slot(1), Uint8Array.of(3)))).toBe(3);
      await reopen();
      const [all] = valueOf(await store.watch([{ log, afterPut: 0 }]));
      expect(all?.slots).toEqual([
        { put: 2, slot: slot(2), value: Uint8Array.of(2) },
        { put: 3, slot: slot(1), value: Uint8Array.of(3) },
      ]);
      const [newer] = valueOf(await store.watch([{ log, afterPut: 2 }]));
      expect(newer?.slots.map(({ put }) => put)).toEqual([3]);
      const puts = Array.from({ length: LIMITS.slotsPerLog }, () =>
        store.put(log, randomBytes(16), Uint8Array.of(0)),
      );
      const refused = (await Promise.all(puts)).filter((result) => !result.ok);
      expect(refused).toHaveLength(2);
      const [big] = valueOf(await store.watch([{ log, afterPut: 0 }]));
      expect(big?.slots).toHaveLength(LIMITS.slotsPerLog);
      const two = valueOf(
        await store.watch([
          { log, afterPut: 3 },
          { log, afterPut: 3 },
        ]),
      );
      expect(two.map((state) => state?.hasMoreSlots)).toEqual([false, true]);
    });

    test('a closed log takes nothing more, and closing twice keeps the first time', async () => {
      const log = await newLog(store);
      valueOf(await store.closeLog(log, 5));
      valueOf(await store.closeLog(log, 6));
      expect((await appendOne(store, requestOf(log, 0, entry()))).refused?.type).toBe('closed');
      const put = await store.put(log, new Uint8Array(16), Uint8Array.of(1));
      expect(put.ok ? '' : put.error.type).toBe('closed');
    });

    test('redaction empties an entry, keeps its id, and never touches commits or others', async () => {
      const log = await newLog(store);
      const first = entry();
      const { pseudonym } = requestOf(log, 0);
      await appendOne(store, requestOf(log, 0, first, entry(), commit()));
      const kindOf = (result: StoreResult<true>): string => (result.ok ? 'done' : result.error.type);
      expect(kindOf(await store.redact(log, 1, new Uint8Array(8)))).toBe('forbidden');
      expect(kindOf(await store.redact(log, 1, new Uint8Array(0)))).toBe('forbidden');
      expect(kindOf(await store.redact(log, 1, pseudonym))).toBe('done');
      expect(kindOf(await store.redact(log, 2, undefined))).toBe('done');
      expect(kindOf(await store.redact(log, 3, undefined))).toBe('forbidden');
      expect(kindOf(await store.redact(log, 4, undefined))).toBe('unknown-log');
      const rows = await readAll(store, log);
      expect(rows.map(({ bytes }) => bytes.length)).toEqual([0, 0, 310]);
      expect(rows[0]?.id).toHaveLength(16);
      expect(seqsOf(await appendOne(store, requestOf(log, 3, first)))).toEqual([1]);
    });

    test('creating again is the same or refused; facts are kept', async () => {
      const facts = factsOf();
      expect(await store.create(facts)).toEqual({ ok: true, value: true });
      expect(await store.create({ ...facts, log: copyBytes(facts.log) })).toEqual({ ok: true, value: true });
      const other = await store.create({ ...facts, writeHash: randomBytes(32) });
      expect(other.ok ? '' : other.error.type).toBe('exists');
      await reopen();
      expect(valueOf(await store.describe([randomBytes(32), facts.log]))).toEqual([undefined, facts]);
    });

    test('passes and the one-time token', async () => {
      const [admin, other, token] = [randomBytes(32), randomBytes(32), randomBytes(32)];
      expect(valueOf(await store.claim(token, admin))).toBe(false);
      valueOf(await store.setClaimToken(randomBytes(32)));
      valueOf(await store.setClaimToken(token));
      expect(valueOf(await store.claim(randomBytes(32), admin))).toBe(false);
      await reopen();
      expect(valueOf(await store.claim(token, admin))).toBe(true);
      expect(valueOf(await store.claim(token, other))).toBe(false);
      valueOf(
        await store.admit([
          { key: other, isAdmin: false },
          { key: other, isAdmin: false },
        ]),
      );
      const kindOf = (result: StoreResult<true>): string => (result.ok ? 'done' : result.error.type);
      expect(kindOf(await store.revoke([other, admin]))).toBe('forbidden');
      expect(kindOf(await store.admit([{ key: admin, isAdmin: false }]))).toBe('forbidden');
      expect(valueOf(await store.passes())).toHaveLength(2);
      valueOf(await store.admit([{ key: other, isAdmin: true }]));
      valueOf(await store.revoke([admin]));
      await reopen();
      expect(valueOf(await store.passes())).toEqual([{ key: other, isAdmin: true }]);
    });

    test('identity lasts', async () => {
      const { incarnation, pseudonymSecret } = store.identity;
      expect([incarnation.length, pseudonymSecret.length]).toEqual([16, 32]);
      await reopen();
      expect(store.identity).toEqual({ incarnation, pseudonymSecret });
    });

    test('what is asked of an unknown log', async () => {
      const log = randomBytes(32);
      const types = [
        await store.read(log, 0, 100),
        await store.put(log, new Uint8Array(16), new Uint8Array(1)),
        await store.closeLog(log, 1),
        await store.redact(log, 1, undefined),
        await store.truncate(log, 1),
      ].map((result) => (result.ok ? 'ok' : result.error.type));
      expect(new Set(types)).toEqual(new Set(['unknown-log']));
      expect(valueOf(await store.watch([{ log, afterPut: 0 }]))).toEqual([undefined]);
    });
  });
}
