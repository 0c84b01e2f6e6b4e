/** SPEC J6: whoever adds a newcomer may be put out before its Welcome has left; then another one welcomes it. */
import { describe, expect, it } from 'vitest';
import { idToBytes } from '../../src/domain/ids';
import { TOWN_LOG } from '../../src/records/keys';
import type { LogRunner } from '../../src/sync/logRunner';
import { openTown, reads, TITLE } from './threePeople';
import { foundTown, inviteAndJoin, until, type Device } from './town';

async function townOf(...names: readonly string[]): Promise<readonly Device[]> {
  const town = await openTown();
  const [anna, ...others] = await Promise.all(names.map((name) => town.device(name)));
  if (anna === undefined) throw new Error('somebody founds');
  await foundTown(town, anna, 'Musterstadt', names[0] ?? '');
  for (const [at, device] of others.entries()) await inviteAndJoin(anna, device, names[at + 1] ?? '');
  for (const device of [anna, ...others])
    await until(async () => (await device.directory()).persons.length === names.length, 'all are known');
  return [anna, ...others];
}

/** From now on nothing of `from` reaches the mailbox of `to`. */
function keepMailFrom(from: Device, to: Device): void {
  const mailbox = to.engine?.identity?.mailbox.log;
  if (mailbox === undefined) throw new Error('a mailbox');
  const id = Buffer.from(idToBytes(mailbox));
  from.holds = (frame) => Buffer.from(frame).includes(id);
}

async function putOut(by: Device, name: string): Promise<void> {
  await by.client.intend({ type: 'remove-person', person: await by.person(name) });
}

async function makeAdmin(by: Device, device: Device, name: string): Promise<void> {
  await by.client.intend({ type: 'set-admin', person: await by.person(name), isAdmin: true });
  await until(async () => {
    const setup = await device.setup();
    return setup.phase === 'ready' && setup.isAdmin;
  }, `${name} is an admin`);
}

const runnerOf = ({ engine }: Device): LogRunner | undefined => engine?.conversations()[0];

describe.concurrent('a Welcome that its sender owes', { timeout: 90_000 }, () => {
  it('into a group is sent by another member, once the sender has been put out', async () => {
    const [anna, bert, cem] = (await townOf('Anna Ahrens', 'Bert Böhm', 'Cem Çelik')) as [
      Device,
      Device,
      Device,
    ];
    await makeAdmin(anna, bert, 'Bert Böhm');
    await anna.client.createGroup(TITLE, [await anna.person('Bert Böhm')]);
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send(TITLE, 'eins');
    await reads(bert, 'eins');
    keepMailFrom(anna, cem);
    const conversation = runnerOf(anna)?.state.number as never;
    await anna.client.intend({
      type: 'add-members',
      conversation,
      persons: [await anna.person('Cem Çelik')],
    });
    await until(() => Promise.resolve(runnerOf(bert)?.state.group?.leaves.length === 3), 'Cem has a leaf');
    await putOut(bert, 'Anna Ahrens');
    await reads(cem, 'eins');
    await cem.send(TITLE, 'angekommen');
    await reads(bert, 'angekommen');
    await bert.send(TITLE, 'willkommen');
    await reads(cem, 'willkommen');
    expect(await cem.texts(TITLE)).toEqual(['eins', 'angekommen', 'willkommen']);
    expect(runnerOf(bert)?.state.fold.owed).toEqual({});
  });

  it('into the town is sent by another admin, once the sender has been put out', async () => {
    const [anna, bert] = (await townOf('Anna Ahrens', 'Bert Böhm')) as [Device, Device];
    await makeAdmin(anna, bert, 'Bert Böhm');
    const dora = await anna.town.device('dora');
    const before = (await anna.invitations()).length;
    await anna.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
    await until(async () => (await anna.invitations()).length > before, 'an invitation');
    // Bert must not be the one who admits her.
    bert.goOffline();
    const link = (await anna.invitations())[0]?.link ?? '';
    anna.holds = () => false;
    dora.holds = () => keepMailOnceKnown(anna, dora);
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Demir' });
    await until(
      () => Promise.resolve(anna.engine?.runners.get(TOWN_LOG)?.state.group?.leaves.length === 3),
      'Dora has a leaf',
    );
    expect((await dora.setup()).phase).toBe('joining');
    bert.goOnline();
    await putOut(bert, 'Anna Ahrens');
    await until(async () => (await dora.setup()).phase === 'ready', 'Dora is in');
    expect((await dora.directory()).persons.map(({ name }) => name)).toContain('Dora Demir');
  });

  it('is owed no longer once it has left: nobody is added a second time', async () => {
    const [anna, bert, cem] = (await townOf('Anna Ahrens', 'Bert Böhm', 'Cem Çelik')) as [
      Device,
      Device,
      Device,
    ];
    await makeAdmin(anna, bert, 'Bert Böhm');
    const persons = [await anna.person('Bert Böhm'), await anna.person('Cem Çelik')];
    await anna.client.createGroup(TITLE, persons);
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send(TITLE, 'eins');
    for (const device of [bert, cem]) await reads(device, 'eins');
    for (const device of [anna, bert, cem])
      await until(
        () => Promise.resolve(Object.keys(runnerOf(device)?.state.fold.owed ?? { x: 1 }).length === 0),
        `${device.name} owes nothing and knows of nothing`,
      );
    const leavesOf = () =>
      runnerOf(bert)?.state.group?.leaves.filter(({ device }) => device === cem.engine?.identity?.device);
    const before = leavesOf();
    await putOut(bert, 'Anna Ahrens');
    await until(() => Promise.resolve(runnerOf(bert)?.state.group?.leaves.length === 2), 'Anna is out');
    await bert.send(TITLE, 'zwei');
    await reads(cem, 'zwei');
    expect(leavesOf()).toEqual(before);
    expect(runnerOf(cem)?.lost).toBeUndefined();
  });
});

/** The newcomer's mailbox is known from its first frame on. */
function keepMailOnceKnown(from: Device, to: Device): boolean {
  if (to.engine?.identity !== undefined) keepMailFrom(from, to);
  return false;
}
