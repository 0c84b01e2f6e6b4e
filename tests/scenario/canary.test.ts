import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VAULT_STORES } from '../../src/vault/vault';
import { createMemoryVault } from '../../src/vault/memoryVault';
import { openSqliteLogStore } from '../../server/stores/sqliteLogStore';
import { findCanaries } from '../helpers/canary';
import { foundTown, inviteAndJoin, Town, until } from './town';

const WORDS = {
  town: 'Kanarienstadt an der Lahn',
  founder: 'Gründerin Kanarienvogel',
  guest: 'Gast Kanarienfeder',
  title: 'Geheimgruppe Kanarienkäfig',
  text: 'Der Kanarienvogel singt um Mitternacht.',
  edit: 'Kanarienbrett',
};

it('finds the search itself able to find (P4)', () => {
  const places = [
    { name: 'place', bytes: Buffer.from(`x${Buffer.from(`ab${WORDS.text}`).toString('base64')}`) },
  ];
  expect(findCanaries([WORDS.text], places)).toEqual([`${WORDS.text} in place`]);
  const utf16 = [{ name: 'place', bytes: Buffer.from(`..${WORDS.title}`, 'utf16le') }];
  expect(findCanaries([WORDS.title], utf16)).toHaveLength(1);
});

it('leaves no word in frames, database or vault (P4, P8)', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-canary-'));
  const opened = await openSqliteLogStore({ file: join(folder, 'relay.db') });
  if (!opened.ok) throw new Error(opened.error.type);
  const town = await Town.open(opened.value);
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  await foundTown(town, anna, WORDS.town, WORDS.founder);
  await inviteAndJoin(anna, bert, WORDS.guest);
  await anna.client.createGroup(WORDS.title, [await anna.person(WORDS.guest)]);
  await until(async () => (await anna.list()).conversations.length > 0, 'the group is there');
  await anna.send(WORDS.title, WORDS.text);
  await until(async () => (await bert.texts(WORDS.title)).includes(WORDS.text), 'bert reads');
  await bert.client.saveDraft(await bert.conversation(WORDS.title), WORDS.edit);
  const words = Object.values(WORDS);
  expect(
    findCanaries(
      words,
      town.frames.map((bytes, index) => ({ name: `frame ${index}`, bytes })),
    ),
  ).toEqual([]);
  for (const device of [anna, bert]) {
    const vault = createMemoryVault({ store: device.store });
    for (const store of VAULT_STORES) {
      const all = { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] } as const;
      const rows = await vault.range(store, all);
      expect(
        findCanaries(
          words,
          rows.map(({ value }) => ({ name: store, bytes: value })),
        ),
      ).toEqual([]);
    }
  }
  await town.close();
  const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  expect(files.length).toBeGreaterThan(0);
  expect(findCanaries(words, files)).toEqual([]);
  await opened.value.end();
  rmSync(folder, { recursive: true });
});
