import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserTown } from '../helpers/town';
import type { Staff } from '../helpers/staff';

describe('a town of three', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let cem: Staff;

  beforeAll(async () => {
    town = await BrowserTown.empty();
    anna = await town.newcomer({ name: 'Anna Ahrens', device: 'desktop' });
  });
  afterAll(() => town.close());

  it('is founded from the link the server printed', async () => {
    await anna.found(town.setupLink, 'Musterstadt');
    await anna.heading('Noch keine Unterhaltung').waitFor();
  });

  it('takes in who opens the link of an invitation', async () => {
    const link = await anna.invite();
    bert = await town.newcomer({ name: 'Bert Böhm', device: 'phone' });
    await bert.join(link);
  });

  it('talks in pairs', async () => {
    await bert.openDirect('Anna Ahrens');
    await bert.write('Grüße aus der Kälte');
    await anna.openConversation('Bert Böhm');
    await anna.sees('Grüße aus der Kälte');
    await anna.write('Zurück ins Warme');
    await bert.sees('Zurück ins Warme');
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
    void cem;
  });
});
