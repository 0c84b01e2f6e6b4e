/** A browser for measurements: as the tests' one, ready for functions that are handed to its pages. */
import { DESKTOP, TestBrowser } from '../../helpers/browser';

/** The profile is made, and removed in the end, when it is left out. */
export async function openBrowser(profile?: string): Promise<TestBrowser> {
  const browser = await TestBrowser.open({ ...DESKTOP, ...(profile === undefined ? {} : { profile }) });
  // tsx marks the names of functions inside of those that pages are handed, by a function only Node has.
  await browser.context.addInitScript('globalThis.__name = (named) => named');
  return browser;
}
