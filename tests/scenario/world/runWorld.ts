/** One seed, from its plan to the verdict. */
import { platformEd25519 } from '../../../src/crypto/ed25519';
import { platformX25519 } from '../../../src/crypto/x25519';
import { DEEDS } from './deeds';
import { foundedTown } from './foundedTown';
import { LAST_ORDINARY_SEED, type Plan } from './plan';
import { installSeededPlatform } from './seededPlatform';
import { World } from './world';

export interface Outcome {
  readonly seed: number;
  /** Empty when everything held. */
  readonly faults: readonly string[];
  /** SHA-256 of all that happened. */
  readonly fingerprint: string;
  readonly lines: readonly string[];
  readonly steps: number;
}

/** As long as people wait until everything has arrived, at most; longer when a place was lost (SPEC B1, B2). */
const HEALING_MS = 15 * 60_000;
const LONG_HEALING_MS = 5 * 60 * 60_000;
const CARRYING_MS = 60_000;
const LOOK_EVERY_MS = 5_000;

export function runWorld(plan: Plan): Promise<Outcome> {
  return inWorld(plan, live);
}

/** Opens the plan's world, lets `run` happen in it, and closes it, whatever became of it. */
export async function inWorld<P extends Plan>(
  plan: P,
  run: (world: World, plan: P) => Promise<void>,
): Promise<Outcome> {
  const town = await foundedTown(plan.size);
  // Asked for once in a process: a first world must not differ from a second one.
  await Promise.all([platformEd25519(), platformX25519()]);
  const platform = installSeededPlatform(`world/${plan.seed}`);
  const rejected: string[] = [];
  const onRejection = (error: unknown): void => {
    rejected.push(`unhandled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on('unhandledRejection', onRejection);
  let world: World | undefined;
  try {
    world = await World.open(plan, town);
    await run(world, plan);
  } catch (error) {
    rejected.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    for (const device of world?.devices ?? []) device.life?.die();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    platform.uninstall();
  }
  return {
    seed: plan.seed,
    faults: [...rejected, ...platform.strays, ...(world?.oracle.faults ?? [])],
    fingerprint: world?.fingerprint ?? '',
    lines: world?.lines ?? [],
    steps: world?.scheduler.steps ?? 0,
  };
}

/** Everybody has opened the app, and the deeds stand in the queue. Answers when they begin. */
export async function begun(world: World, plan: Plan): Promise<number> {
  const { scheduler } = world;
  for (const device of world.devices) await scheduler.rest(() => device.open());
  await world.run(2_000);
  const begin = scheduler.now;
  for (const planned of plan.deeds)
    scheduler.at(begin + planned.at, async () => {
      world.log(`* ${planned.deed} ${planned.a} ${planned.b} ${planned.c}`);
      await DEEDS[planned.deed](world, planned);
    });
  return begin;
}

async function live(world: World, plan: Plan): Promise<void> {
  const { scheduler, oracle } = world;
  const begin = await begun(world, plan);
  const end = begin + (plan.deeds.at(-1)?.at ?? 0) + 1_000;
  const left = (): number => Math.max(end, world.busyUntil) - scheduler.now;
  while (left() > 0) {
    await world.run(Math.min(LOOK_EVERY_MS, left()));
    await scheduler.rest(() => look(world));
  }
  await scheduler.rest(() => world.heal());
  const last = scheduler.now + (plan.seed > LAST_ORDINARY_SEED ? LONG_HEALING_MS : HEALING_MS);
  let unrest: string | undefined = 'not looked yet';
  let restingSince = Infinity;
  // What is told of the town before comes at each device's turn (SPEC Q8), and nothing shows that it is due.
  const isOver = (): boolean =>
    unrest === undefined &&
    (world.relay.replacedAt === undefined || scheduler.now >= restingSince + CARRYING_MS);
  while (!isOver() && scheduler.now < last) {
    await world.run(LOOK_EVERY_MS);
    await scheduler.rest(async () => {
      await look(world);
      unrest = await oracle.unrest();
      restingSince = unrest === undefined ? Math.min(restingSince, scheduler.now) : Infinity;
    });
  }
  if (unrest !== undefined) oracle.fault(`never at rest: ${unrest}`);
  await scheduler.rest(() => oracle.verify());
}

/** Now and then somebody looks at what is shown, and does what there is to do. */
async function look({ oracle, confirmation }: World): Promise<void> {
  await oracle.probe();
  await confirmation.tend();
}
