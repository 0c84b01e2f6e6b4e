/**
 * The thread that owns the database file: an fsync here never keeps a socket waiting. Calls that
 * arrive while a group is being written are the next group; `setImmediate` lets all that are
 * waiting in the port come in first, and there is no timer that an idle relay would wait for.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../src/lib/assert';
import { runGroup } from './runGroup';
import { SqliteLogs } from './sqliteLogs';
import { openSqlite } from './sqliteSchema';
import type { Call, FromWorker, ToWorker, WorkerData } from './sqliteCalls';

const port = parentPort;
assert(port, 'runs as a worker');
// What `startSqliteWorker` hands over; Node types it as any.
const { options } = workerData as WorkerData;

const tell = (message: FromWorker): void => {
  port.postMessage(message);
};

const opened = openSqlite(options);
if (!opened.ok) {
  tell({ type: 'not-opened', failure: opened.error });
} else {
  const db = opened.value;
  const logs = new SqliteLogs(db);
  let waiting: Call[] = [];

  const writeGroup = (): void => {
    if (waiting.length === 0) return;
    const calls = waiting;
    waiting = [];
    const { replies, trouble } = runGroup(db, logs, calls);
    tell({ type: 'replies', replies });
    if (trouble !== undefined) tell({ type: 'trouble', code: trouble });
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'end') {
      writeGroup();
      db.close();
      port.close();
      return;
    }
    if (waiting.length === 0) setImmediate(writeGroup);
    waiting.push(...message.calls);
  });
  tell({ type: 'opened', identity: logs.identity() });
}
