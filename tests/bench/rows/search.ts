/** Search over everything on the device, without an index. */
import { insist, type Row } from '../row';
import { spread } from '../stats';
import { bigTown } from '../town/bigTown';
import { RARE } from '../town/texts';

const ROUNDS = 9;
const HITS = 20;

export const searchRow: Row = {
  name: 'search',
  title: 'Search',
  async run({ say }) {
    const town = await bigTown(say);
    const browser = await town.openBrowser('large');
    const page = await browser.page();
    await page.goto(`${town.address}/bench/index.html`);
    await page.evaluate(() => window.bench.open());
    const search = async (query: string, hits: number): Promise<number> => {
      const found = await page.evaluate(([word, count]) => window.bench.search(word, count), [
        query,
        hits,
      ] as const);
      insist(found.hits === hits, `${found.hits} hits for ${query}`);
      return found.ms;
    };
    const first: number[] = [];
    const all: number[] = [];
    await search(RARE, HITS);
    for (let round = 0; round < ROUNDS; round++) first.push(await search(RARE, HITS));
    for (let round = 0; round < 3; round++) all.push(await search('(Nr. 7)', 200));
    return [
      {
        what: `first ${HITS} hits of a word in one of 100 of 100,000 entries`,
        ours: spread(first, 'ms'),
        quoted: 'Delta Chat core, native: 14 ms',
        target: '≤2× of it',
        note: 'the client the app’s pages use, in a page beside the running engine',
      },
      {
        what: 'the whole vault read for 200 hits, one in each conversation',
        ours: spread(all, 'ms'),
      },
    ];
  },
};
