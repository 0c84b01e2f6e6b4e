import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBackup, writeBackup } from '../../../server/backup';
import { databaseIn } from '../../../server/dataFolder';
import { randomBytes, sha256 } from '../../../server/hashes';
import { BlobStore } from '../../../server/stores/blobStore';
import type { LogStore } from '../../../server/stores/logStore';
import { openSqliteLogStore } from '../../../server/stores/sqliteLogStore';
import { SCHEMA_VERSION } from '../../../server/stores/sqliteSchema';
import type { Bytes } from '../../../src/lib/bytes';

let root: string;
let data: string;
let backup: string;
let fresh: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'depesche-backup-'));
  [data, backup, fresh] = [join(root, 'data'), join(root, 'backup'), join(root, 'fresh')];
  mkdirSync(data);
  mkdirSync(fresh);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const log = randomBytes(32);
const blobId = randomBytes(32);
const owner = randomBytes(8);
const token = sha256(randomBytes(32));

async function openStore(folder: string): Promise<LogStore> {
  const store = await openSqliteLogStore({ file: databaseIn(folder) });
  if (!store.ok) throw new Error(store.error.type);
  return store.value;
}

/** One log with an envelope, an admin pass, an unused set-up link, a blob of two chunks. */
async function fill(folder: string): Promise<Bytes> {
  const store = await openStore(folder);
  const hash = randomBytes(32);
  await store.create({ log, kind: 0, readHash: hash, writeHash: hash, closeHash: hash });
  await store.append([
    {
      log,
      afterCommit: 0,
      pseudonym: owner,
      envelopes: [{ bytes: randomBytes(100), isCommit: false }],
      maxEnvelopes: 10,
      maxOfPass: 10,
      commitWait: 0,
      at: 1,
    },
  ]);
  await store.admit([{ key: randomBytes(32), isAdmin: true }]);
  await store.setClaimToken(token);
  const blobs = await openBlobs(folder);
  await blobs.put(blobId, 0, Uint8Array.of(1, 2, 3), owner);
  await blobs.put(blobId, 1, Uint8Array.of(4), owner);
  const { incarnation } = store.identity;
  await store.end();
  return incarnation;
}

function openBlobs(folder: string): Promise<BlobStore> {
  return BlobStore.open({ folder: join(folder, 'blobs'), now: Date.now, quotaBytes: 1_000_000 });
}

describe('backup and restore', () => {
  it('bring everything back, attachments included, as another relay (SPEC Q1)', async () => {
    const incarnation = await fill(data);
    expect(await writeBackup(data, backup)).toEqual({ ok: true, value: undefined });
    expect(readBackup(backup, fresh)).toEqual({ ok: true, value: undefined });
    const store = await openStore(fresh);
    expect(await store.read(log, 0, 10_000)).toMatchObject({ ok: true, value: { head: 1 } });
    expect(await store.passes()).toMatchObject({ value: [{ isAdmin: true }] });
    expect(store.identity.incarnation).not.toEqual(incarnation);
    // A set-up link that was open when the backup was made opens nothing.
    expect(await store.claim(token, randomBytes(32))).toEqual({ ok: true, value: false });
    await store.end();
    const blobs = await openBlobs(fresh);
    expect(await blobs.get(blobId, 1)).toEqual({ ok: true, value: Buffer.from([4]) });
    expect(await blobs.put(blobId, 2, Uint8Array.of(5), owner)).toMatchObject({ ok: true });
    expect(await blobs.put(blobId, 3, Uint8Array.of(5), randomBytes(8))).toMatchObject({ ok: false });
  });

  it('gives each restored copy an identity of its own', async () => {
    await fill(data);
    await writeBackup(data, backup);
    const second = join(root, 'second');
    mkdirSync(second);
    readBackup(backup, fresh);
    readBackup(backup, second);
    const stores = [await openStore(fresh), await openStore(second)] as const;
    expect(stores[0].identity.incarnation).not.toEqual(stores[1].identity.incarnation);
    for (const store of stores) await store.end();
  });

  it('overwrites nothing', async () => {
    await fill(data);
    await writeBackup(data, backup);
    expect(await writeBackup(data, backup)).toMatchObject({ error: { type: 'exists', what: backup } });
    const before = readFileSync(databaseIn(data));
    expect(readBackup(backup, data)).toMatchObject({ error: { type: 'exists', what: databaseIn(data) } });
    expect(readFileSync(databaseIn(data)).equals(before)).toBe(true);
    for (const end of ['', '-wal', '-shm']) rmSync(`${databaseIn(data)}${end}`, { force: true });
    expect(readBackup(backup, data)).toMatchObject({ error: { type: 'exists', what: join(data, 'blobs') } });
    expect(existsSync(databaseIn(data))).toBe(false);
  });

  it('refuses the database of a newer version and leaves no trace', async () => {
    await fill(data);
    await writeBackup(data, backup);
    const db = new Database(databaseIn(backup));
    db.pragma(`user_version = ${String(SCHEMA_VERSION + 1)}`);
    db.close();
    expect(readBackup(backup, fresh)).toEqual({
      ok: false,
      error: { type: 'newer-schema', found: SCHEMA_VERSION + 1 },
    });
    expect(readdirSync(fresh)).toEqual([]);
  });

  it.each([
    ['a page overwritten', (bytes: Buffer) => bytes.fill(0xaa, 4_096, 12_288)],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 8_192)],
    ['no database at all', () => Buffer.from('nothing of the kind '.repeat(20))],
    ['empty', () => Buffer.alloc(0)],
  ])('refuses a damaged backup (%s) and leaves no trace', async (_, damage) => {
    await fill(data);
    await writeBackup(data, backup);
    const file = databaseIn(backup);
    writeFileSync(file, damage(readFileSync(file)));
    expect(readBackup(backup, fresh)).toMatchObject({ error: { type: 'damaged' } });
    expect(readdirSync(fresh)).toEqual([]);
  });

  it('takes the place of a restore that was interrupted', async () => {
    await fill(data);
    await writeBackup(data, backup);
    mkdirSync(join(fresh, 'restoring', 'blobs'), { recursive: true });
    writeFileSync(join(fresh, 'restoring', 'relay.db'), 'half');
    mkdirSync(join(fresh, 'blobs'));
    expect(readBackup(backup, fresh)).toMatchObject({ ok: true });
    expect(readdirSync(fresh).sort()).toEqual(['blobs', 'relay.db']);
  });

  it('reads a database file alone, as older versions wrote it', async () => {
    await fill(data);
    await writeBackup(data, backup);
    expect(readBackup(databaseIn(backup), fresh)).toMatchObject({ ok: true });
    expect(readBackup(join(root, 'nowhere'), join(root, 'other'))).toMatchObject({
      error: { type: 'no-database' },
    });
  });

  it('says when there is nothing to back up', async () => {
    expect(await writeBackup(fresh, backup)).toMatchObject({ error: { type: 'no-database' } });
    expect(existsSync(backup)).toBe(false);
  });
});
