import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const CEM = 'Cem Çelik';
const GROUP = 'Außendienst';
const WRITTEN_OFFLINE = ['eins', 'zwei', 'drei', 'vier', 'fünf'];

describe('without network', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let cem: Staff;
  /** All there is in the group, in order. */
  const texts = ['Willkommen'];

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
      await staff.isKept();
    }
  });
  afterAll(() => town.close());

  async function allHave(expected: readonly string[], all: readonly Staff[] = town.staff): Promise<void> {
    for (const staff of all) await staff.shows(expected);
  }

  it('keeps what was written through the death of the browser', async () => {
    await bert.goOffline();
    for (const text of WRITTEN_OFFLINE) await bert.write(text);
    await bert.kill();
    await anna.write('inzwischen');
    await bert.open();
    await bert.visit();
    await bert.text('Kein Netz – 5 Nachrichten warten').waitFor();
    await bert.openConversation(GROUP);
    await allHave([...texts, ...WRITTEN_OFFLINE], [bert]);
    for (const text of WRITTEN_OFFLINE)
      await bert.message(text).filter({ hasText: 'wartet auf Netz' }).waitFor();
  });

  it('shows what waits, for what and since when', async () => {
    await bert.text('Kein Netz – 5 Nachrichten warten').click();
    await bert.heading('Verbindung').waitFor();
    await bert.text(/^Kein Netz seit /).waitFor();
    const items = bert.page.getByRole('main').getByRole('listitem');
    expect(await items.count()).toBe(WRITTEN_OFFLINE.length);
    for (const [index, text] of WRITTEN_OFFLINE.entries())
      await items.nth(index).filter({ hasText: text }).filter({ hasText: 'wartet auf Netz' }).waitFor();
  });

  it('hands each of them over once and in order', async () => {
    await bert.openConversation(GROUP);
    await bert.goOnline();
    texts.push('inzwischen', ...WRITTEN_OFFLINE);
    await allHave(texts);
    await bert
      .message('fünf')
      .filter({ hasText: /übergeben|zugestellt|gelesen/ })
      .waitFor();
    await bert.go('#/verbindung');
    await bert.heading('Es wartet nichts').waitFor();
    await bert.openConversation(GROUP);
  });

  it('opens everything after a cold start, and goes on with a dead server', async () => {
    await town.relay.kill();
    await cem.close();
    await cem.open();
    await cem.visit();
    await cem.openConversation(GROUP);
    await allHave(texts, [cem]);
    await cem.go('#/suche');
    await cem.page.getByRole('combobox').fill('inzwi');
    await cem.page.getByRole('option').filter({ hasText: 'inzwischen' }).waitFor();
    await cem.createGroup('Nachtdienst', [ANNA, BERT]);
    await cem.write('Wer hat Bereitschaft?');
    await cem.openConversation(GROUP);
    await cem.write('ohne Server');
    await town.relay.start();
    texts.push('ohne Server');
    await allHave(texts);
    await anna.openConversation('Nachtdienst');
    await anna.sees('Wer hat Bereitschaft?');
    await anna.openConversation(GROUP);
  });

  it('goes on over a relay that is killed in mid-conversation', async () => {
    for (let round = 1; round <= 3; round++) {
      await anna.write(`Anna ${round}`);
      texts.push(`Anna ${round}`);
      await allHave(texts);
      const isDead = town.relay.kill();
      await cem.write(`Cem ${round}`);
      texts.push(`Cem ${round}`);
      await isDead;
      await town.relay.start();
      await allHave(texts);
    }
  });

  it('works in two windows of one profile, whichever of them leads', async () => {
    const first = bert.page;
    const second = await bert.newTab();
    bert.use(second);
    await bert.visit();
    await bert.openConversation(GROUP);
    await bert.write('aus dem zweiten Fenster');
    bert.use(first);
    await bert.sees('aus dem zweiten Fenster');
    await bert.write('aus dem ersten Fenster');
    bert.use(second);
    await bert.sees('aus dem ersten Fenster');
    await first.close();
    await bert.write('aus dem letzten Fenster');
    texts.push('aus dem zweiten Fenster', 'aus dem ersten Fenster', 'aus dem letzten Fenster');
    await allHave(texts);
    await bert
      .message('aus dem letzten Fenster')
      .filter({ hasText: /übergeben|zugestellt|gelesen/ })
      .waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
