import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invitationLinkText, parseLink } from '../../src/domain/invitationLink';
import { readQr } from '../helpers/readQr';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

describe('the way into a town', () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let cem: Staff;
  let dora: Staff;
  let setupLink: string;
  let usedLink: string;

  beforeAll(async () => {
    town = await BrowserTown.empty();
    anna = await town.newcomer({ name: 'Anna Ahrens', device: 'desktop' });
    bert = await town.newcomer({ name: 'Bert Böhm', device: 'phone' });
    cem = await town.newcomer({ name: 'Cem Çelik', device: 'phone' });
    dora = await town.newcomer({ name: 'Dora Dörr', device: 'phone' });
    setupLink = town.setupLink;
  });
  afterAll(() => town.close());

  it('begins with the link the server printed', async () => {
    await anna.visit();
    await anna.heading('Willkommen bei Depesche').waitFor();
    await anna.found(setupLink, 'Musterstadt');
    await anna.heading('Noch sind Sie allein hier').waitFor();
  });

  it('takes in who pastes the link, and says how far that is', async () => {
    usedLink = await anna.invite();
    await bert.visit();
    await bert.button('Einladung eingeben').click();
    await bert.page.evaluate((link) => navigator.clipboard.writeText(link), `Hallo Bert, hier: ${usedLink}`);
    await bert.button('Einfügen').click();
    await anna.goOffline();
    await bert.enterName();
    const step = bert.page.locator('[aria-current=step]');
    await step.filter({ hasText: /sobald ein Gerät der Betreuung online ist/ }).waitFor();
    await bert.page.reload();
    await step.filter({ hasText: /sobald ein Gerät der Betreuung online ist/ }).waitFor();
    await anna.goOnline();
    await bert.heading('Unterhaltungen').waitFor();
    await anna.text('Beigetreten: Bert Böhm').waitFor();
  });

  it('takes in who reads the code, from a photograph as well', async () => {
    const link = await anna.invite();
    const code = anna.page.getByRole('img', { name: 'QR-Code der Einladung' }).first();
    const picture = await code.screenshot({ scale: 'device' });
    expect(await readQr(picture)).toEqual([link]);
    await cem.visit();
    await cem.button('Einladung scannen').click();
    const chooser = cem.page.waitForEvent('filechooser');
    await cem.button('Foto auswählen').click();
    await (await chooser).setFiles({ name: 'einladung.png', mimeType: 'image/png', buffer: picture });
    await cem.enterName();
    await cem.heading('Unterhaltungen').waitFor();
  });

  it('shows all of them to all of them', async () => {
    for (const staff of [anna, bert, cem]) {
      await staff.go('#/ich/personen');
      for (const name of ['Anna Ahrens', 'Bert Böhm', 'Cem Çelik'])
        await staff.page
          .getByRole('main')
          .getByText(new RegExp(`^${name}`))
          .first()
          .waitFor();
    }
  });

  it('says what is wrong with a link before anything happens', async () => {
    const parsed = parseLink(usedLink, town.relay.address);
    if (parsed.type !== 'invitation') throw new Error('the link is not one');
    const { invitation } = parsed;
    const links = [
      ['Das ist keine Einladung', 'Wir treffen uns um neun'],
      ['Der Link ist unvollständig', usedLink.slice(0, -20)],
      ['Die Einladung ist abgelaufen', invitationLinkText({ ...invitation, expiresAt: 1_000 })],
      [
        'Die Einladung gehört zu einem anderen Server',
        invitationLinkText({ ...invitation, origin: 'https://depesche.nachbarstadt.example' }),
      ],
    ] as const;
    await dora.visit();
    await dora.button('Einladung eingeben').click();
    for (const [says, link] of links) {
      await dora.page.getByLabel('Link', { exact: true }).fill(link);
      await dora.button('Weiter').click();
      await dora.text(says).waitFor();
    }
  });

  it('refuses a link that was used, and lets go of it', async () => {
    await dora.page.goto(usedLink);
    await dora.enterName();
    await dora.text('Die Einladung wurde schon benutzt').waitFor();
    await dora.button('Andere Einladung eingeben').click();
    await dora.heading('Einladung eingeben').waitFor();
  });

  it('refuses a second founding', async () => {
    await dora.page.goto(setupLink);
    await dora.page.getByLabel('Name der Stadt oder Verwaltung').fill('Nebenstadt');
    await dora.page.getByLabel('Ihr Name').fill('Dora Dörr');
    await dora.button('Stadt einrichten').click();
    await dora.text('Der Einrichtungslink wurde schon benutzt').waitFor();
    await dora.button('Andere Einladung eingeben').click();
    await dora.heading('Einladung eingeben').waitFor();
  });

  it('no longer takes in who comes with a withdrawn link', async () => {
    const link = await anna.invite();
    await anna.button('Zurückziehen').first().click();
    await anna.page.getByRole('dialog').getByRole('button', { name: 'Zurückziehen' }).click();
    await anna.text('Zurückgezogen').waitFor();
    await dora.page.goto(link);
    await dora.enterName();
    await dora.text(/Die Einladung wurde schon benutzt|Die Einladung ist abgelaufen/).waitFor();
  });

  it('does not redeem a link on a device that belongs to the town', async () => {
    await bert.page.goto(await anna.invite());
    await bert.text(/Dieses Gerät gehört schon zu/).waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
