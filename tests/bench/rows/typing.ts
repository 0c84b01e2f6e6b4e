/** From the Enter key to the own message on the screen, in a conversation of 10,000 whose window is full. */
import type { Page } from 'playwright-core';
import { MESSAGE, seen } from '../page/watchScreen';
import { insist, type Row } from '../row';
import { percentile, short, spread } from '../stats';
import { bigTown, PER_ENVELOPE, TITLES } from '../town/bigTown';
import { textAt } from '../town/texts';

const WRITTEN = 10_000;
/** A window holds no more than 1,000 (engine/clientTimeline.ts). */
const LOADED = 950;
const MESSAGES = 40;
const TITLE = TITLES[4] ?? '';
const PATIENCE_MS = 120_000;

interface Shown {
  readonly frames: number;
  readonly ms: number;
}

declare global {
  interface Window {
    benchShown: (text: string) => Promise<Shown>;
  }
}

export const typingRow: Row = {
  name: 'typing',
  title: 'Typing',
  async run({ say }) {
    const town = await bigTown(say);
    await town.openRelay('large');
    await town.write('large', TITLE, WRITTEN, PER_ENVELOPE);
    const browser = await town.openBrowser('large');
    const page = await browser.page();
    await page.goto(`${town.address}/bench/index.html`);
    const last = textAt(town.countOf('large', TITLE) - 1);
    await page.evaluate(
      async ([number, text]) => {
        await window.bench.open();
        await window.bench.untilLast(number, text);
        await window.bench.markAllRead();
      },
      [town.conversations[TITLE] ?? 0, last] as const,
    );
    await page.goto(`${town.address}/#/u/${town.conversations[TITLE]}`);
    await seen(page, [{ selector: MESSAGE, text: last }]);
    const began = performance.now();
    await loadOlder(page, textAt(town.countOf('large', TITLE) - LOADED));
    say(`${LOADED} loaded after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    await page.evaluate(watchKeys);
    const field = page.getByRole('textbox', { name: /^Nachricht an / });
    const shown: Shown[] = [];
    for (let n = 0; n < MESSAGES; n++) {
      const text = `Getippt ${n}`;
      await field.fill(text);
      const wait = page.evaluate((wished) => window.benchShown(wished), text);
      await field.press('Enter');
      shown.push(await wait);
    }
    insist(browser.errors.length === 0, browser.errors.join('; '));
    const frames = shown.map((one) => one.frames);
    const late = percentile(frames, 0.95);
    const ms = shown.map((one) => one.ms);
    return [
      {
        what: `Enter → own message painted, ${LOADED} of ${WRITTEN.toLocaleString('en')} messages loaded`,
        ours: `p95 ${late} frame${late === 1 ? '' : 's'}; ${spread(ms, 'ms')}, p95 ${short(percentile(ms, 0.95))} ms`,
        target: '≤1 frame at p95',
        isMet: late <= 1,
        note: `${MESSAGES} messages through the real field of the built app; a frame is counted at each chance to paint after the key, the time ends when the first one with the message has been painted`,
      },
    ];
  },
};

/** Up to the one that says so and down again, as somebody would who scrolls for a long time. */
async function loadOlder(page: Page, oldest: string): Promise<void> {
  await page.evaluate(
    async ([text, patience]) => {
      const scroller = document.querySelector('[role=region][tabindex="0"]');
      if (scroller === null) throw new Error('no history to scroll');
      const until = performance.now() + patience;
      const isThere = (): boolean =>
        [...document.querySelectorAll('article p.text')].some((one) => one.textContent === text);
      while (!isThere()) {
        if (performance.now() > until) throw new Error(`not there: ${text}`);
        scroller.scrollTop = 0;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      scroller.scrollTop = scroller.scrollHeight;
    },
    [oldest, PATIENCE_MS] as const,
  );
  await page.waitForTimeout(500);
}

/** In the page. */
function watchKeys(): void {
  let pressedAt = 0;
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Enter') pressedAt = event.timeStamp;
    },
    { capture: true },
  );
  window.benchShown = (text) =>
    new Promise((resolve) => {
      pressedAt = 0;
      let frames = 0;
      const look = (): void => {
        if (pressedAt > 0) frames += 1;
        const isThere = [...document.querySelectorAll('article p.text')].some(
          (one) => one.textContent === text,
        );
        if (!isThere) requestAnimationFrame(look);
        else setTimeout(() => resolve({ frames, ms: performance.now() - pressedAt }), 0);
      };
      requestAnimationFrame(look);
    });
}
