/** At the door of a town: what goes wrong there is said to whoever waits, and what is missed is read again. */
import { afterEach, describe, expect, it } from 'vitest';
import { hexToBytes } from '../../src/lib/bytes';
import { parseLink } from '../../src/domain/invitationLink';
import { TOWN_LOG } from '../../src/records/keys';
import { invitationKeys } from '../../src/sync/invitationLog';
import { foundTown, inviteAndJoin, ORIGIN, Town, until, type Device } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

async function invitation(admin: Device): Promise<string> {
  await admin.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
  await until(async () => (await admin.invitations())[0]?.state === 'open', 'the invitation is open');
  return (await admin.invitations())[0]?.link ?? '';
}

describe('whoever knocks', { timeout: 60_000 }, () => {
  it('is told when the admission turns out to be void (J2)', async () => {
    town = await Town.open();
    const anna = await town.device('anna');
    const bert = await town.device('bert');
    await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
    const link = await invitation(anna);
    const { engine } = anna;
    if (engine === undefined) throw new Error('anna runs');
    const addEntry = engine.addEntry.bind(engine);
    // Somebody withdraws it, in front of the admission.
    engine.addEntry = async (log, body) => {
      engine.addEntry = addEntry;
      if (body.kind === 'town-admitted')
        await addEntry(TOWN_LOG, { kind: 'town-invitation-withdrawn', invitation: body.invitation });
      return addEntry(log, body);
    };
    await bert.client.intend({ type: 'join-town', link, ownName: 'Bert Böhm' });
    await until(async () => {
      const setup = await bert.setup();
      return setup.phase === 'joining' && setup.problem === 'link-used';
    }, 'bert is told');
    expect((await anna.invitations())[0]).toMatchObject({ state: 'withdrawn', guests: [] });
  });

  it('is found when there was too much to push (R4)', async () => {
    town = await Town.open();
    const anna = await town.device('anna');
    const bert = await town.device('bert');
    await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
    const link = await invitation(anna);
    const parsed = parseLink(link, ORIGIN);
    if (parsed.type !== 'invitation') throw new Error('a link');
    const { log } = invitationKeys(parsed.invitation.secret);
    const name = hexToBytes(log) ?? new Uint8Array(0);
    // The request's push does not arrive.
    anna.hears = (frame) => (Buffer.from(frame).includes(Buffer.from(name)) ? 'never' : 'now');
    await bert.client.intend({ type: 'join-town', link, ownName: 'Bert Böhm' });
    await until(async () => {
      const setup = await bert.setup();
      return setup.phase === 'joining' && setup.step === 'sent';
    }, 'bert has knocked');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await anna.directory()).persons).toHaveLength(1);
    anna.hears = undefined;
    anna.engine?.invitations.news(log, []);
    await until(async () => (await bert.setup()).phase === 'ready', 'bert is in');
  });
});

describe('a device that is full', { timeout: 60_000 }, () => {
  it('founds and joins as soon as it has room', async () => {
    town = await Town.open();
    const anna = await town.device('anna');
    const bert = await town.device('bert');
    const fillFor = (device: Device, ms: number) => {
      const end = Date.now() + ms;
      device.faults = { failWrite: () => (Date.now() < end ? 'storage-full' : undefined) };
    };
    fillFor(anna, 600);
    await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
    fillFor(bert, 600);
    await inviteAndJoin(anna, bert, 'Bert Böhm');
    expect((await bert.directory()).persons).toHaveLength(2);
  });
});
