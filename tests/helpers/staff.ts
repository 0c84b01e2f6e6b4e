/** One person with a browser of their own, and what they do with it. Finds things by what the screen says. */
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { DESKTOP, PHONE, TestBrowser } from './browser';
import { SwitchableNetwork } from './switchableNetwork';

/** Said by the browser itself while there is no way to the relay. */
const OFFLINE_NOISE = /net::ERR_(?!BLOCKED|INSECURE)|WebSocket connection to \S+ failed/;

export interface StaffOptions {
  readonly name: string;
  readonly device: 'phone' | 'desktop';
  readonly address: string;
}

export class Staff {
  readonly name: string;
  readonly isPhone: boolean;
  readonly browser: TestBrowser;
  readonly network: SwitchableNetwork;
  /** What went over the sockets, as text or bytes. */
  readonly frames: (string | Buffer)[] = [];
  readonly #address: string;
  #page: Page | undefined;

  private constructor(options: StaffOptions, browser: TestBrowser, network: SwitchableNetwork) {
    this.name = options.name;
    this.isPhone = options.device === 'phone';
    this.#address = options.address;
    this.browser = browser;
    this.network = network;
  }

  static async open(options: StaffOptions): Promise<Staff> {
    const network = await SwitchableNetwork.open();
    const browser = await TestBrowser.open({
      ...(options.device === 'phone' ? PHONE : DESKTOP),
      args: [...network.browserArgs],
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const staff = new Staff(options, browser, network);
    await staff.#meet();
    return staff;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error(`${this.name} has no page`);
    return this.#page;
  }

  /** What must never be: uncaught errors, error logs, and anything the content security policy stopped. */
  get problems(): readonly string[] {
    return this.browser.errors
      .filter((error) => !OFFLINE_NOISE.test(error))
      .map((error) => `${this.name}: ${error}`);
  }

  /** Everything the page holds, seen or not. */
  get wholeScreen(): Promise<string> {
    return this.page.content();
  }

  /** Opens an address of the app; `hash` as in ui/routes.ts. */
  async visit(hash = '#/'): Promise<void> {
    await this.page.goto(`${this.#address}/${hash}`);
  }

  /** Another page of the app that is open. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  async found(setupLink: string, townName: string): Promise<void> {
    await this.page.goto(setupLink);
    await this.page.getByLabel('Name der Stadt oder Verwaltung').fill(townName);
    await this.page.getByLabel('Ihr Name').fill(this.name);
    await this.button('Stadt einrichten').click();
    await this.heading('Unterhaltungen').waitFor();
  }

  /** Makes an invitation and answers its link. */
  async invite(): Promise<string> {
    await this.go('#/ich/einladungen');
    const links = this.page.getByLabel('Link der Einladung');
    await this.heading('Einladungen').waitFor();
    const before = await links.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
    await this.button('Einladung erstellen').click();
    for (;;) {
      const now = await links.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
      const fresh = now.find((link) => !before.includes(link));
      if (fresh !== undefined) return fresh;
      await links.nth(before.length).waitFor();
    }
  }

  async join(link: string): Promise<void> {
    await this.page.goto(link);
    await this.enterName();
    await this.heading('Unterhaltungen').waitFor();
  }

  async enterName(): Promise<void> {
    await this.page.getByLabel('Ihr Name').fill(this.name);
    await this.button('Beitreten').click();
  }

  /** Behind the title of the conversation that is open. */
  async openDetails(title: string): Promise<void> {
    await this.page.getByRole('main').getByRole('link', { name: title }).click();
    await this.page.getByRole('main').getByRole('heading', { level: 2, name: title }).waitFor();
  }

  /** In the details of a group; sent as soon as the page is left. */
  async removeMember(name: string): Promise<void> {
    await this.page
      .getByRole('main')
      .getByRole('button', { name: `Mehr zu „${name}“` })
      .click();
    await this.page.getByRole('menuitem', { name: 'Entfernen' }).click();
    await this.text(`${name} wird entfernt.`).waitFor();
  }

  async addMember(name: string): Promise<void> {
    await this.button('Personen hinzufügen').click();
    const dialog = this.page.getByRole('dialog', { name: 'Personen hinzufügen' });
    await dialog.getByRole('checkbox', { name }).check();
    await dialog.getByRole('button', { name: '1 Person hinzufügen' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async openDirect(name: string): Promise<void> {
    await this.go('#/neu');
    await this.page.getByRole('main').getByRole('button', { name }).click();
    await this.composer(name).waitFor();
  }

  async createGroup(title: string, persons: readonly string[]): Promise<void> {
    await this.go('#/neu/gruppe');
    await this.page.getByLabel('Name der Gruppe').fill(title);
    for (const person of persons) await this.page.getByRole('checkbox', { name: person }).check();
    await this.page.getByRole('button', { name: /^Gruppe mit .* erstellen$/ }).click();
    await this.composer(title).waitFor();
  }

  /** From the list. */
  async openConversation(title: string): Promise<void> {
    if (this.isPhone) await this.go('#/');
    await this.row(title).click();
    await this.page.getByRole('main').getByRole('heading', { level: 1, name: title }).waitFor();
  }

  /** From the menu of a conversation in the list; it shows itself to the pointer. */
  async chooseInList(title: string, verb: string): Promise<void> {
    await this.row(title).hover();
    await this.page
      .getByLabel('Liste')
      .getByRole('button', { name: `Mehr zu „${title}“` })
      .click();
    await this.page.getByRole('menuitem', { name: verb }).click();
  }

  /** A finger that rests on something for a while. */
  async hold(on: Locator): Promise<void> {
    const box = await on.boundingBox();
    if (box === null) throw new Error(`${this.name} cannot touch what is not there`);
    const touch = await this.browser.context.newCDPSession(this.page);
    const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await this.page.getByRole('menu').waitFor();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await touch.detach();
  }

  /** In the conversation that is open; done once the message is saved. */
  async write(text: string): Promise<void> {
    const field = this.page.getByRole('textbox', { name: /^Nachricht an / });
    await field.fill(text);
    await this.button('Senden').click();
    await this.message(text).filter({ hasNotText: 'wird gespeichert' }).waitFor();
  }

  async sees(text: string): Promise<void> {
    await this.message(text).waitFor();
  }

  /** All messages in sight, in order. A row that is still being laid out is there without its text: see `shows`. */
  texts(): Promise<string[]> {
    return this.page.locator('article p.text').allInnerTexts();
  }

  /** These messages and no others. */
  async shows(texts: readonly string[], timeout = 30_000): Promise<void> {
    const end = Date.now() + timeout;
    for (;;) {
      const shown = await this.texts();
      if (isDeepStrictEqual(shown, [...texts])) return;
      if (Date.now() > end)
        throw new Error(`${this.name} sees ${JSON.stringify(shown)}, not ${JSON.stringify(texts)}`);
      await pause(100);
    }
  }

  /** The shell is on this device: from now on the app opens without a server. */
  async isKept(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  }

  async open(): Promise<void> {
    await this.browser.open();
    await this.#meet();
  }

  /** Power cut. */
  async kill(): Promise<void> {
    this.#page = undefined;
    await this.browser.kill();
  }

  async close(): Promise<void> {
    this.#page = undefined;
    await this.browser.close();
  }

  async goOffline(): Promise<void> {
    this.network.turnOff();
    await this.browser.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    this.network.turnOn();
    await this.browser.context.setOffline(false);
  }

  /** A second window of the same profile. */
  async newTab(): Promise<Page> {
    return this.browser.context.newPage();
  }

  /** Everything else that is said to this person happens in that page from now on. */
  use(page: Page): void {
    this.#page = page;
  }

  async end(): Promise<void> {
    this.#page = undefined;
    await this.browser.end();
    await this.network.close();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  /** In sight; on wide windows the list may say the same as the page. */
  text(text: string | RegExp): Locator {
    return this.page.getByText(text).filter({ visible: true }).first();
  }

  /** Between the messages of the conversation that is open. */
  note(text: string | RegExp): Locator {
    return this.page.getByRole('region', { name: 'Verlauf' }).getByText(text);
  }

  composer(title: string): Locator {
    return this.page.getByRole('textbox', { name: `Nachricht an ${title}`, exact: true });
  }

  message(text: string): Locator {
    return this.page.getByRole('article').filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Of the list of conversations. */
  row(title: string): Locator {
    return this.page.locator('a[data-row]').filter({ has: this.page.getByText(title, { exact: true }) });
  }

  async #meet(): Promise<void> {
    const { context } = this.browser;
    if (!this.network.isOn) await context.setOffline(true);
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    context.on('page', (page) => {
      this.#listen(page);
    });
    this.#page = await this.browser.page();
    this.#listen(this.#page);
  }

  #listen(page: Page): void {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => this.frames.push(payload));
      socket.on('framereceived', ({ payload }) => this.frames.push(payload));
    });
  }
}
