/** Every screen of the app as an address, and how one knows that it is there. */
import type { Locator, Page } from 'playwright-core';

export type Language = 'de' | 'en';

export interface Screen {
  readonly name: string;
  readonly hash: string;
  /** Before a town is joined no page leads to another one. */
  readonly isEntry?: true;
  /** Opens what lies on top of the page: a menu, a dialog. */
  readonly open?: (page: Page) => Promise<void>;
}

const button = (page: Page, name: RegExp): Locator => page.getByRole('button', { name });

/** Of a device without a town. */
export const SETUP_SCREENS: readonly Screen[] = [
  { name: 'welcome', hash: '#/', isEntry: true },
  {
    name: 'enter invitation',
    hash: '#/',
    isEntry: true,
    open: (page) => button(page, /^(Einladung eingeben|Enter an? invitation)/).click(),
  },
  { name: 'damaged link', hash: '#/beitreten/abc', isEntry: true },
  {
    name: 'scan',
    hash: '#/',
    isEntry: true,
    open: (page) => button(page, /^(Einladung scannen|Scan)/).click(),
  },
];

/** Of a member; `conversation` is the number of a group, as the address has it. */
export function memberScreens(conversation: string): readonly Screen[] {
  return [
    { name: 'list', hash: '#/' },
    { name: 'conversation', hash: `#/u/${conversation}` },
    {
      name: 'menu of a conversation',
      hash: `#/u/${conversation}`,
      open: async (page) => {
        await page.locator('main header').getByRole('button', { expanded: false }).last().click();
        await page.getByRole('menu').waitFor();
      },
    },
    { name: 'group', hash: `#/u/${conversation}/gruppe` },
    {
      name: 'add members',
      hash: `#/u/${conversation}/gruppe`,
      open: async (page) => {
        await button(page, /^(Personen hinzufügen|Add)/).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'board', hash: `#/u/${conversation}/tafel` },
    { name: 'new conversation', hash: '#/neu' },
    { name: 'new group', hash: '#/neu/gruppe' },
    {
      name: 'search',
      hash: '#/suche',
      open: async (page) => {
        await page.getByRole('combobox').fill('guten');
        await page.getByRole('option').first().waitFor();
      },
    },
    { name: 'queue', hash: '#/verbindung' },
    { name: 'me', hash: '#/ich' },
    { name: 'persons', hash: '#/ich/personen' },
    { name: 'invitations', hash: '#/ich/einladungen' },
    { name: 'look', hash: '#/ich/aussehen' },
    { name: 'unknown address', hash: '#/u/1' },
  ];
}

/** Goes to the screen as one does by a link; anew where something may lie on top of the page that is open. */
export async function show(page: Page, address: string, screen: Screen): Promise<void> {
  const isOpen = page.url().startsWith(`${address}/#`) && !page.url().endsWith(screen.hash);
  const isCovered = async (): Promise<boolean> =>
    (await page.locator('[role=menu], dialog[open], [role=dialog]').filter({ visible: true }).count()) > 0;
  if (screen.isEntry !== true && isOpen && !(await isCovered())) await follow(page, screen.hash);
  else {
    await page.goto('about:blank');
    await page.goto(`${address}/${screen.hash}`);
  }
  await page.locator('main').waitFor({ state: 'attached' });
  await page.getByRole('heading').filter({ visible: true }).first().waitFor();
  await screen.open?.(page);
}

/** Until the page behind the link has been drawn. */
function follow(page: Page, hash: string): Promise<void> {
  return page.evaluate(async (to) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    location.hash = to;
    await frame();
    await frame();
  }, hash);
}

export async function speak(page: Page, address: string, language: Language): Promise<void> {
  await page.goto(`${address}/#/`);
  await page.evaluate((to) => {
    localStorage.setItem('depesche.ansicht', `system ${to}`);
  }, language);
}
