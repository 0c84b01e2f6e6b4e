/** Who and what a deed is about: chosen by its numbers among those who are there. */
import type { PersonId } from '../../../src/domain/ids';
import type { DirectoryView } from '../../../src/engine/views';
import { peek } from './peek';
import type { PlannedDeed } from './plan';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

/** As far as it is possible at that moment. */
export type Deed = (world: World, planned: PlannedDeed) => Promise<void>;

export function pick<T>(list: readonly T[], chance: number): T | undefined {
  return list[chance % Math.max(1, list.length)];
}

/** Mostly short, at times long enough for every timeout. */
export function someTime(chance: number): number {
  const kind = chance % 8;
  return kind < 4 ? (chance >>> 3) % 300 : kind < 7 ? (chance >>> 3) % 8_000 : (chance >>> 3) % 90_000;
}

export async function directoryOf(device: WorldDevice | undefined): Promise<DirectoryView | undefined> {
  return device?.client === undefined ? undefined : peek(device.client, 'observeDirectory');
}

export async function otherPersons(device: WorldDevice | undefined): Promise<readonly PersonId[]> {
  const directory = await directoryOf(device);
  return (directory?.persons ?? [])
    .filter(({ isMe, isActive }) => !isMe && isActive)
    .map(({ id }) => id)
    .sort();
}

export async function pickAdmin(world: World, chance: number): Promise<WorldDevice | undefined> {
  const admins: WorldDevice[] = [];
  for (const device of world.seated()) {
    const setup = device.client === undefined ? undefined : await peek(device.client, 'observeSetup');
    if (setup?.phase === 'ready' && setup.isAdmin) admins.push(device);
  }
  return pick(admins, chance);
}
