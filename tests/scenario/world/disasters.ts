/** What makes a day a bad one: deeds of the second family of worlds. */
import { ASKED, SPOILT } from './badAnswers';
import { otherPersons, pick, someTime, type Deed } from './deedTools';
import { loseMail } from './lostMail';
import type { Disaster } from './plan';

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
    world.later(5_000 + someTime(c >>> 2), async () => {
      await loseMail(world, device);
      device.goOnline();
    });
  },
};
