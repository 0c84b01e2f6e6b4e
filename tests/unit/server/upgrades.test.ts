/** Databases of other versions: every older one is opened with all it holds, a newer one is left as it is. */
import {
  copyFileSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { bytesToHex } from '../../../src/lib/bytes';
import { parseCommand } from '../../../server/config';
import { envelopeId, sha256 } from '../../../server/hashes';
import { serve } from '../../../server/serve';
import { openSqliteLogStore } from '../../../server/stores/sqliteLogStore';
import { SCHEMA_VERSION } from '../../../server/stores/sqliteSchema';
import { valueOf } from '../../contract/logStore.contract';
import {
  admin,
  bytesNamed,
  CONVERSATION,
  envelopeNamed,
  factsNamed,
  member,
  pseudonym,
  requestNamed,
  token,
} from './fixtures/relaySample';

const fixtures = join(import.meta.dirname, 'fixtures');
const kept = readdirSync(fixtures).filter((file) => file.endsWith('.db.gz'));
const root = mkdtempSync(join(tmpdir(), 'depesche-upgrade-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let number = 0;
/** A data folder with the kept database in it. */
function dataFolderOf(fixture: string): { folder: string; file: string } {
  const folder = join(root, String(++number));
  mkdirSync(folder);
  const file = join(folder, 'relay.db');
  writeFileSync(file, gunzipSync(readFileSync(join(fixtures, fixture))));
  return { folder, file };
}

test('a database of each schema there ever was is kept', () => {
  expect(kept).toEqual(
    Array.from({ length: SCHEMA_VERSION }, (_, i) => `relay-schema-${String(i + 1)}.db.gz`),
  );
});

test.each(kept)('%s is opened, holds what it held, and goes on', { timeout: 30_000 }, async (fixture) => {
  const { file } = dataFolderOf(fixture);
  let identity: string | undefined;
  for (let opening = 0; opening < 2; opening++) {
    const opened = await openSqliteLogStore({ file });
    if (!opened.ok) throw new Error(opened.error.type);
    const store = opened.value;
    const { incarnation, pseudonymSecret } = store.identity;
    const now = bytesToHex(incarnation) + bytesToHex(pseudonymSecret);
    expect(identity ?? now).toBe(now);
    identity = now;

    const names = ['conversation', 'mailbox', 'invitation', 'channel', 'closed'] as const;
    const facts = names.map(factsNamed);
    expect(valueOf(await store.describe(facts.map(({ log }) => log)))).toEqual(facts);
    const { log } = factsNamed('conversation');
    const page = valueOf(await store.read(log, 0, 1_000_000));
    expect(page).toMatchObject({ head: 6 + opening, firstSeq: 3, lastCommit: 4, isClosed: false });
    expect(page.envelopes.slice(0, 4)).toEqual(
      CONVERSATION.slice(2).map((name, i) => {
        const bytes = envelopeNamed(name, name === 'commit');
        return {
          seq: i + 3,
          at: 1_002 + i,
          pseudonym,
          bytes: name === 'five' ? new Uint8Array(0) : bytes,
          id: envelopeId(bytes),
          isCommit: name === 'commit',
        };
      }),
    );
    const [state, closed] = valueOf(
      await store.watch([
        { log, afterPut: 0 },
        { log: factsNamed('closed').log, afterPut: 0 },
      ]),
    );
    expect(closed?.isClosed).toBe(true);
    const slot = (n: number) => ({
      slot: bytesNamed(`slot ${String(n)}`).slice(0, 16),
      value: Uint8Array.of(n),
    });
    expect(state?.slots).toEqual([
      { put: 2, ...slot(2) },
      { put: 3, ...slot(1) },
    ]);
    const passes = valueOf(await store.passes());
    expect(passes).toContainEqual({ key: admin, isAdmin: true });
    expect(passes).toContainEqual({ key: member, isAdmin: false });
    const again = await store.append([requestNamed(log, 4, envelopeNamed('six'), 9_000)]);
    expect(again[0]?.appended).toEqual([{ seq: 6, at: 1_005, isNew: false }]);
    const next = await store.append([requestNamed(log, 4, envelopeNamed(`new ${String(opening)}`), 9_000)]);
    expect(next[0]?.appended).toEqual([{ seq: 7 + opening, at: 9_000, isNew: true }]);
    if (opening === 1) expect(valueOf(await store.claim(sha256(token), bytesNamed('next')))).toBe(true);
    await store.end();
  }
});

describe('a database of a newer version', () => {
  const config = (data: string) => {
    const command = parseCommand(['--data', data, '--port', '0', '--no-app'], {});
    if (!command.ok || command.value.type !== 'serve') throw new Error('config');
    return command.value.config;
  };
  const hashes = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder)
        .filter((name) => /^relay\.db(-wal)?$/.test(name))
        .map((name) => [name, bytesToHex(sha256(readFileSync(join(folder, name))))]),
    );
  const [last = ''] = kept.slice(-1);

  async function expectRefused(folder: string): Promise<void> {
    const before = hashes(folder);
    const served = await serve(config(folder), '');
    expect(served.ok ? 'served' : served.error).toContain(
      `stammt von einer neueren Version (Schema 99, diese kennt ${String(SCHEMA_VERSION)})`,
    );
    expect(hashes(folder)).toEqual(before);
  }

  test('is refused in a sentence, and no byte of it changes', { timeout: 30_000 }, async () => {
    const { folder, file } = dataFolderOf(last);
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    await expectRefused(folder);
  });

  test('also when its version is only in the WAL that a killed relay left', { timeout: 30_000 }, async () => {
    const { file: source } = dataFolderOf(last);
    const db = new Database(source);
    db.pragma('user_version = 99');
    // what a kill leaves: the files as they are while the other one has them open
    const folder = join(root, 'killed');
    mkdirSync(folder);
    for (const end of ['', '-wal']) copyFileSync(source + end, join(folder, `relay.db${end}`));
    db.close();
    expect(Object.keys(hashes(folder))).toEqual(['relay.db', 'relay.db-wal']);
    expect(readFileSync(join(folder, 'relay.db')).readUInt32BE(60)).toBe(SCHEMA_VERSION);
    await expectRefused(folder);
  });
});
