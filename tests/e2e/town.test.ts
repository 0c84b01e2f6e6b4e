import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const CEM = 'Cem Çelik';
/** Fills more than one screen. */
const tall = (title: string): string => [title, ...Array<string>(45).fill('und noch eine Zeile')].join('\n');

describe('a town of three', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let cem: Staff;

  beforeAll(async () => {
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
      { name: CEM, device: 'desktop' },
    ]);
    [anna, bert, cem] = town.staff as [Staff, Staff, Staff];
  });
  afterAll(() => town.close());

  it('talks in pairs', async () => {
    await bert.openDirect(ANNA);
    await bert.write('Grüße aus der Kälte');
    await anna.openConversation(BERT);
    await anna.sees('Grüße aus der Kälte');
    await anna.write('Zurück ins Warme');
    await bert.sees('Zurück ins Warme');
  });

  it('says how far a message has come: handed over, delivered, read', async () => {
    await bert.go('#/');
    await bert.goOffline();
    await anna.write('Bitte lesen');
    await anna.message('Bitte lesen').filter({ hasText: 'übergeben' }).waitFor();
    await bert.goOnline();
    await anna.message('Bitte lesen').filter({ hasText: 'zugestellt' }).waitFor();
    await bert.openConversation(ANNA);
    await anna.message('Bitte lesen').filter({ hasText: 'gelesen' }).waitFor();
  });

  it('shows preview, count and draft in the list', async () => {
    await bert.composer(ANNA).fill('Ich komme gegen');
    await bert.go('#/');
    await bert.row(ANNA).filter({ hasText: 'Entwurf: Ich komme gegen' }).waitFor();
    await bert.page.reload();
    await bert.row(ANNA).filter({ hasText: 'Entwurf: Ich komme gegen' }).waitFor();
    await anna.write('Wann?');
    await bert.row(ANNA).filter({ hasText: '1 ungelesene Nachricht' }).waitFor();
    await bert.openConversation(ANNA);
    expect(await bert.composer(ANNA).inputValue()).toBe('Ich komme gegen');
    await bert.write('Ich komme gegen neun');
    await bert.go('#/');
    await bert.row(ANNA).filter({ hasText: 'Sie: Ich komme gegen neun', hasNotText: 'ungelesen' }).waitFor();
    await anna.row(BERT).filter({ hasText: 'Ich komme gegen neun' }).waitFor();
  });

  it('founds a group, renames it and takes in another', async () => {
    await anna.createGroup('Winterdienst', [BERT]);
    await anna.write('Willkommen');
    await bert.openConversation('Winterdienst');
    await bert.sees('Willkommen');
    await anna.openDetails('Winterdienst');
    await anna.button('Umbenennen').click();
    await anna.page.getByLabel('Name der Gruppe').fill('Winterdienst Nord');
    await anna.button('Namen speichern').click();
    await bert.note(`${ANNA} hat die Unterhaltung „Winterdienst Nord“ genannt`).waitFor();
    await anna.addMember(CEM);
    await bert.note(`${ANNA} hat ${CEM} hinzugefügt`).waitFor();
    await cem.openConversation('Winterdienst Nord');
    await bert.write('Hallo Cem');
    await cem.sees('Hallo Cem');
    // Newcomers see what was written before them, with its authors.
    await cem.shows(['Willkommen', 'Hallo Cem']);
  });

  it('opens at the unread line and jumps to the end', async () => {
    await bert.go('#/');
    await anna.openConversation('Winterdienst Nord');
    await anna.write(tall('Streuplan'));
    await anna.write(tall('Bereitschaft'));
    await bert.row('Winterdienst Nord').filter({ hasText: '2 ungelesene Nachrichten' }).waitFor();
    await bert.openConversation('Winterdienst Nord');
    await bert.note('Ungelesen').waitFor();
    await bert.button('2 neue Nachrichten').click();
    await bert.button('2 neue Nachrichten').waitFor({ state: 'detached' });
    await bert.go('#/');
    await bert.row('Winterdienst Nord').filter({ hasNotText: 'ungelesen' }).waitFor();
  });

  it('keeps the place of who reads further up', async () => {
    await bert.openConversation('Winterdienst Nord');
    const history = bert.page.getByRole('region', { name: 'Verlauf' });
    await history.evaluate((region) => {
      region.scrollTop = 0;
    });
    await bert.button('Zum Ende').waitFor();
    await cem.write('Verstanden');
    await bert.button('1 neue Nachricht').click();
    await bert.message('Verstanden').waitFor();
    await bert.button('1 neue Nachricht').waitFor({ state: 'detached' });
  });

  it('pins, mutes and archives without telling anybody', async () => {
    await cem.chooseInList('Winterdienst Nord', 'Anheften');
    await cem.row('Winterdienst Nord').filter({ hasText: 'Angeheftet' }).waitFor();
    await cem.chooseInList('Winterdienst Nord', 'Archivieren');
    await cem.button('Rückgängig').click();
    await cem.row('Winterdienst Nord').waitFor();
  });

  it('lets go of who is removed and of who leaves', async () => {
    await anna.openDetails('Winterdienst Nord');
    await anna.removeMember(BERT);
    await anna.openConversation('Winterdienst Nord');
    await anna.note(`Sie haben ${BERT} entfernt`).waitFor();
    await bert.text(/Sie gehören nicht mehr zu dieser Unterhaltung/).waitFor();
    await cem.openDetails('Winterdienst Nord');
    await cem.button('Gruppe verlassen').click();
    await cem.page.getByRole('dialog').getByRole('button', { name: 'Gruppe verlassen' }).click();
    await anna.note(`${CEM} hat die Unterhaltung verlassen`).waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
