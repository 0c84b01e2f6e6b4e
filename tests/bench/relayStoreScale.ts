/**
 * What a durable append costs in a small and in a large database, against the floor that the disk
 * sets: a loop of write + fdatasync. Medians of interleaved rounds; ratios are what counts.
 *
 *   npx tsx tests/bench/relayStoreScale.ts [logs] [rows]      (100000 logs, 1000000 rows)
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '../../server/hashes';
import type { AppendRequest, LogStore } from '../../server/stores/logStore';
import { openSqliteLogStore } from '../../server/stores/sqliteLogStore';
import { SqliteLogs } from '../../server/stores/sqliteLogs';
import { openSqlite } from '../../server/stores/sqliteSchema';
import type { Bytes } from '../../src/lib/bytes';
import { encodeEnvelope } from '../../src/protocol/envelope';

const BATCH = 64;
const ROUNDS = 60;

function envelope(): Bytes {
  return encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: randomBytes(330) });
}

function request(log: Bytes): AppendRequest {
  return {
    log,
    afterCommit: 0,
    pseudonym: new Uint8Array(8),
    envelopes: [{ bytes: envelope(), isCommit: false }],
    maxEnvelopes: Number.MAX_SAFE_INTEGER,
    commitWait: 0,
    at: Date.now(),
  };
}

/** Fills a database directly, without an fsync per row. */
function fill(file: string, logCount: number, rows: number): readonly Bytes[] {
  const opened = openSqlite({ file });
  if (!opened.ok) throw new Error(opened.error.type);
  const db = opened.value;
  db.pragma('synchronous = OFF');
  const store = new SqliteLogs(db);
  const hash = randomBytes(32);
  const logs = Array.from({ length: logCount }, () => randomBytes(32));
  for (let at = 0; at < logs.length; at += 10_000) {
    db.exec('BEGIN');
    for (const log of logs.slice(at, at + 10_000))
      store.create({ log, kind: 0, readHash: hash, writeHash: hash, closeHash: hash });
    db.exec('COMMIT');
  }
  for (let row = 0; row < rows; row += 20_000) {
    db.exec('BEGIN');
    for (let i = row; i < Math.min(rows, row + 20_000); i++) {
      const log = logs[(i * 7919) % logs.length];
      if (log !== undefined) store.append([request(log)]);
    }
    db.exec('COMMIT');
  }
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  return logs;
}

async function open(file: string): Promise<LogStore> {
  const opened = await openSqliteLogStore({ file });
  if (!opened.ok) throw new Error(opened.error.type);
  return opened.value;
}

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

async function timed(run: () => unknown): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

async function main(): Promise<void> {
  const [logCount = 100_000, rows = 1_000_000] = process.argv.slice(2).map(Number);
  // not in /tmp, which may be memory
  const folder = mkdtempSync(join(process.cwd(), 'node_modules/.bench-'));
  try {
    const smallFile = join(folder, 'small.db');
    const largeFile = join(folder, 'large.db');
    const smallLogs = fill(smallFile, 1_000, 1_000);
    const largeLogs = fill(largeFile, logCount, rows);
    const small = await open(smallFile);
    const large = await open(largeFile);
    const raw = openSync(join(folder, 'raw'), 'w');
    const pick = (logs: readonly Bytes[]): Bytes =>
      logs[Math.floor(Math.random() * logs.length)] ?? new Uint8Array(32);
    const batch = (logs: readonly Bytes[]): AppendRequest[] =>
      Array.from({ length: BATCH }, () => request(pick(logs)));

    const times: Record<string, number[]> = {
      sync: [],
      raw: [],
      small: [],
      large: [],
      oneSmall: [],
      oneLarge: [],
      reconnect: [],
    };
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = envelope();
      times['sync']?.push(
        await timed(() => {
          writeSync(raw, bytes);
          fdatasyncSync(raw);
        }),
      );
      times['raw']?.push(
        await timed(() => {
          for (let i = 0; i < BATCH; i++) {
            writeSync(raw, bytes);
            fdatasyncSync(raw);
          }
        }),
      );
      const [ofSmall, ofLarge] = [batch(smallLogs), batch(largeLogs)];
      times['small']?.push(await timed(() => small.append(ofSmall)));
      times['large']?.push(await timed(() => large.append(ofLarge)));
      const [oneSmall, oneLarge] = [request(pick(smallLogs)), request(pick(largeLogs))];
      times['oneSmall']?.push(await timed(() => small.append([oneSmall])));
      times['oneLarge']?.push(await timed(() => large.append([oneLarge])));
      const watched = Array.from({ length: 200 }, () => ({ log: pick(largeLogs), afterPut: 0 }));
      times['reconnect']?.push(await timed(() => large.watch(watched)));
    }
    closeSync(raw);
    await small.end();
    await large.end();
    const of = (name: string): number => median(times[name] ?? []);
    const line = (what: string, value: number, unit: string): void => {
      process.stdout.write(`${what.padEnd(58)}${value.toFixed(2).padStart(9)} ${unit}\n`);
    };
    line('write + fdatasync', of('sync'), 'ms');
    line(`raw loop of ${String(BATCH)}`, of('raw'), 'ms');
    line(`batch of ${String(BATCH)}, small database`, of('small'), 'ms');
    line(`batch of ${String(BATCH)}, ${String(rows)} rows in ${String(logCount)} logs`, of('large'), 'ms');
    line('  faster than the raw loop, small', of('raw') / of('small'), '×   (target ≥5)');
    line('  faster than the raw loop, large', of('raw') / of('large'), '×   (target ≥3)');
    line('  large against small', of('large') / of('small'), '×   (target ≤2)');
    line('one durable append, small', of('oneSmall') / of('sync'), 'fdatasync (target ≤3)');
    line('one durable append, large', of('oneLarge') / of('sync'), 'fdatasync');
    line('state of 200 logs for a reconnect, large', of('reconnect'), 'ms');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
