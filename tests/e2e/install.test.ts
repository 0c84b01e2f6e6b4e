import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NewerBuild } from '../helpers/newerBuild';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

interface Manifest {
  readonly name: string;
  readonly display: string;
  readonly start_url: string;
  readonly icons: readonly { readonly src: string; readonly sizes: string; readonly purpose: string }[];
}

describe('the app as an installed thing', () => {
  let build: NewerBuild;
  let town: BrowserTown;
  let anna: Staff;

  beforeAll(async () => {
    build = await NewerBuild.copy();
    town = await BrowserTown.empty({ main: build.main });
    anna = await town.newcomer({ name: 'Anna Ahrens', device: 'phone' });
    const bert = await town.newcomer({ name: 'Bert Böhm', device: 'phone' });
    await anna.found(town.setupLink, 'Musterstadt');
    await bert.join(await anna.invite());
    await anna.openDirect('Bert Böhm');
  });
  afterAll(async () => {
    await town.close();
    await build.remove();
  });

  it('has a manifest with icons of the sizes it names', async () => {
    const href = await anna.page.locator('link[rel=manifest]').getAttribute('href');
    const address = new URL(href ?? '', town.relay.address);
    const manifest = (await (await fetch(address)).json()) as Manifest;
    expect(manifest).toMatchObject({ name: 'Depesche', display: 'standalone', start_url: '/' });
    expect(new Set(manifest.icons.map((icon) => icon.purpose))).toEqual(new Set(['any', 'maskable']));
    for (const icon of manifest.icons) {
      const picture = Buffer.from(await (await fetch(new URL(icon.src, address))).arrayBuffer());
      // PNG: width and height of the first chunk
      expect(`${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`, icon.src).toBe(icon.sizes);
    }
  });

  it('is installable in the judgement of the browser', async () => {
    const devtools = await anna.browser.context.newCDPSession(anna.page);
    const { errors } = await devtools.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
  });

  it('is kept by a service worker from the first visit on', async () => {
    await anna.isKept();
    const controller = () => anna.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL);
    await expect.poll(controller).toBe(`${town.relay.address}/sw.js`);
  });

  it('keeps the draft when it changes to a newer version', async () => {
    await anna.composer('Bert Böhm').fill('Noch nicht fertig');
    await build.becomeNewer();
    const draftPage = anna.page;
    const settings = await anna.newTab();
    anna.use(settings);
    await anna.visit('#/ich');
    await anna.button('Nach neuer Fassung suchen').click();
    await anna.text('Neue Fassung bereit').waitFor();
    anna.use(draftPage);
    await anna.text('Neue Fassung bereit').waitFor();
    // One more letter than has been saved so far.
    await anna.composer('Bert Böhm').press('End');
    await anna.composer('Bert Böhm').pressSequentially('!');
    const reloaded = draftPage.waitForEvent('load');
    await anna.button('Jetzt wechseln').first().click();
    await reloaded;
    await expect.poll(() => anna.composer('Bert Böhm').inputValue()).toBe('Noch nicht fertig!');
    await anna.text('Neue Fassung bereit').waitFor({ state: 'hidden' });
    await settings.close();
  });

  it('asks the browser to keep everything, and says what it answered', async () => {
    await anna.go('#/ich');
    await anna.button('Dauerhaft speichern').click();
    await anna.text(/Der Browser hat es noch nicht zugesagt|Dauerhaft gespeichert/).waitFor();
    const devtools = await anna.browser.context.newCDPSession(anna.page);
    await devtools.send('Browser.grantPermissions', { permissions: ['durableStorage'] });
    await anna.page.reload();
    const isGranted = anna.text('Dauerhaft gespeichert');
    await anna.button('Dauerhaft speichern').or(isGranted).first().waitFor();
    if (await anna.button('Dauerhaft speichern').isVisible())
      await anna.button('Dauerhaft speichern').click();
    await isGranted.waitFor();
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
