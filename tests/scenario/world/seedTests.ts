import { expect, it } from 'vitest';
import { planOf } from './plan';
import { runWorld } from './runWorld';
import { reportOf, shrink } from './shrink';

const SEEDS_PER_TEST = 25;

/** One test for each 25 seeds; a seed that fails is shrunk and printed. */
export function testSeeds(from: number, to: number): void {
  for (let first = from; first <= to; first += SEEDS_PER_TEST) {
    const last = Math.min(to, first + SEEDS_PER_TEST - 1);
    it(`holds in the worlds of seeds ${first} to ${last}`, { timeout: 900_000 }, async () => {
      for (let seed = first; seed <= last; seed++) {
        const plan = planOf(seed);
        const outcome = await runWorld(plan);
        if (outcome.faults.length > 0) expect.fail(reportOf(await shrink(plan, outcome)));
      }
    });
  }
}
