/**
 * Fewer deeds, lies and tricks that still go wrong: halves, quarters and so on are left out while that can be done.
 */
import { runPlan, type AnyPlan } from './families';
import type { Outcome } from './runWorld';

export interface Shrunk {
  readonly plan: AnyPlan;
  readonly outcome: Outcome;
}

/** `runs`: how many worlds this may cost. */
export async function shrink(plan: AnyPlan, outcome: Outcome, runs = 80): Promise<Shrunk> {
  let best: Shrunk = { plan, outcome };
  const kind = kindOf(outcome);
  for (const list of LISTS) {
    const before = listOf(best.plan, list).length;
    for (let size = Math.ceil(before / 2); size >= 1 && runs > 0; size = Math.floor(size / 2)) {
      for (let at = 0; at < listOf(best.plan, list).length && runs > 0; runs--) {
        const left = listOf(best.plan, list).filter((_, index) => index < at || index >= at + size);
        const tried: AnyPlan = { ...best.plan, [list]: left };
        const result = await runPlan(tried);
        if (kindOf(result) === kind) best = { plan: tried, outcome: result };
        else at += size;
      }
    }
  }
  return best;
}

const LISTS = ['lies', 'tricks', 'deeds'] as const;

function listOf(plan: AnyPlan, list: (typeof LISTS)[number]): readonly unknown[] {
  return list in plan ? (plan as unknown as Readonly<Record<typeof list, readonly unknown[]>>)[list] : [];
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
