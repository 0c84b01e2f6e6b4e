/** What a hostile member is going to do, beside what people do: decided by the seed like all else. */
import { Dice } from './dice';
import { planOf, type Plan } from './plan';
import { TRICKS, type TrickName } from './tricks';

export interface PlannedTrick {
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly trick: TrickName;
  /** `a` picks the log; the others are the trick's own business. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface HostilePlan extends Plan {
  /** Which device of the founded town is the hostile one; never the founder. */
  readonly hostile: number;
  readonly tricks: readonly PlannedTrick[];
}

const MOST_DEEDS = 30;

export function hostilePlanOf(seed: number): HostilePlan {
  const plan = planOf(seed);
  const dice = new Dice(seed, 6);
  const names = Object.keys(TRICKS) as TrickName[];
  const deeds = plan.deeds.slice(0, MOST_DEEDS);
  const end = deeds.at(-1)?.at ?? 0;
  const tricks = Array.from({ length: dice.between(2, 8) }, (): PlannedTrick => ({
    at: dice.below(end + 1),
    trick: dice.pick(names),
    a: dice.next(),
    b: dice.next(),
    c: dice.next(),
  }));
  return {
    ...plan,
    deeds,
    hostile: dice.between(1, plan.size - 1),
    tricks: tricks.sort((one, other) => one.at - other.at),
  };
}
