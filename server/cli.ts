/** What an operator does beside a running relay. Both open the database as a second handle. */
import { existsSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Config } from './config';
import { databaseIn } from './dataFolder';
import { messages, qrForTerminal } from './messages';
import { issueSetupLink } from './setupLink';
import { openSqliteLogStore } from './stores/sqliteLogStore';
import { SCHEMA_VERSION } from './stores/sqliteSchema';

/** A new one-time link; nobody is revoked. Answers the exit code. */
export async function resetAdmin(config: Config): Promise<number> {
  const file = databaseIn(config.data);
  if (!existsSync(file)) return fail(messages.noDatabase(config.data));
  const store = await openSqliteLogStore({ file });
  if (!store.ok)
    return fail(
      store.error.type === 'newer-schema'
        ? messages.newerSchema(store.error.found, SCHEMA_VERSION)
        : messages.unreadable(store.error.detail),
    );
  const base = config.publicUrl ?? `http://${config.host}:${String(config.port)}`;
  const link = await issueSetupLink(store.value, base);
  await store.value.end();
  if (!link.ok) return fail(messages.unreadable(link.error.type));
  process.stdout.write(`${messages.newAdminLink(link.value, qrForTerminal(link.value))}\n`);
  return 0;
}

/**
 * SQLite's online backup. The copy loses its incarnation, so that a relay started on it is a new one
 * and devices notice that they are not talking to the relay they left (SPEC: succession).
 */
export async function backup(config: Config, file: string): Promise<number> {
  const source = databaseIn(config.data);
  if (!existsSync(source)) return fail(messages.noDatabase(config.data));
  if (existsSync(file)) return fail(messages.backupExists(file));
  try {
    const db = new Database(source, { readonly: true, timeout: 5_000 });
    await db.backup(file);
    db.close();
    const copy = new Database(file);
    copy.pragma('journal_mode = DELETE');
    copy.prepare("DELETE FROM meta WHERE name IN ('incarnation', 'claim-token')").run();
    copy.close();
  } catch (error) {
    rmSync(file, { force: true });
    return fail(messages.unreadable(error instanceof Error ? error.message : 'backup'));
  }
  process.stdout.write(`${messages.backedUp(file)}\n`);
  return 0;
}

function fail(line: string): number {
  process.stderr.write(`${line}\n`);
  return 1;
}
