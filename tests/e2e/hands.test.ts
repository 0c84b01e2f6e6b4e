import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const GROUP = 'Straßenverkehrsbehörde Sondernutzungen';

/** What a mouse shows when it comes near must be there for fingers and keys as well. */
describe('without a mouse', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
    ]);
    [anna, bert] = town.staff as [Staff, Staff];
    await anna.createGroup(GROUP, [BERT]);
    await anna.write('Eins');
    await anna.write('Zwei');
    await bert.openConversation(GROUP);
    await bert.sees('Zwei');
  });
  afterAll(() => town.close());

  it('a resting finger opens the menu of a message, and lifting it leaves it open', async () => {
    await bert.hold(bert.page.locator('article p.text').filter({ hasText: 'Eins' }));
    await bert.page.getByRole('menuitem', { name: 'Text kopieren' }).click();
    await bert.text('Text kopiert.').waitFor();
    expect(await bert.page.evaluate(() => navigator.clipboard.readText())).toBe('Eins');
  });

  it('what can be taken back shows its button to fingers', async () => {
    await bert.goOffline();
    await bert.write('Doch nicht');
    await bert.message('Doch nicht').getByRole('button', { name: 'Nachricht' }).tap();
    await bert.page.getByRole('menuitem', { name: 'Zurückziehen' }).tap();
    await bert.text('Nachricht zurückgezogen.').waitFor();
    await bert.shows(['Eins', 'Zwei']);
    await bert.goOnline();
  });

  it('a row of the list has its menu under a button and under a resting finger', async () => {
    await bert.go('#/');
    const button = bert.page.getByLabel('Liste').getByRole('button', { name: `Mehr zu „${GROUP}“` });
    await button.tap();
    await bert.page.getByRole('menuitem', { name: 'Anheften' }).tap();
    await bert.row(GROUP).filter({ hasText: 'Angeheftet' }).waitFor();
    await bert.hold(bert.row(GROUP));
    await bert.page.getByRole('menuitem', { name: 'Lösen' }).tap();
    await bert.row(GROUP).filter({ hasNotText: 'Angeheftet' }).waitFor();
    expect(bert.page.url()).toMatch(/#\/$/);
  });

  it('a press beside an open sheet closes it and opens nothing beneath', async () => {
    await bert.hold(bert.row(GROUP));
    await bert.page.touchscreen.tap(200, 200);
    await bert.page.getByRole('menu').waitFor({ state: 'hidden' });
    expect(bert.page.url()).toMatch(/#\/$/);
    await bert.row(GROUP).tap();
    await bert.sees('Zwei');
  });

  it('arrow keys go from message to message, Enter opens the menu, Esc gives the focus back', async () => {
    const { page } = anna;
    const focused = () => page.evaluate(() => document.activeElement?.closest('article')?.innerText ?? '');
    await anna.goOffline();
    await anna.write('Drei');
    await page.getByRole('region', { name: 'Verlauf' }).focus();
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toContain('Drei');
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toContain('Zwei');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'hidden' });
    expect(await focused()).toContain('Drei');
    await page.keyboard.press('Enter');
    await page.keyboard.press('z');
    await page.keyboard.press('Enter');
    await anna.shows(['Eins', 'Zwei']);
    await anna.goOnline();
  });

  it('a wide window shows details beside the conversation, for as long as one wants them', async () => {
    const { page } = anna;
    const column = page.getByRole('complementary', { name: 'Details' });
    await page.setViewportSize({ width: 1199, height: 800 });
    await page.getByRole('button', { name: 'Details daneben zeigen' }).waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 1200, height: 800 });
    await anna.button('Details daneben zeigen').click();
    await column.getByText(BERT).waitFor();
    await column.getByRole('link', { name: 'Tafel' }).click();
    await anna.heading('Tafel').waitFor();
    await column.getByText(BERT).waitFor();
    await page.reload();
    await column.getByText(BERT).waitFor();
    await column.getByRole('button', { name: 'Details schließen' }).click();
    await column.waitFor({ state: 'detached' });
  });

  it('an address of another device says what it is and where to go', async () => {
    await bert.go('#/u/999');
    await bert.page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
    await bert.text(/Lesezeichen von einem anderen Gerät/).waitFor();
    await bert.page.getByRole('link', { name: 'Zu den Unterhaltungen' }).click();
    await bert.row(GROUP).waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
