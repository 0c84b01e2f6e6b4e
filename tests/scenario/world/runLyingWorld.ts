/** A world with a relay that lies: what happens, honest contact behind it, and the verdict. */
import type { LyingPlan } from './lyingPlan';
import { LyingRelay } from './lyingRelay';
import { contact } from './contact';
import { begun, inWorld, type Outcome } from './runWorld';
import type { World } from './world';

/** As long as everything takes that a device does by itself: removed devices wait ten minutes (SPEC B1). */
const CONTACT_MS = 12 * 60_000;
const LOOK_EVERY_MS = 15_000;

export function runLyingWorld(plan: LyingPlan): Promise<Outcome> {
  return inWorld(plan, liedTo);
}

async function liedTo(world: World, plan: LyingPlan): Promise<void> {
  const { scheduler } = world;
  const liar = new LyingRelay(world);
  world.between = liar;
  const begin = await begun(world, plan);
  for (const lie of plan.lies) scheduler.at(begin + lie.at, () => liar.tell(lie));
  await world.run(Math.max(plan.deeds.at(-1)?.at ?? 0, plan.lies.at(-1)?.at ?? 0) + 1_000);
  await scheduler.rest(() => {
    liar.stop();
    return world.heal();
  });
  await settled(world);
  await scheduler.rest(() => contact(world));
  await settled(world);
  await scheduler.rest(() => world.oracle.verifyLiedTo());
}

async function settled(world: World): Promise<void> {
  const last = world.scheduler.now + CONTACT_MS;
  let isRestless = true;
  while (isRestless && world.scheduler.now < last) {
    await world.run(LOOK_EVERY_MS);
    await world.scheduler.rest(async () => {
      isRestless = (await world.oracle.unrest()) !== undefined;
    });
  }
}
