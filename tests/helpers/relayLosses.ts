/** What can happen to a relay's data: yesterday's backup, or envelopes that are no longer kept. While it is stopped. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { LOG_KINDS } from '../../src/protocol/frames';

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
const run = promisify(execFile);

/** As retention does: the envelopes of the log of that kind that was written to last are gone, its seqs stay. */
export function forgetLatestLog(dataFolder: string, kind: keyof typeof LOG_KINDS): void {
  const database = new Database(join(dataFolder, 'relay.db'));
  try {
    const latest = database
      .prepare(
        'SELECT e.log, e.seq FROM envelopes e JOIN logs l ON l.log = e.log WHERE l.kind = ? ORDER BY e.rowid DESC',
      )
      .get(LOG_KINDS[kind]) as { readonly log: Buffer; readonly seq: number } | undefined;
    if (latest === undefined) throw new Error(`no ${kind} has envelopes`);
    database.prepare('DELETE FROM envelopes WHERE log = ?').run(latest.log);
    database.prepare('UPDATE logs SET floor = ? WHERE log = ?').run(latest.seq, latest.log);
  } finally {
    database.close();
  }
}

/** Of all logs of that kind; also while it runs. */
export function envelopesIn(dataFolder: string, kind: keyof typeof LOG_KINDS): number {
  const database = new Database(join(dataFolder, 'relay.db'), { readonly: true });
  try {
    const counted = database
      .prepare('SELECT count(*) AS count FROM envelopes e JOIN logs l ON l.log = e.log WHERE l.kind = ?')
      .get(LOG_KINDS[kind]) as { readonly count: number };
    return counted.count;
  } finally {
    database.close();
  }
}

/** While it runs. */
export async function backUp(dataFolder: string, backup: string): Promise<void> {
  await run(process.execPath, [MAIN, 'backup', backup, '--data', dataFolder]);
}

/** Instead of what is in the data folder. Answers the link with which an admin goes on. */
export async function restoreFrom(backup: string, dataFolder: string, port: number): Promise<string> {
  await rm(dataFolder, { recursive: true, force: true });
  const { stdout } = await run(process.execPath, [
    ...[MAIN, 'restore', backup],
    ...['--data', dataFolder, '--host', 'localhost', '--port', String(port)],
  ]);
  const link = /https?:\/\/\S+#\/einrichten\/\S+/.exec(stdout)?.[0];
  if (link === undefined) throw new Error(`no link in:\n${stdout}`);
  return link;
}
