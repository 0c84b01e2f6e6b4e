/**
 * What is seen on the app's screen, told by the page itself: from outside, every question costs its own time. Times
 * are of the first frame in which something stands there, plus the turn after it, when that frame has been painted.
 */
import type { Page } from 'playwright-core';

export interface Sight {
  /** Of an element that must be there and visible. */
  readonly selector: string;
  /** That one of them contains. */
  readonly text: string;
  /** At least so many of them. */
  readonly atLeast?: number;
}

/** ms since the page's navigation began. Ask before, or while, it comes into being. */
export function seen(page: Page, sights: readonly Sight[], withinMs = 120_000): Promise<number> {
  return page.evaluate(
    ([wished, patience]) =>
      new Promise<number>((resolve, reject) => {
        const isSeen = ({ selector, text, atLeast = 1 }: Sight): boolean => {
          const all = [...document.querySelectorAll(selector)];
          return (
            all.length >= atLeast &&
            all.some(
              (one) => one.textContent.includes(text) && one.checkVisibility({ visibilityProperty: true }),
            )
          );
        };
        const look = (): void => {
          if (wished.every(isSeen)) setTimeout(() => resolve(performance.now()), 0);
          else if (performance.now() > patience) reject(new Error(`not seen: ${JSON.stringify(wished)}`));
          else requestAnimationFrame(look);
        };
        look();
      }),
    [sights, withinMs] as const,
  );
}

export const MESSAGE = 'article p.text';
export const LIST_ROW = 'a[data-row]';
