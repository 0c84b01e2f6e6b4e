/** What makes a day a bad one: deeds of the second family of worlds. */
import { ASKED, SPOILT } from './badAnswers';
import { otherPersons, pick, someTime, type Deed } from './deedTools';
import { loseMail } from './lostMail';
import type { Disaster } from './plan';
import { openDisk, type RelayDisk } from './stores';
import type { World } from './world';
import { MemoryLogs } from '../../../server/stores/memoryLogStore';

const MOST_DEVICES = 8;

export const DISASTERS: Readonly<Record<Disaster, Deed>> = {
  async 'bad-answer'(world, { a, b, c }) {
    const device = pick(world.devices, a);
    if (device === undefined) return;
    device.badAnswer = { asked: ASKED[b % ASKED.length]!, spoilt: SPOILT[c % SPOILT.length]! };
    device.log(`is to get a bad answer: ${device.badAnswer.asked} ${device.badAnswer.spoilt}`);
  },

  /** While it is off, somebody takes it into something; the mail with the Welcome never arrives. */
  async 'lost-mail'(world, { a, b, c }) {
    const device = pick(world.devices, a);
    if (device === undefined) return;
    device.goOffline();
    const person = device.engine?.identity?.person;
    const host = pick(
      world.seated().filter((other) => other !== device),
      b,
    );
    if (host?.client !== undefined && person !== undefined && c % 4 !== 0) {
      const others = await otherPersons(host);
      if (!others.includes(person)) return;
      if (c % 4 === 1) await host.client.openDirect(person);
      else await host.client.createGroup(`Runde ${c % 1_000}`, [person]);
    }
    world.onThisDay(5_000 + someTime(c >>> 2), async () => {
      await loseMail(world, device);
      device.goOnline();
    });
  },

  /** Its profile goes back to what it was some time ago, as from a backup, and goes on from there. */
  async rollback(world, { a, b, c }) {
    const device = pick(world.seated(), a);
    if (device === undefined) return;
    const disk = device.snapshot();
    const then = world.oracle.rememberedBy(device);
    world.onThisDay((b % 4 === 0 ? 0 : 60_000) + ((b >>> 2) % 60_000), async () => {
      await world.oracle.goesBack(device, then);
      device.goBack(disk);
      world.later(someTime(c), () => device.open());
    });
  },

  /** Its profile is on another phone, too, as from a backup, and both go on. */
  async copy(world, { a, b, c }) {
    const device = pick(world.seated(), a);
    if (device === undefined || world.devices.length >= MOST_DEVICES) return;
    const disk = device.snapshot();
    const then = world.oracle.rememberedBy(device);
    device.log('is copied');
    world.onThisDay(b % 4 === 0 ? 0 : (b >>> 2) % 60_000, async () => {
      const twin = world.addDevice(disk);
      world.oracle.isCopied(device, twin, then);
      if (c % 4 === 0) twin.goOffline();
      await twin.open();
      world.later(someTime(c), () => twin.goOnline());
    });
  },

  /** The relay is set up again from an older backup. */
  async restore(world, { b, c }) {
    const backup = world.relay.backup();
    world.onThisDay(1_000 + (b % 120_000), () => replaceRelay(world, backup.restore(), someTime(c)));
  },

  /** The relay is gone with everything on it; at its address stands an empty one. */
  async 'lose-relay'(world, { c }) {
    await replaceRelay(world, openDisk(world.storeKind, new MemoryLogs()), someTime(c));
  },
};

async function replaceRelay(world: World, disk: RelayDisk, downFor: number): Promise<void> {
  world.log('another relay takes the place of the first');
  await world.oracle.relayReplaced(() => {
    world.relay.replace(disk);
  });
  world.later(downFor, async () => {
    if (!world.relay.isUp) await world.relay.start();
  });
}
