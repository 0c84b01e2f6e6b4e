/** The narrowest phone (320 px) with names and titles that do not break: nothing scrolls sideways on any page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanLine, NAME_LENGTH, TITLE_LENGTH } from '../../src/domain/body';
import { tooWide } from '../helpers/layout';
import { memberScreens, show } from '../helpers/screens';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const WIDTH = 320;
const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
/** Not in the group: offered wherever people are chosen. */
const CEM = 'W'.repeat(NAME_LENGTH);

const LINES: Readonly<Record<string, string>> = {
  'a long word': 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'wide letters': 'W'.repeat(TITLE_LENGTH),
  'combining marks': `A${'\u0300\u0327\u0489'.repeat(20)}mt`,
  'one joined word of Arabic': 'ا'.repeat(NAME_LENGTH),
  'zero-width characters': `${'\u200b\u2060\ufeff'.repeat(13)}${'x'.repeat(41)}`,
  'the widest dash': '⸻'.repeat(40),
  'letters with marks beside them': 'மு'.repeat(NAME_LENGTH / 2),
};

describe('a window of 320 pixels', { timeout: 600_000 }, () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let conversation: string;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: BERT, device: 'phone' },
      { name: ANNA, device: 'desktop' },
      { name: CEM, device: 'desktop' },
    ]);
    [bert, anna] = town.staff as [Staff, Staff];
    await bert.page.setViewportSize({ width: WIDTH, height: 640 });
    await bert.createGroup('Anfang', [ANNA]);
    await bert.write('Guten Morgen');
    conversation = /#\/u\/(\d+)/.exec(bert.page.url())?.[1] ?? '';
  });
  afterAll(() => town.close());

  for (const [what, line] of Object.entries(LINES))
    it(`holds ${what} as title of a group and as name of a person`, async () => {
      await rename(anna, line.slice(0, NAME_LENGTH));
      await retitle(line.slice(0, TITLE_LENGTH));
      const found: string[] = [];
      for (const screen of memberScreens(conversation)) {
        await show(bert.page, town.relay.address, screen);
        const wide = [...(await tooWide(bert.page)), ...(await pictureTooWide())];
        found.push(...wide.map((one) => `${screen.name}: ${one}`));
      }
      expect(found).toEqual([]);
    });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });

  async function retitle(title: string): Promise<void> {
    await bert.go(`#/u/${conversation}/gruppe`);
    await bert.button('Umbenennen').tap();
    await bert.page.getByLabel('Name der Gruppe').fill(title);
    await bert.button('Namen speichern').tap();
    await bert.button('Umbenennen').waitFor();
    const shown = bert.page.getByRole('main').getByRole('heading', { level: 2 }).first();
    await expect.poll(async () => cleanLine((await shown.textContent()) ?? '')).toBe(cleanLine(title));
  }

  /** Seen by Bert as soon as the town's log has it. */
  async function rename(staff: Staff, name: string): Promise<void> {
    await staff.go('#/ich');
    await staff.button('Name ändern').click();
    await staff.page.getByLabel('Ihr Name').fill(name);
    await staff.button('Name speichern').click();
    await staff.button('Name ändern').waitFor();
    await bert.go('#/neu');
    const persons = bert.page.getByRole('main').locator('button[data-row]');
    const names = async (): Promise<readonly string[]> => (await persons.allTextContents()).map(cleanLine);
    await expect.poll(async () => (await names()).some((one) => one.endsWith(cleanLine(name)))).toBe(true);
  }

  /** What a phone shows is laid out wider than the phone when anything sticks out. */
  async function pictureTooWide(): Promise<readonly string[]> {
    const png = await bert.page.screenshot({ fullPage: true });
    const width = png.readUInt32BE(16) / (await bert.page.evaluate(() => devicePixelRatio));
    return width === WIDTH ? [] : [`a picture of ${width} pixels`];
  }
});
