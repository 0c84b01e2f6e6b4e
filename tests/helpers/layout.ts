/** What is wider than its place, as one sees it: the page itself, and whatever scrolls inside of it. */
import type { Page } from 'playwright-core';

export function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll<HTMLElement>('body *')]
      .filter((element) => {
        const isPage = element === document.documentElement;
        const scrolls = isPage || ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        const isField = element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
        return scrolls && !isField && element.scrollWidth > element.clientWidth + 1;
      })
      .map((element) => `${element.tagName} ${element.className} ${element.scrollWidth}`),
  );
}
