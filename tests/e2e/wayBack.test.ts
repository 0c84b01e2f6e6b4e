import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHONE, TestBrowser } from '../helpers/browser';
import { backUp, envelopesIn, forgetLatestLog, restoreFrom } from '../helpers/relayLosses';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const CEM = 'Cem Çelik';
const GROUP = 'Außendienst';
const OTHER_GROUP = 'Marktplatz';
const LOST_GROUP = 'Nachtdienst';
const HOURS = 3_600_000;

/** The two ways back (SPEC B and Q) as people see them; the cases themselves are in tests/scenario. */
describe('ways back', { timeout: 180_000 }, () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let cem: Staff;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'depesche-back-'));
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'phone' },
      { name: CEM, device: 'phone' },
    ]);
    [anna, bert, cem] = town.staff as [Staff, Staff, Staff];
    await anna.createGroup(GROUP, [BERT, CEM]);
    await anna.write('Willkommen');
    for (const one of [bert, cem]) {
      await one.openConversation(GROUP);
      await one.sees('Willkommen');
      await one.isKept();
    }
  });
  afterAll(async () => {
    await town.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function everybodyHas(texts: readonly string[]): Promise<void> {
    for (const one of [anna, bert, cem]) await one.shows(texts, 60_000);
  }

  it('a phone that was away for longer than the server keeps messages catches up, and what waited leaves', async () => {
    await bert.goOffline();
    await bert.write('aus dem Funkloch');
    await bert.kill();
    for (const text of ['zwei', 'drei']) await anna.write(text);
    await cem.sees('drei');
    await anna.sees('drei');
    await town.relay.stop();
    forgetLatestLog(town.relay.dataFolder, 'conversation');
    await town.relay.start();
    await bert.open();
    await bert.visit('#/');
    await bert.openConversation(GROUP);
    // Still without network: what is here is shown, and nothing is said to be lost.
    await bert.shows(['Willkommen', 'aus dem Funkloch']);
    await bert.goOnline();
    await everybodyHas(['Willkommen', 'zwei', 'drei', 'aus dem Funkloch']);
    await bert.text('Einige Nachrichten fehlen auf diesem Gerät.').waitFor({ state: 'detached' });
  });

  it('a message whose invitation into the conversation was lost is asked for, and comes', async () => {
    await bert.close();
    const mails = () => envelopesIn(town.relay.dataFolder, 'mailbox');
    const before = mails();
    await anna.go('#/');
    await anna.openDirect(BERT);
    await anna.write('Haben Sie kurz Zeit?');
    await expect.poll(mails).toBe(before + 1);
    await anna.message('Haben Sie kurz Zeit?').getByText('übergeben').waitFor();
    await town.relay.stop();
    forgetLatestLog(town.relay.dataFolder, 'mailbox');
    await town.relay.start();
    await bert.open();
    await bert.visit('#/');
    await bert.row(GROUP).waitFor();
    await expect.poll(() => bert.page.workers().length).toBe(1);
    await bert.go('#/verbindung');
    await bert.text('Verbunden.').waitFor();
    await bert.page.waitForTimeout(2_000); // the town's log, which names the conversation, is read
    // It may still be on its way, so an hour is waited. The engine's clock is put on.
    await bert.page.workers()[0]?.evaluate((hours) => {
      const { now } = Date;
      Date.now = () => now() + 2 * hours;
    }, HOURS);
    await bert.goOffline();
    await bert.text(/^Kein Netz/).waitFor();
    await bert.goOnline();
    await bert.go('#/');
    await bert.row(ANNA).waitFor({ timeout: 60_000 });
    await bert.openConversation(ANNA);
    await bert.sees('Haben Sie kurz Zeit?');
    await bert.write('Ja');
    await anna.sees('Ja');
  });

  it('an invitation into a group that the phone knows nothing of was lost, and is sent anew', async () => {
    await cem.close();
    const before = envelopesIn(town.relay.dataFolder, 'mailbox');
    await anna.go('#/');
    await anna.createGroup(LOST_GROUP, [CEM]);
    await anna.write('Wer kann heute?');
    await expect.poll(() => envelopesIn(town.relay.dataFolder, 'mailbox')).toBeGreaterThan(before);
    await anna.message('Wer kann heute?').getByText('übergeben').waitFor();
    await town.relay.stop();
    forgetLatestLog(town.relay.dataFolder, 'mailbox');
    await town.relay.start();
    await cem.open();
    await cem.visit('#/');
    await cem.row(LOST_GROUP).waitFor({ timeout: 60_000 });
    await cem.openConversation(LOST_GROUP);
    await cem.shows(['Wer kann heute?']);
    await cem.write('Ich');
    await anna.shows(['Wer kann heute?', 'Ich']);
  });

  it('of two copies of a phone one goes on, and the other says that it was copied', async () => {
    // Bert’s device has asked for its place in the other group within the hour, and is not heard again so soon.
    await anna.createGroup(OTHER_GROUP, [BERT]);
    await anna.write('Ein Anfang');
    await bert.go('#/');
    await bert.openConversation(OTHER_GROUP);
    await bert.sees('Ein Anfang');
    await bert.close();
    const profile = join(folder, 'copy');
    await cp(bert.browser.profile, profile, { recursive: true });
    await bert.open();
    await bert.visit('#/');
    await bert.openConversation(OTHER_GROUP);
    await bert.write('vom ersten Gerät');
    await anna.sees('vom ersten Gerät');
    const copy = await TestBrowser.open({ ...PHONE, profile });
    try {
      const page = await copy.page();
      await page.goto(`${town.relay.address}/#/`);
      await page.locator('a[data-row]').filter({ hasText: OTHER_GROUP }).click();
      await bert.text('Eine Kopie dieses Geräts ist an seine Stelle getreten').waitFor({ timeout: 60_000 });
      await page.getByText('vom ersten Gerät').last().waitFor({ timeout: 60_000 });
      await page.getByRole('textbox', { name: `Nachricht an ${OTHER_GROUP}` }).fill('vom zweiten');
      await page.getByRole('button', { name: 'Senden' }).click();
      await anna.sees('vom zweiten');
      expect(copy.errors).toEqual([]);
    } finally {
      await copy.close();
    }
    expect(town.problems).toEqual([]);
  });

  it('a server from yesterday’s backup gets back from the devices what it has lost', async () => {
    await bert.close();
    await cem.go('#/');
    await cem.openConversation(GROUP);
    await anna.go('#/');
    await anna.openConversation(GROUP);
    const backup = join(folder, 'backup');
    await backUp(town.relay.dataFolder, backup);
    await anna.write('nach der Sicherung');
    await cem.sees('nach der Sicherung');
    const before = await cem.texts();
    await town.relay.stop();
    const link = await restoreFrom(backup, town.relay.dataFolder, town.relay.port);
    await town.relay.start();
    await cem.text(/Der Server ist neu/).waitFor({ timeout: 60_000 });
    await anna.go(link.slice(link.indexOf('#')));
    await anna.heading('Stadt auf diesem Server fortsetzen').waitFor({ timeout: 60_000 });
    await anna.button('Stadt fortsetzen').click();
    await anna.heading('Weiter auf dem neuen Server').waitFor({ timeout: 60_000 });
    await anna.openConversation(GROUP);
    await anna.write('Alle da?');
    await cem.go('#/');
    await cem.openConversation(GROUP);
    await cem.shows([...before, 'Alle da?'], 60_000);
    await anna.shows([...before, 'Alle da?']);
  });
});
