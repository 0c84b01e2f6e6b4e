/** The app opened on a device that has been in town for years: until the list and the end of a conversation are seen. */
import { MESSAGE, LIST_ROW, seen } from '../page/watchScreen';
import { insist, type Row } from '../row';
import { median, ratios, spread, times } from '../stats';
import { bigTown, TITLES, type BigTown, type Size } from '../town/bigTown';
import { textAt } from '../town/texts';

const ROUNDS = 5;
const TITLE = TITLES[1] ?? '';

export const coldStartRow: Row = {
  name: 'cold-start',
  title: 'Cold start of the app',
  async run({ say }) {
    const town = await bigTown(say);
    const small: number[] = [];
    const large: number[] = [];
    await start(town, 'small'); // the service worker moves in
    await start(town, 'large');
    for (let round = 0; round < ROUNDS; round++) {
      small.push(await start(town, 'small'));
      large.push(await start(town, 'large'));
    }
    const ratio = median(ratios(large, small));
    return [
      {
        what: 'navigation → list and last messages painted, 100,000 entries in 200 conversations',
        ours: spread(large, 'ms'),
        peer: `the same app with 1,000 entries in 200 conversations: ${spread(small, 'ms')}`,
        quoted: 'Evolu: 330 ms, 790 ms at a 25 % duty cycle',
        ratio: `${times(ratio)} the small vault`,
        target: '≤1.2× the small vault, ≤0.6× Evolu',
        isMet: ratio <= 1.2,
        note: `judged against the small vault only; a new browser process for each of ${ROUNDS} interleaved rounds, service worker installed, relay reachable, 60 messages loaded`,
      },
    ];
  },
};

async function start(town: BigTown, size: Size): Promise<number> {
  const browser = await town.openBrowser(size);
  const page = await browser.page();
  await page.goto(`${town.address}/#/u/${town.conversations[TITLE]}`, { waitUntil: 'commit' });
  const last = textAt(town.countOf(size, TITLE) - 1);
  const ms = await seen(page, [
    { selector: LIST_ROW, text: TITLES.at(-1) ?? '' },
    { selector: MESSAGE, text: last },
  ]);
  insist(browser.errors.length === 0, browser.errors.join('; '));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  return ms;
}
