/** Families of worlds: each seed has a plan in each. */
import { hostilePlanOf, type HostilePlan } from './hostilePlan';
import { lyingPlanOf, type LyingPlan } from './lyingPlan';
import { planOf, type Plan } from './plan';
import { runHostileWorld } from './runHostileWorld';
import { runLyingWorld } from './runLyingWorld';
import { runWorld, type Outcome } from './runWorld';

export type AnyPlan = Plan | LyingPlan | HostilePlan;

export const FAMILIES = {
  honest: planOf,
  lying: lyingPlanOf,
  hostile: hostilePlanOf,
} as const satisfies Record<string, (seed: number) => AnyPlan>;
export type Family = keyof typeof FAMILIES;

/** What adversaries do stands in the plan. */
export function runPlan(plan: AnyPlan): Promise<Outcome> {
  if ('tricks' in plan) return runHostileWorld(plan);
  return 'lies' in plan ? runLyingWorld(plan) : runWorld(plan);
}
