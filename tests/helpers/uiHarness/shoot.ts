/**
 * Pictures of the screen for the eye: `npx tsx tests/helpers/uiHarness/shoot.ts [part of a name]` while the
 * harness runs. They land in .cache/shots.
 */
import { mkdirSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly theme?: 'dark';
  /** Root font size, as the browser's text zoom sets it. */
  readonly fontSize?: number;
  readonly scale?: number;
  readonly touch?: boolean;
  readonly act?: (page: Page) => Promise<void>;
}

const phone = { width: 390, height: 844, touch: true };
const desktop = { width: 1440, height: 900 };
const openMenu = async (page: Page) => page.locator('header [aria-haspopup=menu]').last().click();

const shots: readonly Shot[] = [
  { name: 'phone-list', path: '/#/', ...phone },
  { name: 'phone-list-offline', path: '/?offline#/', ...phone },
  { name: 'phone-list-dark', path: '/?offline#/', ...phone, theme: 'dark' },
  { name: 'phone-list-empty', path: '/?empty#/', ...phone },
  { name: 'phone-list-en', path: '/?lang=en&offline#/', ...phone },
  { name: 'phone-conversation', path: '/?offline#/u/1', ...phone },
  { name: 'phone-conversation-dark', path: '/#/u/1', ...phone, theme: 'dark' },
  { name: 'phone-unread', path: '/#/u/2', ...phone },
  { name: 'phone-direct', path: '/#/u/8', ...phone },
  { name: 'phone-queue', path: '/?offline#/verbindung', ...phone },
  { name: 'phone-new', path: '/#/neu', ...phone },
  { name: 'phone-menu', path: '/#/u/1', ...phone, act: openMenu },
  {
    name: 'phone-blocks',
    path: '/#/u/1',
    ...phone,
    act: async (page) => page.locator('form [aria-haspopup=menu]').click(),
  },
  { name: 'phone-ended', path: '/?phase=ended#/', ...phone },
  { name: 'desktop-list', path: '/#/', ...desktop },
  { name: 'desktop-conversation', path: '/?offline#/u/1', ...desktop },
  { name: 'desktop-conversation-dark', path: '/?offline#/u/1', ...desktop, theme: 'dark' },
  { name: 'desktop-unread-en', path: '/?lang=en#/u/2', ...desktop },
  {
    name: 'desktop-details',
    path: '/?details&offline#/u/1',
    ...desktop,
  },
  { name: 'wide-details-dark', path: '/?details&offline#/u/1', width: 1900, height: 1000, theme: 'dark' },
  { name: 'phone-gone', path: '/#/u/999', ...phone },
  { name: 'desktop-menu', path: '/#/u/1', ...desktop, act: openMenu },
  { name: 'narrow-list', path: '/?offline#/', width: 320, height: 640, touch: true },
  { name: 'narrow-conversation', path: '/?offline#/u/1', width: 320, height: 640, touch: true },
  { name: 'zoom-list', path: '/?offline#/', width: 390, height: 844, fontSize: 32, touch: true },
  { name: 'zoom-conversation', path: '/?offline#/u/1', width: 390, height: 844, fontSize: 32, touch: true },
  { name: 'zoom-desktop', path: '/?offline#/u/1', width: 720, height: 450, scale: 2 },
];

mkdirSync('.cache/shots', { recursive: true });
const wanted = process.argv[2] ?? '';
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const shot of shots.filter((one) => one.name.includes(wanted))) {
  const context = await browser.newContext({
    viewport: { width: shot.width, height: shot.height },
    colorScheme: shot.theme ?? 'light',
    deviceScaleFactor: shot.scale ?? (shot.touch ? 2 : 1),
    hasTouch: shot.touch ?? false,
    isMobile: shot.touch ?? false,
    locale: 'de-DE',
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      console.log(shot.name, message.type(), message.text());
  });
  page.on('pageerror', (error) => console.log(shot.name, 'failed', error.message));
  await page.goto(`http://localhost:5199${shot.path}`);
  if (shot.fontSize) await page.addStyleTag({ content: `html{font-size:${shot.fontSize}px !important}` });
  await page.waitForTimeout(700);
  await shot.act?.(page);
  await page.waitForTimeout(250);
  await page.screenshot({ path: `.cache/shots/${shot.name}.png` });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) console.log(shot.name, 'is wider than its window');
  await context.close();
}
await browser.close();
