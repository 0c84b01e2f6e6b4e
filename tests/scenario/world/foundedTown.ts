/** A small town as it is after its first hour, made once for each size and process. */
import { sha256 } from '../../../src/crypto/hash';
import { bytesToBase64Url } from '../../../src/lib/bytes';
import { MemoryLogs } from '../../../server/stores/memoryLogStore';
import { peek } from './peek';
import { installSeededPlatform } from './seededPlatform';
import { seededRandomness } from './seededRandomness';
import { START, World, type TownSnapshot } from './world';
import { ORIGIN, type WorldDevice } from './worldDevice';

const towns = new Map<number, Promise<TownSnapshot>>();

export function foundedTown(size: number): Promise<TownSnapshot> {
  let town = towns.get(size);
  if (town === undefined) towns.set(size, (town = found(size)));
  return town;
}

async function found(size: number): Promise<TownSnapshot> {
  const platform = installSeededPlatform(`town/${size}`);
  try {
    return await foundWith(size);
  } finally {
    platform.uninstall();
  }
}

async function foundWith(size: number): Promise<TownSnapshot> {
  const token = new Uint8Array(seededRandomness(`token/${size}`)(32));
  const logs = new MemoryLogs();
  logs.claimToken = sha256(token);
  const world = await World.open(
    { seed: 0, store: 'memory', hasSlowVaults: false, slowness: 5 },
    { now: START, disks: [], logs },
  );
  const [admin, ...guests] = Array.from({ length: size }, () => world.addDevice()) as [
    WorldDevice,
    ...WorldDevice[],
  ];
  await admin.open();
  await admin.client!.intend({
    type: 'found-town',
    token: bytesToBase64Url(token),
    relay: ORIGIN,
    townName: 'Musterstadt',
    ownName: admin.name,
  });
  await until(world, async () => (await peek(admin.client!, 'observeSetup')).phase === 'ready');
  for (const guest of guests) await join(world, admin, guest);
  const isKnown = async (device: WorldDevice): Promise<boolean> =>
    (await peek(device.client!, 'observeDirectory')).persons.length === size;
  for (const device of world.devices) await until(world, () => isKnown(device));
  const { persons } = await peek(admin.client!, 'observeDirectory');
  const others = persons.filter(({ isMe }) => !isMe).map(({ id }) => id);
  await admin.client!.createGroup('Amt', others);
  const bert = guests[0]!;
  const boss = (await peek(bert.client!, 'observeDirectory')).persons.find(({ isAdmin }) => isAdmin)!;
  await bert.client!.openDirect(boss.id);
  for (const device of world.devices)
    await until(
      world,
      async () =>
        (await peek(device.client!, 'observeList')).conversations.length >=
        (device === admin || device === bert ? 2 : 1),
    );
  for (const device of world.devices) {
    const { conversations } = await peek(device.client!, 'observeList');
    for (const { number } of conversations)
      await device.client!.intend({
        type: 'send-text',
        conversation: number,
        text: `Guten Tag, ${device.name}`,
      });
  }
  await world.run(10_000);
  for (const device of world.devices) device.life?.die();
  return {
    now: world.scheduler.now,
    disks: world.devices.map((device) => device.snapshot()),
    logs: world.logs,
  };

  async function until(town: World, condition: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 600; i++) {
      let holds = false;
      await town.scheduler.rest(async () => {
        holds = await condition();
      });
      if (holds) return;
      await town.run(100);
    }
    throw new Error('the first town is never done');
  }

  async function join(town: World, host: WorldDevice, guest: WorldDevice): Promise<void> {
    const before = (await peek(host.client!, 'observeInvitations')).length;
    await host.client!.intend({ type: 'invite', uses: 1, expiresAt: START + 30 * 86_400_000 });
    await until(town, async () => (await peek(host.client!, 'observeInvitations')).length > before);
    const { link } = (await peek(host.client!, 'observeInvitations'))[0]!;
    await guest.open();
    await guest.client!.intend({ type: 'join-town', link, ownName: guest.name });
    await until(town, async () => (await peek(guest.client!, 'observeSetup')).phase === 'ready');
  }
}
