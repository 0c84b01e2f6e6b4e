/** A relay's database with as many rows as a town has after years, filled without an fsync for each. */
import { randomBytes } from '../../../server/hashes';
import type { AppendRequest, LogStore } from '../../../server/stores/logStore';
import { openSqliteLogStore } from '../../../server/stores/sqliteLogStore';
import { SqliteLogs } from '../../../server/stores/sqliteLogs';
import { openSqlite } from '../../../server/stores/sqliteSchema';
import type { Bytes } from '../../../src/lib/bytes';
import { encodeEnvelope } from '../../../src/protocol/envelope';
import { insist } from '../row';
import { MESSAGE_BYTES } from './load';

const ROWS_AT_ONCE = 20_000;
/** That lie side by side. */
const ROWS_OF_A_LOG = 5;
/** Prime, so that neighbouring rows lie in far logs. */
const STRIDE = 7_919;

export interface BigStore {
  readonly file: string;
  readonly logs: readonly Bytes[];
}

export function requestFor(log: Bytes, count = 1): AppendRequest {
  return {
    log,
    afterCommit: 0,
    pseudonym: new Uint8Array(8),
    envelopes: Array.from({ length: count }, () => ({ bytes: envelope(), isCommit: false })),
    maxEnvelopes: Number.MAX_SAFE_INTEGER,
    maxOfPass: Number.MAX_SAFE_INTEGER,
    commitWait: 0,
    at: Date.now(),
  };
}

function envelope(): Bytes {
  return encodeEnvelope({
    isCommit: false,
    epochTag: new Uint8Array(8),
    sealed: randomBytes(MESSAGE_BYTES),
  });
}

export function fillStore(file: string, logCount: number, rows: number): BigStore {
  const opened = openSqlite({ file });
  if (!opened.ok) throw new Error(opened.error.type);
  const db = opened.value;
  // Only while it is filled: it is opened again as the relay opens it.
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -1000000');
  const store = new SqliteLogs(db);
  const hash = randomBytes(32);
  const logs = Array.from({ length: logCount }, () => randomBytes(32));
  db.exec('BEGIN');
  for (const log of logs) store.create({ log, kind: 0, readHash: hash, writeHash: hash, closeHash: hash });
  db.exec('COMMIT');
  for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
    db.exec('BEGIN');
    for (let i = row; i < Math.min(rows, row + ROWS_AT_ONCE); i += ROWS_OF_A_LOG) {
      const log = logs[((i / ROWS_OF_A_LOG) * STRIDE) % logs.length];
      insist(log !== undefined, 'a log');
      const outcome = store.append([requestFor(log, ROWS_OF_A_LOG)])[0];
      insist(outcome?.appended.length === ROWS_OF_A_LOG, 'rows are stored');
    }
    db.exec('COMMIT');
  }
  db.close();
  return { file, logs };
}

export async function openStore(file: string): Promise<LogStore> {
  const opened = await openSqliteLogStore({ file });
  if (!opened.ok) throw new Error(opened.error.type);
  return opened.value;
}
