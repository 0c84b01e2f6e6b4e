/**
 * SPEC J5: the way into a town goes on wherever it was interrupted. The app dies after each write of the
 * engine in turn, with whatever the relay has heard by then, and is opened again.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryLogStore, MemoryLogs } from '../../server/stores/memoryLogStore';
import { LOG_KINDS } from '../../src/protocol/frames';
import { foundTown, ORIGIN, Town, until, type Device } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

/** From the write after the `count`th on nothing is written or heard any more. Answers whether it came to that. */
function dieAfter(device: Device, count: number): { isDead: boolean } {
  const death = { isDead: false };
  let writes = 0;
  device.faults = {
    failWrite: () => {
      if (!death.isDead && ++writes <= count) return undefined;
      death.isDead = true;
      device.stop();
      return 'storage-failed';
    },
  };
  return death;
}

async function openAgain(device: Device): Promise<void> {
  device.faults = {};
  await device.restart();
}

const isReady = async (device: Device) => (await device.setup()).phase === 'ready';

describe('the way into a town', { timeout: 240_000 }, () => {
  it('goes on after a death behind each write of founding, into one town (J5)', async () => {
    for (let count = 0, isOver = false; !isOver; count++) {
      const logs = new MemoryLogs();
      town = await Town.open(createMemoryLogStore(logs));
      const anna = await town.device('anna');
      const token = await town.setupToken();
      const death = dieAfter(anna, count);
      const names = { townName: 'Musterstadt', ownName: 'Anna Ahrens' };
      await anna.client.intend({ type: 'found-town', token, relay: ORIGIN, ...names });
      await until(async () => death.isDead || (await isReady(anna)), `death after ${count}`);
      isOver = !death.isDead;
      await openAgain(anna);
      await until(() => isReady(anna), `founded although dead after ${count}`);
      const directory = await anna.directory();
      expect([directory.townName, directory.persons.length, directory.devices.length]).toEqual([
        'Musterstadt',
        1,
        1,
      ]);
      const kept = [...logs.logs.values()].filter(({ facts }) => facts.kind === LOG_KINDS.conversation);
      expect(kept, `after ${count}`).toHaveLength(1);
      await town.close();
    }
  });

  it('goes on after a death behind each write of joining, as one person with one device (J5)', async () => {
    for (let count = 0, isOver = false; !isOver; count++) {
      town = await Town.open();
      const anna = await town.device('anna');
      await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
      await anna.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
      await until(async () => (await anna.invitations()).length > 0, 'invitation shown');
      const link = (await anna.invitations())[0]?.link ?? '';
      const bert = await town.device('bert');
      const death = dieAfter(bert, count);
      await bert.client.intend({ type: 'join-town', link, ownName: 'Bert Böhm' });
      await until(async () => death.isDead || (await isReady(bert)), `death after ${count}`);
      isOver = !death.isDead;
      await openAgain(bert);
      await until(() => isReady(bert), `joined although dead after ${count}`);
      for (const device of [anna, bert])
        await until(async () => (await device.directory()).persons.length === 2, `${device.name} knows both`);
      expect((await anna.directory()).devices).toHaveLength(2);
      await bert.client.openDirect(await bert.person('Anna Ahrens'));
      await until(async () => (await bert.list()).conversations.length === 1, 'bert begins to talk');
      await bert.send('Anna Ahrens', 'angekommen');
      await until(async () => (await anna.texts('Bert Böhm')).includes('angekommen'), `talks after ${count}`);
      await town.close();
    }
  });
});
