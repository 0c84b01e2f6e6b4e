/** What a relay is going to lie about, beside what people do: decided by the seed like all else. */
import { Dice } from './dice';
import { FRAME_LIES, type FrameLieName } from './lies';
import { planOf, type Plan } from './plan';

/** Lies about what is stored, beside those about frames. */
type StoredLieName = 'fork' | 'roll-back' | 'insert' | 'drop' | 'alter-stored';
export type LieName = FrameLieName | StoredLieName;

/** How often each lie is drawn. */
const WEIGHTS: Readonly<Record<LieName, number>> = {
  alter: 3,
  forge: 2,
  replay: 3,
  reorder: 3,
  skip: 3,
  redact: 2,
  times: 1,
  withhold: 4,
  stale: 2,
  'false-ack': 3,
  refuse: 2,
  numbers: 2,
  receipts: 1,
  hello: 2,
  rubbish: 1,
  fork: 6,
  'roll-back': 2,
  insert: 2,
  drop: 1,
  'alter-stored': 1,
};

export interface PlannedLie {
  /** Milliseconds after the beginning. */
  readonly at: number;
  /** Milliseconds it goes on. */
  readonly for: number;
  readonly lie: LieName;
  /** Whom it is told to, a bit for each device; the others are the lie's own business. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface LyingPlan extends Plan {
  readonly lies: readonly PlannedLie[];
}

const MOST_DEEDS = 30;

export function lyingPlanOf(seed: number): LyingPlan {
  const plan = planOf(seed);
  const dice = new Dice(seed, 4);
  const drawn = (Object.keys(WEIGHTS) as LieName[]).flatMap((lie) =>
    Array.from({ length: WEIGHTS[lie] }, () => lie),
  );
  const deeds = plan.deeds.slice(0, MOST_DEEDS);
  const end = deeds.at(-1)?.at ?? 0;
  const lies = Array.from({ length: dice.between(1, 5) }, (): PlannedLie => ({
    at: dice.below(end + 1),
    for: dice.pick([300, 3_000, 20_000, 90_000]),
    lie: dice.pick(drawn),
    a: dice.next(),
    b: dice.next(),
    c: dice.next(),
  }));
  // A liar changes what lies in memory; the adapters are compared by other worlds.
  return { ...plan, store: 'memory', deeds, lies: lies.sort((one, other) => one.at - other.at) };
}

export function isFrameLie(lie: LieName): lie is FrameLieName {
  return lie in FRAME_LIES;
}
