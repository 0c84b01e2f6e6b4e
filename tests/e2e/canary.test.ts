import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCanaries } from '../helpers/canary';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

/** Long enough not to occur by chance, short enough not to be torn apart by a line or a page. */
const TOWN = 'Quittenstadt-Süd';
const ANNA = 'Adelheid Zwetschge';
const BERT = 'Balthasar Mirabelle';
const GROUP = 'Arbeitskreis Reineclaude';
const RENAMED = 'Arbeitskreis Kornelkirsche';
const SENTENCE = 'Die Schlehe blüht erst nach dem Frost';
const DRAFT = 'Mispeln halten sich bis Weihnachten';
const ITEM = 'Berberitzen besorgen';
const NOTES = 'Speierling im dritten Regal';
const QUERY = 'Schlehe';
const WORDS = [TOWN, ANNA, BERT, GROUP, RENAMED, SENTENCE, DRAFT, ITEM, NOTES, QUERY];

interface Place {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Every file below a folder; a running browser may take one away meanwhile. */
function filesIn(folder: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const name = join(entry.parentPath, entry.name);
      try {
        return [{ name, bytes: readFileSync(name) }];
      } catch {
        return [];
      }
    });
}

const framesOf = (staff: Staff): readonly Place[] =>
  staff.frames.map((frame, index) => ({
    name: `frame ${index} of ${staff.name}`,
    bytes: Buffer.from(frame),
  }));

describe('words typed in a browser', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;

  beforeAll(async () => {
    town = await BrowserTown.of(TOWN, [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
    ]);
    [anna, bert] = town.staff as [Staff, Staff];
  });
  afterAll(() => town.close());

  async function writeBoard(): Promise<void> {
    await anna.openConversation(RENAMED);
    for (const staff of [anna, bert])
      await staff.page.getByRole('main').getByRole('link', { name: 'Tafel' }).click();
    const field = (staff: Staff, name: string) => staff.page.getByRole('textbox', { name });
    await field(anna, 'Neuer Punkt').fill(ITEM);
    await field(anna, 'Neuer Punkt').press('Enter');
    await field(anna, 'Notizen').fill(NOTES);
    await expect.poll(() => field(bert, 'Notizen').inputValue()).toBe(NOTES);
    await expect.poll(() => field(bert, 'Punkt 1').inputValue()).toBe(ITEM);
  }

  it('appear where they should', async () => {
    await anna.createGroup(GROUP, [BERT]);
    await anna.write(SENTENCE);
    await bert.openConversation(GROUP);
    await bert.sees(SENTENCE);
    await anna.openDetails(GROUP);
    await anna.button('Umbenennen').click();
    await anna.page.getByLabel('Name der Gruppe').fill(RENAMED);
    await anna.button('Namen speichern').click();
    await bert.heading(RENAMED).waitFor();
    await writeBoard();
    await bert.openConversation(RENAMED);
    await bert.composer(RENAMED).fill(DRAFT);
    await bert.go('#/');
    await bert.row(RENAMED).filter({ hasText: DRAFT }).waitFor();
    await bert.go('#/suche');
    await bert.page.getByRole('combobox').fill(QUERY);
    await bert.page.getByRole('option').filter({ hasText: SENTENCE }).click();
    await bert.sees(SENTENCE);
    await bert.page.goBack();
    await expect.poll(() => bert.page.getByRole('combobox').inputValue()).toBe(QUERY);
  });

  it('are found by this search where they are', () => {
    const planted = Buffer.from(WORDS.join('|'), 'utf16le');
    expect(findCanaries(WORDS, [{ name: 'planted', bytes: planted }])).toHaveLength(WORDS.length);
  });

  it('do not go over the wire', () => {
    for (const staff of [anna, bert]) expect(framesOf(staff).length).toBeGreaterThan(10);
    expect(findCanaries(WORDS, [...framesOf(anna), ...framesOf(bert)])).toEqual([]);
  });

  it('do not reach the folder of the server, nor what it logs', () => {
    const places = [
      ...filesIn(town.relay.dataFolder),
      { name: 'log', bytes: Buffer.from(town.relay.output) },
    ];
    expect(places.length).toBeGreaterThan(1);
    expect(findCanaries(WORDS, places)).toEqual([]);
  });

  it('cannot be read in the databases of the browser', async () => {
    for (const staff of [anna, bert]) {
      await staff.close();
      const databases = filesIn(join(staff.browser.profile, 'Default', 'IndexedDB'));
      expect(databases.length).toBeGreaterThan(0);
      expect(findCanaries(WORDS, databases)).toEqual([]);
    }
  });

  /** Titles and addresses of pages, what was typed into fields, sessions, caches, logs. */
  it('are kept nowhere in the profile of the browser', () => {
    for (const { browser } of [anna, bert]) expect(findCanaries(WORDS, filesIn(browser.profile))).toEqual([]);
  });

  it('say nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
