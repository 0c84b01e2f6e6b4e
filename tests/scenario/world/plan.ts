/** What is going to happen in a world, decided by its seed before anything does. */
import { Dice } from './dice';
import type { StoreKind } from './stores';

/** How often each deed is drawn. A deed that is off has no place in the honest world yet. */
const WEIGHTS = {
  write: 30,
  board: 10,
  read: 4,
  cancel: 2,
  group: 3,
  add: 4,
  remove: 4,
  leave: 2,
  title: 3,
  direct: 4,
  rename: 2,
  join: 3,
  'remove-person': 1,
  block: 1,
  admin: 2,
  offline: 7,
  cut: 6,
  silence: 2,
  'lost-answer': 4,
  crash: 4,
  trap: 6,
  steal: 3,
  'full-disk': 2,
  clock: 1,
  'kill-relay': 3,
  'full-relay': 1,
} as const;

export type DeedName = keyof typeof WEIGHTS;

export interface PlannedDeed {
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly deed: DeedName;
  /** What the deed makes of them is its own business; each is 32 bits. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface Plan {
  readonly seed: number;
  readonly size: number;
  readonly store: StoreKind;
  /** Other things may happen between two steps of an engine. */
  readonly hasSlowVaults: boolean;
  /** Usual milliseconds of a frame on its way. */
  readonly slowness: number;
  readonly deeds: readonly PlannedDeed[];
}

export function planOf(seed: number): Plan {
  const dice = new Dice(seed, 1);
  const drawn = (Object.keys(WEIGHTS) as DeedName[]).flatMap((deed) =>
    Array.from({ length: WEIGHTS[deed] }, () => deed),
  );
  const deeds: PlannedDeed[] = [];
  const count = dice.between(30, 60);
  let at = 0;
  for (let i = 0; i < count; i++) {
    // Bursts, breaths, and now and then a while in which all timers run out.
    const pause = dice.isLucky(0.5)
      ? dice.below(80)
      : dice.isLucky(0.8)
        ? dice.below(4_000)
        : dice.below(40_000);
    at += pause;
    deeds.push({ at, deed: dice.pick(drawn), a: dice.next(), b: dice.next(), c: dice.next() });
  }
  return {
    seed,
    size: dice.between(3, 5),
    store: dice.isLucky(0.2) ? 'sqlite' : 'memory',
    hasSlowVaults: dice.isLucky(0.4),
    slowness: dice.pick([5, 40, 40, 300]),
    deeds,
  };
}
