/** A world with a hostile member: what happens, an honest word behind it, and the verdict. */
import { contact } from './contact';
import { HostileMember } from './hostileMember';
import type { HostilePlan, PlannedTrick } from './hostilePlan';
import { begun, inWorld, type Outcome } from './runWorld';
import { TRICKS } from './tricks';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

const HEALING_MS = 12 * 60_000;
const LOOK_EVERY_MS = 5_000;

export function runHostileWorld(plan: HostilePlan): Promise<Outcome> {
  return inWorld(plan, attacked);
}

async function attacked(world: World, plan: HostilePlan): Promise<void> {
  const { scheduler, oracle } = world;
  const begin = await begun(world, plan);
  const hostile = world.devices[plan.hostile]!;
  const identity = hostile.engine?.identity;
  if (identity === undefined) throw new Error('a founded town has started');
  const member = new HostileMember(world, hostile, identity);
  // Not awaited: what it reads from a slow vault comes in steps of its own.
  for (const trick of plan.tricks) scheduler.at(begin + trick.at, () => void play(member, trick));
  await world.run((plan.deeds.at(-1)?.at ?? 0) + 1_000);
  await scheduler.rest(() => world.heal());
  await settled(world, hostile);
  await scheduler.rest(() => contact(world, (device) => device !== hostile));
  const unrest = await settled(world, hostile);
  if (unrest !== undefined) oracle.fault(`never at rest: ${unrest}`);
  await scheduler.rest(() => oracle.verifyAttacked(hostile));
}

async function play(member: HostileMember, { trick, a, b, c }: PlannedTrick): Promise<void> {
  const targets = member.targets();
  const target = targets[a % Math.max(1, targets.length)];
  member.world.log(`* tricks: ${trick} in ${target?.runner.log.slice(0, 8)}`);
  if (target !== undefined) await TRICKS[trick](member, target, b, c);
}

async function settled(world: World, hostile: WorldDevice): Promise<string | undefined> {
  const last = world.scheduler.now + HEALING_MS;
  let unrest: string | undefined = 'not looked yet';
  while (unrest !== undefined && world.scheduler.now < last) {
    await world.run(LOOK_EVERY_MS);
    await world.scheduler.rest(async () => {
      unrest = await world.oracle.unrestOfHonest(hostile);
    });
  }
  return unrest;
}
