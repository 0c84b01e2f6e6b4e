/** What an operator does beside a running relay, or before one runs. Answers are exit codes. */
import { existsSync } from 'node:fs';
import { readBackup, writeBackup, type BackupFailure } from './backup';
import type { Config } from './config';
import { databaseIn, openDataFolder } from './dataFolder';
import { messages, qrForTerminal } from './messages';
import { issueSetupLink } from './setupLink';
import { openSqliteLogStore } from './stores/sqliteLogStore';
import { SCHEMA_VERSION } from './stores/sqliteSchema';

/** A new one-time link; nobody is revoked. Opens the database as a second handle. */
export async function resetAdmin(config: Config): Promise<number> {
  if (!existsSync(databaseIn(config.data))) return fail(messages.noDatabase(config.data));
  const link = await newLink(config);
  if (typeof link !== 'string') return link.code;
  process.stdout.write(`${messages.newAdminLink(link, qrForTerminal(link))}\n`);
  return 0;
}

/** While the relay runs. */
export async function backup(config: Config, folder: string): Promise<number> {
  const written = await writeBackup(config.data, folder);
  if (!written.ok) return fail(lineFor(written.error));
  process.stdout.write(`${messages.backedUp(folder)}\n`);
  return 0;
}

/** Into an empty data folder in which no relay works; prints the link with which an admin gets in. */
export async function restore(config: Config, folder: string): Promise<number> {
  const data = openDataFolder(config.data);
  if (!data.ok)
    return fail(
      data.error.type === 'in-use'
        ? messages.folderInUse(config.data)
        : messages.unreadable(data.error.detail),
    );
  try {
    const read = readBackup(folder, config.data);
    if (!read.ok) return fail(lineFor(read.error));
    const link = await newLink(config);
    if (typeof link !== 'string') return link.code;
    process.stdout.write(`${messages.restored(config.data, link, qrForTerminal(link))}\n`);
    return 0;
  } finally {
    data.value.release();
  }
}

async function newLink(config: Config): Promise<string | { readonly code: number }> {
  const store = await openSqliteLogStore({ file: databaseIn(config.data) });
  if (!store.ok)
    return {
      code: fail(
        store.error.type === 'newer-schema'
          ? messages.newerSchema(store.error.found, SCHEMA_VERSION)
          : messages.unreadable(store.error.detail),
      ),
    };
  const base = config.publicUrl ?? `http://${config.host}:${String(config.port)}`;
  const link = await issueSetupLink(store.value, base);
  await store.value.end();
  return link.ok ? link.value : { code: fail(messages.unreadable(link.error.type)) };
}

function lineFor(failure: BackupFailure): string {
  switch (failure.type) {
    case 'exists':
      return messages.exists(failure.what);
    case 'no-database':
      return messages.noDatabase(failure.folder);
    case 'newer-schema':
      return messages.newerSchema(failure.found, SCHEMA_VERSION);
    case 'damaged':
      return messages.damagedBackup(failure.detail);
    case 'unreadable':
      return messages.unreadable(failure.detail);
  }
}

function fail(line: string): number {
  process.stderr.write(`${line}\n`);
  return 1;
}
