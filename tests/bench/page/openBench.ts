/** A browser on the bench's page. */
import type { Page } from 'playwright-core';
import type { TestBrowser } from '../../helpers/browser';
import { TestRelay } from '../../helpers/relay';
import { insist, type RowContext } from '../row';
import { buildPages } from './buildPages';
import { openBrowser } from './openBrowser';
import type { Figures, Order } from './arithmetic.worker';

/** In `origin` of the relay; `profile` is made when there is none. */
export async function openBench(
  address: string,
  profile?: string,
): Promise<{ readonly browser: TestBrowser; readonly page: Page }> {
  const browser = await openBrowser(profile);
  const page = await browser.page();
  await page.goto(`${address}/bench/index.html`);
  await page.waitForFunction(() => 'bench' in window);
  return { browser, page };
}

/** One order to a worker of a fresh browser; the page is served by a relay that does nothing else. */
export async function computed<F extends Figures>({ defer }: RowContext, order: Order): Promise<F> {
  const relay = await TestRelay.start({ main: await buildPages() });
  defer(() => relay.end());
  const { browser, page } = await openBench(relay.address);
  defer(() => browser.end());
  const figures = await page.evaluate((wished) => window.bench.arithmetic(wished), order);
  insist(browser.errors.length === 0, browser.errors.join('; '));
  return figures as F;
}
