import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tooWide } from '../helpers/layout';
import { memberScreens, SETUP_SCREENS, show, speak, type Language } from '../helpers/screens';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const CEM = 'Cem Çelik';
const GROUP = 'Verkehrssicherungspflichtüberprüfung';

interface View {
  readonly language: Language;
  readonly size: 'phone' | 'desktop';
  readonly colorScheme: 'light' | 'dark';
}
/** Any two of language, size and colours meet once. */
const VIEWS: readonly View[] = [
  { language: 'de', size: 'phone', colorScheme: 'light' },
  { language: 'de', size: 'desktop', colorScheme: 'dark' },
  { language: 'en', size: 'phone', colorScheme: 'dark' },
  { language: 'en', size: 'desktop', colorScheme: 'light' },
];
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** A run takes its time where others work as well. */
describe('every screen', { timeout: 600_000 }, () => {
  let town: BrowserTown;
  let anna: Staff;
  let cem: Staff;
  let number: string;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
    ]);
    const [founder, bert] = town.staff as [Staff, Staff];
    anna = founder;
    cem = await town.newcomer({ name: CEM, device: 'desktop' });
    await anna.createGroup(GROUP, [BERT]);
    number = /#\/u\/(\d+)/.exec(anna.page.url())?.[1] ?? '';
    await anna.write('Guten Morgen, der Streuplan steht: https://www.musterstadt.example/streuplan');
    await bert.openConversation(GROUP);
    await bert.write('Danke, guten Dienst!');
    await anna.sees('Danke, guten Dienst!');
    await anna.page.getByRole('main').getByRole('link', { name: 'Tafel' }).click();
    await anna.page.getByLabel('Überschrift').fill('Streuplan');
    await anna.page.getByRole('textbox', { name: 'Neuer Punkt' }).fill('Brücken');
    await anna.page.getByRole('textbox', { name: 'Neuer Punkt' }).press('Enter');
    await anna.page.getByRole('textbox', { name: 'Punkt 1' }).waitFor();
    await anna.invite();
    await bert.goOffline();
    await anna.openConversation(GROUP);
    await anna.write('Bis später');
  });
  afterAll(() => town.close());

  async function flaws(page: Page): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }

  async function everyScreen(
    view: View,
    look: (page: Page) => Promise<readonly string[]>,
  ): Promise<string[]> {
    const found: string[] = [];
    for (const [staff, screens] of [
      [cem, SETUP_SCREENS],
      [anna, memberScreens(number)],
    ] as const) {
      await staff.page.setViewportSize(SIZES[view.size]);
      await staff.page.emulateMedia({ colorScheme: view.colorScheme });
      await speak(staff.page, town.relay.address, view.language);
      for (const screen of screens) {
        await show(staff.page, town.relay.address, screen);
        found.push(...(await look(staff.page)).map((flaw) => `${screen.name}: ${flaw}`));
      }
    }
    return found;
  }

  for (const view of VIEWS)
    it(`has nothing serious or critical for axe (${Object.values(view).join(', ')})`, async () => {
      expect(await everyScreen(view, flaws)).toEqual([]);
    });

  it('fits a window of 320 pixels, and one at 200 %, without scrolling sideways', async () => {
    const found: string[] = [];
    for (const language of ['de', 'en'] as const)
      found.push(
        ...(await everyScreen({ language, size: 'phone', colorScheme: 'light' }, async (page) => {
          const wide: string[] = [];
          for (const viewport of [
            { width: 320, height: 640 },
            { width: 640, height: 400 },
          ]) {
            await page.setViewportSize(viewport);
            wide.push(...(await tooWide(page)).map((what) => `${viewport.width}: ${what}`));
          }
          return wide;
        })),
      );
    expect(found).toEqual([]);
  });

  it('can be used by keyboard alone: from the list to a sent message', async () => {
    const { page } = anna;
    await page.setViewportSize(SIZES.desktop);
    await speak(page, town.relay.address, 'de');
    await page.goto('about:blank');
    await anna.visit();
    await anna.row(GROUP).waitFor();
    const focused = () => page.locator(':focus').first().innerText();
    await page.keyboard.press('Tab');
    for (let tab = 0; tab < 20 && !(await focused()).includes(GROUP); tab++) await page.keyboard.press('Tab');
    expect(await focused()).toContain(GROUP);
    await page.keyboard.press('Enter');
    await anna.composer(GROUP).waitFor();
    const isWriting = () => anna.composer(GROUP).evaluate((field) => field === document.activeElement);
    await expect.poll(isWriting).toBe(true);
    await page.keyboard.type('Mit der Tastatur geschrieben');
    await page.keyboard.press('Enter');
    await anna.sees('Mit der Tastatur geschrieben');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toContain(GROUP);
    await page.keyboard.press('F6');
    await page.keyboard.press('F6');
    await page.keyboard.press('F6');
    await expect.poll(focused).toContain(GROUP);
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
