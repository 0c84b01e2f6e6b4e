/**
 * A LogStore on SQLite in a thread of its own. This side only posts: calls of one tick travel in one
 * message. If the thread dies, everything open is answered `storage` and so is everything after it;
 * the process is then meant to be restarted.
 */
import { setImmediate as nextTick } from 'node:timers';
import { err, ok, type Err, type Result } from '../../src/lib/result';
import {
  storeFailure,
  type AppendOutcome,
  type LogStore,
  type StoreFailure,
  type StoreIdentity,
} from './logStore';
import type { Answer, Call, FromWorker, Reply, ToWorker, Verb } from './sqliteCalls';
import type { SqliteLogs } from './sqliteLogs';
import type { OpenFailure, SqliteOptions } from './sqliteSchema';
import { startSqliteWorker } from './startSqliteWorker';

export interface SqliteStoreOptions extends SqliteOptions {
  /** SQLite's code of whatever went wrong: for the operator's log. */
  readonly onTrouble?: (code: string) => void;
}

export async function openSqliteLogStore(
  options: SqliteStoreOptions,
): Promise<Result<LogStore, OpenFailure>> {
  const { onTrouble, ...sqlite } = options;
  const worker = startSqliteWorker({ options: sqlite });
  const open = new Map<number, (outcome: Reply['outcome']) => void>();
  let hasDied = false;
  let nextId = 1;
  let calls: Call[] = [];

  const post = (message: ToWorker): void => {
    worker.postMessage(message);
  };
  const flush = (): void => {
    if (calls.length === 0) return;
    post({ type: 'calls', calls });
    calls = [];
  };

  const died = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      hasDied = true;
      for (const answer of open.values()) answer(err(storeFailure('storage')));
      open.clear();
      resolve();
    });
  });

  const started = new Promise<Result<StoreIdentity, OpenFailure>>((resolve) => {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'opened') resolve(ok(message.identity));
      else if (message.type === 'not-opened') resolve(err(message.failure));
      else if (message.type === 'trouble') onTrouble?.(message.code);
      else
        for (const { id, outcome } of message.replies) {
          open.get(id)?.(outcome);
          open.delete(id);
        }
    });
    worker.once('error', (error) => {
      onTrouble?.(error instanceof Error ? `${error.name}: ${error.message}` : 'worker');
      resolve(err({ type: 'unreadable', detail: error instanceof Error ? error.message : 'worker' }));
    });
  });

  /** The reply's type belongs to the verb by `runCall`; the id ties the two together. */
  const call = <V extends Verb>(
    verb: V,
    ...args: Parameters<SqliteLogs[V]>
  ): Promise<Answer<V> | Err<StoreFailure>> =>
    new Promise((resolve) => {
      if (hasDied) {
        resolve(err(storeFailure('storage')));
        return;
      }
      const id = nextId++;
      open.set(id, resolve as (outcome: Reply['outcome']) => void);
      if (calls.length === 0) nextTick(flush);
      calls.push({ id, verb, args } as Call);
    });

  const identity = await started;
  if (!identity.ok) {
    await worker.terminate();
    return identity;
  }

  return ok({
    identity: identity.value,
    create: (facts) => call('create', facts),
    describe: (logs) => call('describe', logs),
    async append(batch) {
      const answering = call('append', batch);
      flush(); // it was gathered already, and somebody waits for the disk
      const answer = await answering;
      return 'ok' in answer ? batch.map((): AppendOutcome => refusedWhole(answer.error)) : answer;
    },
    read: (log, afterSeq, maxBytes) => call('read', log, afterSeq, maxBytes),
    watch: (requests) => call('watch', requests),
    put: (log, slot, value) => call('put', log, slot, value),
    closeLog: (log, at) => call('closeLog', log, at),
    redact: (log, seq, pseudonym) => call('redact', log, seq, pseudonym),
    truncate: (log, upTo) => call('truncate', log, upTo),
    expire: (before, limit) => call('expire', before, limit),
    passes: () => call('passes'),
    admit: (passes) => call('admit', passes),
    revoke: (keys) => call('revoke', keys),
    setClaimToken: (hash) => call('setClaimToken', hash),
    claim: (hash, key) => call('claim', hash, key),
    probe: () => call('probe'),
    async end() {
      flush();
      post({ type: 'end' });
      await died;
    },
  });
}

function refusedWhole(refused: StoreFailure): AppendOutcome {
  return { appended: [], refused, lastCommit: 0 };
}
