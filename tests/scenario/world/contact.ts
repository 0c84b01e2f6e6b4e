import { peek } from './peek';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

/** Everybody (whom `who` names) writes a line wherever they are, and is renamed in the town. */
export async function contact(
  world: World,
  who: (device: WorldDevice) => boolean = () => true,
): Promise<void> {
  world.log('contact');
  for (const device of world.seated()) {
    if (device.client === undefined || !who(device)) continue;
    const { conversations } = await peek(device.client, 'observeList');
    for (const { number, isMember } of conversations)
      if (isMember) await world.oracle.write(device, number, 0);
    await device.client.intend({ type: 'rename-self', name: `${device.name} danach` });
  }
}
