/** A conversation of 90,000 messages, opened from the list. */
import { MESSAGE, seen } from '../page/watchScreen';
import { insist, type Row } from '../row';
import { median, ratios, spread, times } from '../stats';
import { bigTown, PER_ENVELOPE, TITLES } from '../town/bigTown';
import { textAt } from '../town/texts';

const MESSAGES = 90_000;
const ROUNDS = 7;
const LONG = TITLES[2] ?? '';
const SHORT = TITLES[3] ?? '';

export const openLongRow: Row = {
  name: 'open',
  title: 'Opening a long conversation',
  async run({ say }) {
    const town = await bigTown(say);
    await town.openRelay('large');
    say(`writing ${MESSAGES} more messages into one conversation …`);
    await town.write('large', LONG, MESSAGES - town.countOf('large', LONG), PER_ENVELOPE);
    const browser = await town.openBrowser('large');
    const page = await browser.page();
    await page.goto(`${town.address}/bench/index.html`);
    const last = textAt(town.countOf('large', LONG) - 1);
    await page.evaluate(
      async ([number, text]) => {
        await window.bench.open();
        await window.bench.untilLast(number, text);
        await window.bench.markAllRead();
      },
      [town.conversations[LONG] ?? 0, last] as const,
    );
    await page.goto(`${town.address}/#/`);
    const open = async (title: string): Promise<number> => {
      await page.evaluate(() => {
        location.hash = '#/';
      });
      await page.locator(MESSAGE).first().waitFor({ state: 'detached' });
      const from = await page.evaluate((hash) => {
        location.hash = hash;
        return performance.now();
      }, `#/u/${town.conversations[title]}`);
      const end = textAt(town.countOf('large', title) - 1);
      return (await seen(page, [{ selector: MESSAGE, text: end }])) - from;
    };
    await open(LONG);
    await open(SHORT);
    const long: number[] = [];
    const others: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      long.push(await open(LONG));
      others.push(await open(SHORT));
    }
    insist(browser.errors.length === 0, browser.errors.join('; '));
    return [
      {
        what: `a conversation of ${MESSAGES.toLocaleString('en')} opened, its end painted`,
        ours: spread(long, 'ms'),
        peer: `one of 500 in the same app: ${spread(others, 'ms')}`,
        quoted: 'Delta Chat core, native, without a screen: 184 ms',
        ratio: `${times(median(ratios(long, others)))} the short one`,
        target: '≤0.3× Delta Chat core',
        note: `${ROUNDS} interleaved rounds in the running app, 60 messages loaded`,
      },
    ];
  },
};
