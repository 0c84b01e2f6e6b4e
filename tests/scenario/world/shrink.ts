/** Fewer deeds that still go wrong: halves, quarters and so on are left out while that can be done. */
import type { Plan } from './plan';
import { runWorld, type Outcome } from './runWorld';

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
}

/** `runs`: how many worlds this may cost. */
export async function shrink(plan: Plan, outcome: Outcome, runs = 80): Promise<Shrunk> {
  let best: Shrunk = { plan, outcome };
  const kind = kindOf(outcome);
  for (let size = Math.ceil(plan.deeds.length / 2); size >= 1 && runs > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.plan.deeds.length && runs > 0; runs--) {
      const deeds = best.plan.deeds.filter((_, index) => index < at || index >= at + size);
      const tried = { ...best.plan, deeds };
      const result = await runWorld(tried);
      if (kindOf(result) === kind) best = { plan: tried, outcome: result };
      else at += size;
    }
  }
  return best;
}

/** What went wrong first, without names and numbers. */
function kindOf({ faults }: Outcome): string | undefined {
  return faults[0]?.replace(/[0-9a-f]{8}|\d+|^\w+(?= )|:.*$/g, '');
}

/** For whoever reads the failure: the deeds as they can be kept, and what happened. */
export function reportOf({ plan, outcome }: Shrunk, lines = 120): string {
  return [
    `seed ${plan.seed}:`,
    ...outcome.faults.slice(0, 8).map((fault) => `  ${fault}`),
    `plan: ${JSON.stringify(plan)}`,
    `the last of ${outcome.lines.length} lines:`,
    ...outcome.lines.filter((line) => !/ [<>] /.test(line)).slice(-lines),
  ].join('\n');
}
