/** The app opened after a long holiday: 10,000 messages wait at the relay, each in an envelope of its own. */
import { slowRenderers } from '../page/slowRenderer';
import { LIST_ROW, seen } from '../page/watchScreen';
import { insist, type Row } from '../row';
import { short, times } from '../stats';
import { bigTown, TITLES, type BigTown, type Size } from '../town/bigTown';
import { textAt } from '../town/texts';

const WAITING = 10_000;
const TITLE = TITLES[0] ?? '';

export const catchUpRow: Row = {
  name: 'catch-up',
  title: `Catch-up of ${WAITING.toLocaleString('en')} waiting messages`,
  async run({ say }) {
    const town = await bigTown(say);
    const small = await catchUp(town, 'small', WAITING, false);
    const slow = await catchUp(town, 'small', 2 * WAITING, true);
    const large = await catchUp(town, 'large', WAITING, false);
    return [
      {
        what: 'navigation → the last of 10,000 stored and in the list, 1,000 entries in the vault before',
        ours: `${short(small)} ms`,
        quoted: 'Evolu: 1,800 ms',
        target: '≤0.5× Evolu',
        note: 'one run: what has been caught up with cannot wait again; the built app, one envelope a message, signatures checked',
      },
      {
        what: 'another 10,000 with every renderer at a 25 % duty cycle',
        ours: `${short(slow)} ms`,
        quoted: 'Evolu: 6,100 ms',
        target: '≤0.5× Evolu',
      },
      {
        what: 'the same with 100,000 entries in the vault before',
        ours: `${short(large)} ms`,
        quoted: 'Evolu: 1,800 ms',
        ratio: `${times(large / small)} the small vault`,
        target: '≤0.5× Evolu',
      },
    ];
  },
};

/** `unread`: in the conversation when it is over. */
async function catchUp(town: BigTown, size: Size, unread: number, isSlow: boolean): Promise<number> {
  await town.openRelay(size);
  await town.write(size, TITLE, WAITING, 1);
  const browser = await town.openBrowser(size);
  const page = await browser.page();
  const hurry = isSlow ? slowRenderers(browser.pid) : () => undefined;
  await page.goto(`${town.address}/#/`, { waitUntil: 'commit' });
  const last = textAt(town.countOf(size, TITLE) - 1);
  const ms = await seen(page, [{ selector: LIST_ROW, text: last.slice(0, 160) }]);
  hurry();
  const row = await page.locator(LIST_ROW).filter({ hasText: last }).innerText();
  insist(row.includes(`${unread} ungelesene`), `${unread} are unread: ${row}`);
  insist(browser.errors.length === 0, browser.errors.join('; '));
  return ms;
}
