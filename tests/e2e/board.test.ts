import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';

describe('the notice board', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
    ]);
    [anna, bert] = town.staff as [Staff, Staff];
    await anna.createGroup('Stadtfest', [BERT]);
    await anna.write('Die Tafel ist offen');
    await bert.openConversation('Stadtfest');
    await bert.sees('Die Tafel ist offen');
    for (const staff of [anna, bert]) {
      await staff.page.getByRole('main').getByRole('link', { name: 'Tafel' }).click();
      await title(staff).waitFor();
    }
  });
  afterAll(() => town.close());

  const title = (staff: Staff): Locator => staff.page.getByLabel('Überschrift');
  const notes = (staff: Staff): Locator => staff.page.getByRole('textbox', { name: 'Notizen' });

  async function add(staff: Staff, item: string): Promise<void> {
    await staff.page.getByRole('textbox', { name: 'Neuer Punkt' }).fill(item);
    await staff.page.getByRole('textbox', { name: 'Neuer Punkt' }).press('Enter');
    await expect.poll(() => items(staff)).toContain(item);
  }

  function items(staff: Staff): Promise<string[]> {
    return staff.page
      .getByRole('textbox', { name: /^Punkt \d+$/ })
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  }

  it('is written by two at once, who see each other', async () => {
    await anna.text(`Auch hier: ${BERT}`).waitFor();
    await bert.text(`Auch hier: ${ANNA}`).waitFor();
    await title(anna).fill('Aufbau am Freitag');
    await bert.text(`${ANNA} schreibt hier`).waitFor();
    await expect.poll(() => title(bert).inputValue()).toBe('Aufbau am Freitag');
    await add(anna, 'Bühne');
    await expect.poll(() => items(bert)).toEqual(['Bühne']);
    await bert.page.getByRole('checkbox', { name: 'Erledigt: Bühne' }).check();
    await anna.text('1 von 1 erledigt').waitFor();
  });

  it('merges what both wrote without network', async () => {
    await notes(anna).fill('Strom: Stadtwerke.');
    await expect.poll(() => notes(bert).inputValue()).toBe('Strom: Stadtwerke.');
    for (const staff of [anna, bert]) await staff.goOffline();
    await add(anna, 'Zelte');
    await add(bert, 'Bänke');
    await notes(anna).press('Control+Home');
    await notes(anna).pressSequentially('Achtung: ');
    await notes(bert).press('Control+End');
    await notes(bert).pressSequentially(' Wasser: Feuerwehr.');
    for (const staff of [anna, bert]) await staff.text('Gespeichert, wartet auf Netz').waitFor();
    for (const staff of [anna, bert]) await staff.goOnline();
    for (const staff of [anna, bert]) {
      await expect
        .poll(() => notes(staff).inputValue(), { timeout: 20_000 })
        .toBe('Achtung: Strom: Stadtwerke. Wasser: Feuerwehr.');
      await expect.poll(async () => (await items(staff)).toSorted()).toEqual(['Bänke', 'Bühne', 'Zelte']);
    }
    expect(await items(anna)).toEqual(await items(bert));
  });

  it('is there again after a cold start without a server', async () => {
    await bert.isKept();
    const before = await items(bert);
    await bert.close();
    await town.relay.stop();
    await bert.open();
    await bert.visit();
    await bert.openConversation('Stadtfest');
    await bert.page.getByRole('main').getByRole('link', { name: 'Aufbau am Freitag' }).click();
    await expect.poll(() => title(bert).inputValue()).toBe('Aufbau am Freitag');
    expect(await items(bert)).toEqual(before);
    await town.relay.start();
  });

  it('takes back a removed point', async () => {
    await anna.page.getByRole('main').getByRole('button', { name: 'Mehr zu „Zelte“' }).click();
    await anna.page.getByRole('menuitem', { name: 'Entfernen' }).click();
    await expect.poll(() => items(anna)).not.toContain('Zelte');
    await anna.button('Rückgängig').click();
    await expect.poll(() => items(anna)).toContain('Zelte');
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
