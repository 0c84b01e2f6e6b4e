import { expect, it } from 'vitest';
import { FAMILIES, runPlan, type Family } from './families';
import { reportOf, shrink } from './shrink';

const SEEDS_PER_TEST = 25;

/** One test for each 25 seeds; a seed that fails is shrunk and printed. */
export function testSeeds(from: number, to: number, family: Family = 'honest'): void {
  for (let first = from; first <= to; first += SEEDS_PER_TEST) {
    const last = Math.min(to, first + SEEDS_PER_TEST - 1);
    it(`holds in the ${family} worlds of seeds ${first} to ${last}`, { timeout: 900_000 }, async () => {
      for (let seed = first; seed <= last; seed++) {
        const plan = FAMILIES[family](seed);
        const outcome = await runPlan(plan);
        if (outcome.faults.length > 0) expect.fail(reportOf(await shrink(plan, outcome)));
      }
    });
  }
}
