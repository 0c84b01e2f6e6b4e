/** Stories that once ended badly: each broke something in the engine before it was mended. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseRequest, OP } from '../../src/protocol/frames';
import { foundTown, inviteAndJoin, Town, until, type Device } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

interface Three {
  readonly town: Town;
  readonly anna: Device;
  readonly bert: Device;
  readonly cem: Device;
}

async function townOfTwo(): Promise<Omit<Three, 'cem'>> {
  town = await Town.open();
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await inviteAndJoin(anna, bert, 'Bert Böhm');
  return { town, anna, bert };
}

async function knows(device: Device, name: string): Promise<boolean> {
  return (await device.directory()).persons.some((person) => person.name === name && person.isActive);
}

function operationOf(frame: Uint8Array): number | undefined {
  const request = parseRequest(frame);
  return request.ok ? request.value[0] : undefined;
}

/** The first envelope's flags tell a commit. */
function isCommitAppend(frame: Uint8Array): boolean {
  const request = parseRequest(frame);
  return request.ok && request.value[0] === OP.append && ((request.value[5][0]?.[1] ?? 0) & 1) === 1;
}

async function makeAdmin(admin: Device, other: Device, name: string): Promise<void> {
  await admin.client.intend({ type: 'set-admin', person: await admin.person(name), isAdmin: true });
  await until(async () => (await other.directory()).persons.some((p) => p.isMe && p.isAdmin), `${name} is admin`);
}

async function openInvitation(admin: Device): Promise<string> {
  const before = (await admin.invitations()).length;
  await admin.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
  await until(async () => (await admin.invitations()).length > before, 'invitation shown');
  return (await admin.invitations())[0]?.link ?? '';
}

describe('a commit', { timeout: 60_000 }, () => {
  it('of our own that an earlier entry made void is void for us too (I3)', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    await makeAdmin(anna, bert, 'Bert Böhm');
    // Bert stays away from the door, so that it is Anna's device that takes Dora in.
    bert.holds = (frame) => operationOf(frame) === OP.create;
    const link = await openInvitation(anna);
    anna.holds = isCommitAppend;
    const dora = await here.device('dora');
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(() => knows(bert, 'Dora Dorn'), 'bert knows dora');
    await until(() => Promise.resolve(anna.heldFrames > 0), 'anna wants to add her');
    await bert.client.intend({ type: 'remove-person', person: await bert.person('Dora Dorn') });
    await until(async () => !(await knows(bert, 'Dora Dorn')), 'the removal is in the log');
    anna.release();
    await anna.client.intend({ type: 'rename-self', name: 'Anna Neu' });
    await until(() => knows(bert, 'Anna Neu'), 'bert still reads anna');
    await bert.client.intend({ type: 'rename-self', name: 'Bert Neu' });
    await until(() => knows(anna, 'Bert Neu'), 'anna still reads bert');
    expect(anna.engine?.runners.get(1)?.state.progress.trouble).toBe('none');
  });
});

describe('a newcomer', { timeout: 60_000 }, () => {
  it('who never comes back holds up nobody (J3)', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    const link = await openInvitation(anna);
    const dora = await here.device('dora');
    // Her request arrives; then the phone is gone, and its mailbox never comes into being.
    dora.holds = (frame) => operationOf(frame) === OP.create;
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(() => knows(bert, 'Dora Dorn'), 'bert knows dora');
    await until(async () => (await dora.setup()).phase === 'joining', 'dora joins');
    await until(() => Promise.resolve(dora.heldFrames > 0), 'dora is admitted');
    dora.stop();
    for (let i = 0; i < 4; i++) {
      await anna.client.intend({ type: 'rename-self', name: `Anna ${i}` });
      await until(() => knows(bert, `Anna ${i}`), `bert reads rename ${i}`, 1_000);
    }
  });
});
