import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAME_LENGTH, TITLE_LENGTH } from '../../src/domain/body';
import { HOSTILE_LINES, HOSTILE_TEXTS } from '../helpers/hostileTexts';
import { tooWide } from '../helpers/layout';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const TOWN = '<img class=from-content src=x onerror=window.wasRun=1>';
const ANNA = '</title><svg class=from-content onload=window.wasRun=1>';
/** A run takes its time where others work as well. */
const LONG = 600_000;
const BERT = "{{constructor.constructor('window.wasRun=1')()}}";
const CEM = '"><b class=from-content onmouseover="window.wasRun=1">__proto__';

/** Content never executes (P11): every text, through every place that shows one, in a real browser. */
describe('hostile texts', { timeout: LONG }, () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  /** Of the group, on each device its own. */
  const numbers = new Map<Staff, string>();
  /** Dialogs that opened, and requests to anybody but the relay. */
  const events: string[] = [];

  beforeAll(async () => {
    town = await BrowserTown.empty();
    anna = await town.newcomer({ name: ANNA, device: 'desktop' });
    bert = await town.newcomer({ name: BERT, device: 'phone' });
    for (const staff of [anna, bert]) watch(staff);
    await anna.found(town.setupLink, TOWN);
    await bert.join(await anna.invite());
    await bert.page.setViewportSize({ width: 320, height: 640 });
    await anna.createGroup('Anfang', [BERT]);
    await bert.openConversation('Anfang');
    for (const staff of [anna, bert]) numbers.set(staff, /#\/u\/(\d+)/.exec(staff.page.url())?.[1] ?? '');
    await bert.go('#/');
  });
  afterAll(() => town.close());

  function watch({ browser, page }: Staff): void {
    page.on('dialog', (dialog) => {
      events.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    browser.context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(town.relay.address) && !/^(blob|about):/.test(url)) events.push(`request: ${url}`);
    });
  }

  /** As a person would paste it, halves of characters included. */
  async function put(field: Locator, text: string): Promise<void> {
    await field.waitFor();
    await field.evaluate((element: HTMLInputElement | HTMLTextAreaElement, json) => {
      element.value = JSON.parse(json) as string;
      element.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, JSON.stringify(text));
  }

  /** What must never be, in whatever the page shows now. */
  async function flaws(page: Page): Promise<readonly string[]> {
    const found = await page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      const flaw = (is: boolean, what: string) => (is ? [what] : []);
      return [
        ...flaw('wasRun' in window, 'something ran'),
        ...flaw(document.title.includes('from-content'), `title: ${document.title}`),
        ...all.flatMap((element) => [
          ...flaw(element.classList.contains('from-content'), `element ${element.tagName}`),
          ...[...element.attributes].flatMap(({ name, value }) => [
            ...flaw(name.startsWith('on'), `attribute ${name} of ${element.tagName}`),
            ...flaw(
              ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name) &&
                !/^(#|\/|https?:\/\/|blob:|mailto:|tel:)/.test(value),
              `${name}=${value}`,
            ),
          ]),
        ]),
        ...flaw('polluted' in {}, 'prototype'),
      ];
    });
    return [...found, ...(await tooWide(page)).map((what) => `too wide: ${what}`), ...events.splice(0)];
  }

  async function expectCalm(where: string, ...staff: readonly Staff[]): Promise<void> {
    for (const { page, isPhone } of staff)
      expect(await flaws(page), `${where} on the ${isPhone ? 'phone' : 'desktop'}`).toEqual([]);
  }

  /** The text of each message as the page holds it. */
  const shown = (staff: Staff): Promise<readonly string[]> =>
    staff.page
      .locator('article p.text')
      .evaluateAll((all) => all.map((one) => one.textContent.replace(/\s+/g, ' ').trim()));
  /** Links to mail show the address they lead to, and nothing of what else stands in them (linkify). */
  const isRewritten = (text: string): boolean => text.includes('mailto:');
  const expected = (text: string): string =>
    Buffer.from(text.normalize('NFC'), 'utf8').toString('utf8').replace(/\s+/g, ' ').trim();

  it('as messages, whole and unchanged', async () => {
    for (const text of HOSTILE_TEXTS) {
      await put(anna.page.getByRole('textbox', { name: /^Nachricht an / }), text);
      await anna.button('Senden').click();
      const last = async () => (await shown(anna)).at(-1)?.normalize('NFC');
      if (isRewritten(text)) await expect.poll(last).toContain('onerror=window.wasRun=1');
      else await expect.poll(last, { message: text.slice(0, 60) }).toBe(expected(text));
    }
    await expectCalm('messages', anna);
    await bert.openConversation('Anfang');
    await bert.page.getByRole('button', { name: /Zum Ende|neue Nachricht/ }).tap();
    await expect
      .poll(async () => (await shown(bert)).at(-1)?.normalize('NFC'))
      .toBe(expected(HOSTILE_TEXTS.at(-1) ?? ''));
    // All the way up, so that every one of them was drawn.
    for (let turn = 0; turn < 200; turn++) {
      await expectCalm(`turn ${turn}`, bert);
      const top = await bert.page
        .getByRole('region', { name: 'Verlauf' })
        .evaluate((scroller) => (scroller.scrollTop -= 2 * scroller.clientHeight));
      if (top <= 0) break;
    }
  });

  it('as drafts and previews in the list', async () => {
    for (const text of HOSTILE_TEXTS) {
      await put(bert.page.getByRole('textbox', { name: /^Nachricht an / }), text);
      await bert.go('#/');
      await bert.row('Anfang').waitFor();
      await expectCalm(text.slice(0, 60), bert);
      await bert.row('Anfang').tap();
    }
    await put(bert.page.getByRole('textbox', { name: /^Nachricht an / }), '');
    await bert.go('#/');
  });

  it('as titles of conversations, with the lines that tell of them', async () => {
    for (const line of HOSTILE_LINES) {
      await anna.go(`#/u/${numbers.get(anna)}/gruppe`);
      await anna.button('Umbenennen').click();
      await put(anna.page.getByLabel('Name der Gruppe'), line.slice(0, TITLE_LENGTH));
      await anna.button('Namen speichern').click();
      await anna.button('Umbenennen').waitFor();
      await expectCalm(line, anna);
      await anna.go(`#/u/${numbers.get(anna)}`);
      await put(anna.page.getByRole('textbox', { name: /^Nachricht an / }), line);
      await anna.page.keyboard.press('Enter');
      await expectCalm(line, anna, bert);
    }
  });

  it('as names of persons', async () => {
    for (const line of HOSTILE_LINES) {
      await bert.go('#/ich');
      await bert.button('Name ändern').tap();
      await put(bert.page.getByLabel('Ihr Name'), line.slice(0, NAME_LENGTH));
      await bert.button('Name speichern').tap();
      await bert.button('Name ändern').waitFor();
      await expectCalm(line, anna, bert);
    }
  });

  it('on the notice board', async () => {
    await anna.go(`#/u/${numbers.get(anna)}/tafel`);
    await put(anna.page.getByLabel('Überschrift'), HOSTILE_LINES[1] ?? '');
    for (const line of HOSTILE_LINES.slice(0, 20)) {
      await put(anna.page.getByRole('textbox', { name: 'Neuer Punkt' }), line);
      await anna.page.getByRole('textbox', { name: 'Neuer Punkt' }).press('Enter');
    }
    await put(anna.page.getByRole('textbox', { name: 'Notizen' }), HOSTILE_LINES.join('\n'));
    await bert.go(`#/u/${numbers.get(bert)}/tafel`);
    await expect
      .poll(() => bert.page.getByRole('textbox', { name: 'Notizen' }).inputValue(), { timeout: 30_000 })
      .toContain('__proto__');
    await bert.page.getByRole('textbox', { name: 'Punkt 20' }).waitFor();
    await expectCalm('board', anna, bert);
  });

  it('as results of a search, and as what is looked for', async () => {
    for (const query of [
      'wasRun',
      '<script',
      'foreign',
      'constructor',
      '__proto__',
      'XXX',
      '\u202eexe',
      '.*(',
    ]) {
      await anna.go('#/suche');
      await put(anna.page.getByRole('combobox'), query);
      await anna.page
        .locator('[role=status]')
        .filter({ hasText: /Treffer|Nichts/ })
        .first()
        .waitFor({ state: 'attached' });
      await expectCalm(query, anna);
    }
  });

  it('as the name of a guest, on the card of an invitation', async () => {
    const link = await anna.invite();
    const cem = await town.newcomer({ name: CEM, device: 'desktop' });
    watch(cem);
    await cem.join(link);
    await anna.page.getByText(CEM).first().waitFor();
    await expectCalm('invitation', anna, cem);
  });

  it('break no policy and say nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
