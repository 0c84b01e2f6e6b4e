/** Families of worlds: each seed has a plan in each. */
import { lyingPlanOf, type LyingPlan } from './lyingPlan';
import { planOf, type Plan } from './plan';
import { runLyingWorld } from './runLyingWorld';
import { runWorld, type Outcome } from './runWorld';

export type AnyPlan = Plan | LyingPlan;

export const FAMILIES = { honest: planOf, lying: lyingPlanOf } as const satisfies Record<
  string,
  (seed: number) => AnyPlan
>;
export type Family = keyof typeof FAMILIES;

/** What adversaries do stands in the plan. */
export function runPlan(plan: AnyPlan): Promise<Outcome> {
  return 'lies' in plan ? runLyingWorld(plan) : runWorld(plan);
}
