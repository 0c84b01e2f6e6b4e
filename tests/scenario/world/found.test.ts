/** What the seeded world has found stays found. */
import { describe, expect, it } from 'vitest';
import { runPlan } from './families';
import { FOUND } from './found';

describe('worlds that once went wrong', { timeout: 300_000 }, () => {
  for (const { name, plan } of FOUND)
    it(`${name} (seed ${plan.seed}, ${plan.deeds.length} deeds)`, async () => {
      expect((await runPlan(plan)).faults).toEqual([]);
    });
});
