import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCanaries } from '../helpers/canary';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const CEM = 'Cem Çelik';
const GROUP = 'Streng vertraulich';
const AFTER_THE_END = 'Die Nachtigall singt ohne Cem';
const SECRET = 'Der Kanarienvogel singt ohne Cem';

describe('who is removed', () => {
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
    await anna.createGroup(GROUP, [BERT, CEM]);
    await anna.write('Willkommen');
    for (const staff of [bert, cem]) {
      await staff.openConversation(GROUP);
      await staff.sees('Willkommen');
    }
  });
  afterAll(() => town.close());

  /** Whatever was on its way to Cem before has arrived, too. */
  async function cemHearsFromAnna(text: string): Promise<void> {
    await anna.openDirect(CEM);
    await anna.write(text);
    await cem.openConversation(ANNA);
    await cem.sees(text);
  }

  it('opens nothing that was written afterwards', async () => {
    await anna.openDetails(GROUP);
    await anna.removeMember(CEM);
    await anna.openConversation(GROUP);
    await anna.note(`Sie haben ${CEM} entfernt`).waitFor();
    await anna.write(SECRET);
    await bert.sees(SECRET);
    await cem.text(/Sie gehören nicht mehr zu dieser Unterhaltung/).waitFor();
    await cemHearsFromAnna('Bis morgen');
    await cem.openConversation(GROUP);
    await cem.sees('Willkommen');
    await cem.shows(['Willkommen']);
    expect(await cem.wholeScreen).not.toContain(SECRET);
  });

  it('finds nothing of it, and is sent nothing of it', async () => {
    await cem.go('#/suche');
    await cem.page.getByRole('combobox').fill('Kanarienvogel');
    await cem.text('Nichts gefunden zu „Kanarienvogel“.').waitFor();
    const frames = cem.frames.map((frame, index) => ({ name: `frame ${index}`, bytes: Buffer.from(frame) }));
    expect(frames.length).toBeGreaterThan(0);
    expect(findCanaries([SECRET], frames)).toEqual([]);
  });

  it('opens nothing of it after a cold start either', async () => {
    await cem.page.reload();
    await cem.openConversation(GROUP);
    await cem.sees('Willkommen');
    await cem.shows(['Willkommen']);
    expect(await cem.composer(GROUP).count()).toBe(0);
  });

  it('reads and writes again once taken back, but is not handed what lies between', async () => {
    await anna.openConversation(GROUP);
    await anna.openDetails(GROUP);
    await anna.addMember(CEM);
    await cem.composer(GROUP).waitFor();
    await bert.write('Wieder mit Cem');
    await cem.sees('Wieder mit Cem');
    await cem.shows(['Willkommen', 'Wieder mit Cem']);
    await cem.write('Danke');
    await bert.sees('Danke');
  });

  it('is told when the town takes the device out, and can empty it', async () => {
    await anna.go('#/ich/personen');
    await anna.page
      .getByRole('main')
      .getByRole('button', { name: `Mehr zu „${CEM}“` })
      .click();
    await anna.page.getByRole('menuitem', { name: 'Aus der Stadt entfernen' }).click();
    await anna.page.getByRole('dialog').getByRole('button', { name: 'Aus der Stadt entfernen' }).click();
    await cem.heading('Dieses Gerät gehört nicht mehr zu Musterstadt').waitFor();
    await bert.note(new RegExp(`${CEM} entfernt`)).waitFor();
    await bert.write(AFTER_THE_END);
    await cem.page.reload();
    await cem.heading('Dieses Gerät gehört nicht mehr zu Musterstadt').waitFor();
    expect(await cem.wholeScreen).not.toContain(AFTER_THE_END);
    await cem.button('Alles von diesem Gerät löschen').click();
    await cem.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Alles von diesem Gerät löschen' })
      .click();
    await cem.heading('Willkommen bei Depesche').waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
