/** What is going to happen in a world, decided by its seed before anything does. */
import { Dice } from './dice';
import type { StoreKind } from './stores';

/** How often each deed of an ordinary day is drawn. */
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

/**
 * What makes a day a bad one; drawn for the second family of worlds only, a few in each. The first family
 * draws from the same dice as ever, so that its seeds keep their plans.
 */
const DISASTERS = {
  'bad-answer': 3,
  'lost-mail': 3,
  rollback: 3,
  restore: 2,
  'lose-relay': 2,
} as const;

/**
 * In the third family a profile is copied, and mostly something else goes wrong, too; the relay stays what it is
 * (docs/reliability.md, "Not promised").
 */
const WITH_COPIES = { copy: 6, 'bad-answer': 3, 'lost-mail': 3, rollback: 3 } as const;

/** Seeds above this one belong to the second family. */
export const LAST_ORDINARY_SEED = 10_000;
/** And those above this one to the third. */
export const LAST_BAD_DAY_SEED = 20_000;

export type OrdinaryDeed = keyof typeof WEIGHTS;
export type Disaster = keyof typeof DISASTERS | keyof typeof WITH_COPIES;
export type DeedName = OrdinaryDeed | Disaster;

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
  const isBadDay = seed > LAST_ORDINARY_SEED;
  const deeds = day(dice, isBadDay ? dice.between(20, 40) : dice.between(30, 60));
  const end = deeds.at(-1)?.at ?? 0;
  const bad = seed > LAST_BAD_DAY_SEED ? copies : disasters;
  return {
    seed,
    size: dice.between(3, 5),
    store: dice.isLucky(0.2) ? 'sqlite' : 'memory',
    hasSlowVaults: dice.isLucky(0.4),
    slowness: dice.pick([5, 40, 40, 300]),
    deeds: isBadDay ? [...deeds, ...bad(new Dice(seed, 3), end)].sort((x, y) => x.at - y.at) : deeds,
  };
}

function day(dice: Dice, count: number): readonly PlannedDeed[] {
  const drawn = bagOf(WEIGHTS);
  const deeds: PlannedDeed[] = [];
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
  return deeds;
}

/** One to three, at any time of the day: seldom enough for the world to come to rest. */
function disasters(dice: Dice, end: number): readonly PlannedDeed[] {
  const drawn = bagOf(DISASTERS);
  return Array.from({ length: dice.between(1, 3) }, () => disaster(dice, drawn, end));
}

/** A copy in the first half of the day, and perhaps something else. */
function copies(dice: Dice, end: number): readonly PlannedDeed[] {
  const drawn = bagOf(WITH_COPIES);
  const first = disaster(dice, ['copy'], Math.floor(end / 2));
  const others = Array.from({ length: dice.below(3) }, () => disaster(dice, drawn, end));
  return [first, ...others];
}

function disaster(dice: Dice, drawn: readonly Disaster[], end: number): PlannedDeed {
  return {
    at: dice.below(end + 1),
    deed: dice.pick(drawn),
    a: dice.next(),
    b: dice.next(),
    c: dice.next(),
  };
}

function bagOf<Name extends string>(weights: Readonly<Record<Name, number>>): readonly Name[] {
  return (Object.keys(weights) as Name[]).flatMap((name) =>
    Array.from({ length: weights[name] }, () => name),
  );
}
