import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';

describe('search', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
    ]);
    [anna, bert] = town.staff as [Staff, Staff];
    await anna.createGroup('Verkehr', [BERT]);
    await anna.write('Der Oberflurhydrant in der Kaiserstraße tropft');
    await anna.write('Absperrung Übersee-Ring bis Freitag');
    await anna.createGroup('Hausmeisterei', [BERT]);
    await anna.write('Die Heizung im Rathaus läuft wieder');
    await bert.openConversation('Verkehr');
    await bert.sees('Absperrung Übersee-Ring bis Freitag');
    await bert.openConversation('Hausmeisterei');
    await bert.sees('Die Heizung im Rathaus läuft wieder');
  });
  afterAll(() => town.close());

  async function finds(staff: Staff, query: string, text: string): Promise<void> {
    await staff.page.getByRole('combobox').fill(query);
    await staff.page.getByRole('option').filter({ hasText: text }).waitFor();
  }

  it('finds parts of words, whatever their umlauts, without network', async () => {
    await bert.goOffline();
    await bert.go('#/suche');
    await finds(bert, 'hydr', 'Der Oberflurhydrant in der Kaiserstraße tropft');
    await finds(bert, 'kaiserstrasse', 'Der Oberflurhydrant in der Kaiserstraße tropft');
    await finds(bert, 'ÜBERSEE', 'Absperrung Übersee-Ring bis Freitag');
    await finds(bert, 'heiz', 'Die Heizung im Rathaus läuft wieder');
    await bert.page.getByRole('combobox').fill('Zeppelin');
    await bert.text('Nichts gefunden zu „Zeppelin“.').waitFor();
  });

  it('opens a hit in its conversation', async () => {
    await finds(bert, 'absperrung', 'Absperrung Übersee-Ring bis Freitag');
    await bert.page.getByRole('option').filter({ hasText: 'Absperrung' }).click();
    await bert.heading('Verkehr').waitFor();
    await bert.sees('Absperrung Übersee-Ring bis Freitag');
    await bert.goOnline();
  });

  it('jumps by keyboard to persons and groups', async () => {
    await anna.page.keyboard.press('Control+k');
    const field = anna.page.getByRole('combobox');
    await field.fill('verk');
    await anna.page.getByRole('option').filter({ hasText: 'Verkehr' }).first().waitFor();
    await field.press('Enter');
    await anna.composer('Verkehr').waitFor();
    await anna.page.keyboard.press('Control+k');
    await field.fill('böhm');
    await anna.page.getByRole('option').filter({ hasText: BERT }).waitFor();
    await field.press('Enter');
    await anna.composer(BERT).waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
