import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const GROUP = 'Außendienst';
const LINE = 'Weiter auf einem neuen Server';

describe('a relay that is lost with everything on it', () => {
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
    await anna.write('Willkommen');
    await bert.openConversation(GROUP);
    await bert.sees('Willkommen');
    await bert.write('vor dem Brand');
    await anna.sees('vor dem Brand');
  });
  afterAll(() => town.close());

  it('is noticed on every device, and nothing is handed over to its successor', async () => {
    await town.relay.kill();
    await rm(town.relay.dataFolder, { recursive: true, force: true });
    await bert.write('geschrieben, als nichts da war');
    await town.relay.start();
    for (const one of [anna, bert]) {
      await one.go('#/verbindung');
      await one.text('Der Server ist neu').waitFor({ timeout: 60_000 });
      await one.text(/Die Betreuung Ihrer Stadt muss den neuen Server bestätigen/).waitFor();
    }
    await bert.openConversation(GROUP);
    await bert.message('geschrieben, als nichts da war').waitFor();
  });

  it('is succeeded when the admin opens the new one’s link in the app', async () => {
    const link = town.relay.setupLink ?? '';
    // Somebody who is no admin cannot, and does not use it up.
    await bert.go(link.slice(link.indexOf('#')));
    await bert.heading('Das kann nur die Betreuung der Stadt').waitFor();
    // As an admin does in an installed app, which no link opens.
    await anna.page.getByLabel('Link des neuen Servers').fill(link);
    await anna.button('Weiter').click();
    await anna.heading('Stadt auf diesem Server fortsetzen').waitFor();
    await anna.button('Stadt fortsetzen').click();
    await anna.heading('Weiter auf dem neuen Server').waitFor({ timeout: 60_000 });
  });

  it(
    'and loses nothing: what was written meanwhile arrives, and all goes on',
    { timeout: 120_000 },
    async () => {
      const before = ['Willkommen', 'vor dem Brand', 'geschrieben, als nichts da war'];
      await anna.openConversation(GROUP);
      await bert.openConversation(GROUP);
      for (const one of [anna, bert]) {
        await one.shows(before, 90_000);
        await one.text(LINE).waitFor();
      }
      await anna.write('Alle da?');
      await bert.sees('Alle da?');
      await bert.write('Ja');
      await anna.sees('Ja');
      for (const one of [anna, bert]) await one.shows([...before, 'Alle da?', 'Ja']);
      await bert.go('#/verbindung');
      await bert.text('Der Server ist neu').waitFor({ state: 'detached' });
      expect(town.problems).toEqual([]);
    },
  );
});
