/** One way back (SPEC B): devices that have lost their place in a group, and come back into it. */
import { describe, expect, it } from 'vitest';
import { idToBytes, type LogId } from '../../src/domain/ids';
import { TOWN_LOG } from '../../src/records/keys';
import type { LogRunner } from '../../src/sync/logRunner';
import { MemoryStore } from '../../src/vault/memoryStore';
import { groupOfThree, reads, TITLE, townOfThree } from './threePeople';
import { until, type Device, type Town } from './town';

const HOUR = 3_600_000;

function runnerOf({ engine }: Device): LogRunner {
  const runner = engine?.conversations()[0];
  if (runner === undefined) throw new Error('no conversation');
  return runner;
}

async function headOf({ store }: Town, log: LogId): Promise<number> {
  const read = await store.read(idToBytes(log), 0, 1);
  return read.ok ? read.value.head : 0;
}

async function isWell(device: Device): Promise<void> {
  await until(() => Promise.resolve(runnerOf(device).lost === undefined), `${device.name} is back`);
}

describe.concurrent('a way back', { timeout: 90_000 }, () => {
  it('for a profile that was rolled back: nothing is lost, nothing is said twice', async () => {
    const { anna, bert, cem } = await groupOfThree();
    bert.goOffline();
    await bert.send(TITLE, 'vor der Sicherung geschrieben');
    await bert.send(TITLE, 'auch das');
    const backup = bert.store.snapshot();
    bert.goOnline();
    await reads(anna, 'auch das');
    await bert.send(TITLE, 'danach geschrieben');
    await reads(anna, 'danach geschrieben');
    bert.stop();
    await anna.send(TITLE, 'während der Pause');
    bert.store = MemoryStore.fromSnapshot(backup);
    await bert.start();
    await reads(bert, 'während der Pause');
    await isWell(bert);
    await bert.send(TITLE, 'wieder da');
    const all = [
      'eins',
      'vor der Sicherung geschrieben',
      'auch das',
      'danach geschrieben',
      'während der Pause',
      'wieder da',
    ];
    for (const device of [anna, cem, bert]) {
      await reads(device, 'wieder da');
      expect(await device.texts(TITLE), device.name).toEqual(all);
    }
  });

  it('by somebody who came later, and was handed texts only: what else was done there is not doubted', async () => {
    const { anna, bert, cem } = await townOfThree();
    await anna.client.createGroup(TITLE, [await anna.person('Bert Böhm')]);
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send(TITLE, 'eins');
    await reads(bert, 'eins');
    const { number: conversation } = runnerOf(anna).state;
    const NEW_TITLE = 'Bauhof Nord';
    await anna.client.intend({ type: 'rename-group', conversation, title: NEW_TITLE });
    await until(async () => (await anna.list()).conversations[0]?.title === NEW_TITLE, 'renamed');
    await anna.send(NEW_TITLE, 'zwei');
    await anna.client.intend({
      type: 'add-members',
      conversation,
      persons: [await anna.person('Cem Çelik')],
    });
    await reads(cem, 'zwei', NEW_TITLE);
    await cem.send(NEW_TITLE, 'drei');
    await reads(bert, 'drei', NEW_TITLE);
    const backup = bert.store.snapshot();
    await bert.send(NEW_TITLE, 'danach geschrieben');
    await reads(cem, 'danach geschrieben', NEW_TITLE);
    anna.goOffline();
    bert.stop();
    bert.store = MemoryStore.fromSnapshot(backup);
    await bert.start();
    await reads(bert, 'danach geschrieben', NEW_TITLE);
    await isWell(bert);
    const shown = (await bert.timeline(runnerOf(bert).state.number)).map(({ content }) => content.type);
    expect(shown).not.toContain('gap');
    expect(shown.filter((type) => type === 'system').length).toBeGreaterThan(1);
  });

  it('for a phone that was away for longer than the relay keeps', async () => {
    const { town: here, anna, bert, cem } = await groupOfThree();
    bert.goOffline();
    await bert.send(TITLE, 'aus dem Funkloch');
    for (const text of ['zwei', 'drei', 'vier']) await anna.send(TITLE, text);
    await reads(cem, 'vier');
    const { log } = runnerOf(bert);
    await here.store.truncate(idToBytes(log), await headOf(here, log));
    bert.goOnline();
    await reads(bert, 'vier');
    await reads(anna, 'aus dem Funkloch');
    await reads(bert, 'aus dem Funkloch');
    expect(await bert.texts(TITLE)).toEqual(['eins', 'zwei', 'drei', 'vier', 'aus dem Funkloch']);
    expect(
      (await bert.timeline(runnerOf(bert).state.number)).some(({ content }) => content.type === 'gap'),
    ).toBe(false);
  });

  it('for a device that skipped a commit the others took', async () => {
    const { anna, bert, cem } = await groupOfThree();
    bert.failsToFollow = () => true;
    const { number } = runnerOf(anna).state;
    await anna.client.intend({
      type: 'remove-members',
      conversation: number,
      persons: [await anna.person('Cem Çelik')],
    });
    await until(async () => (await cem.list()).conversations[0]?.isMember === false, 'cem is out');
    await anna.send(TITLE, 'ohne Bert gesagt');
    await until(
      () => Promise.resolve(runnerOf(bert).state.progress.suspect !== undefined),
      'bert suspects it',
    );
    // At once nothing more is sealed: those in the other branch could not read it.
    await bert.send(TITLE, 'wartet');
    bert.failsToFollow = () => false;
    await reads(bert, 'ohne Bert gesagt');
    await reads(anna, 'wartet');
    expect(await bert.texts(TITLE)).toEqual(['eins', 'ohne Bert gesagt', 'wartet']);
    expect(await anna.texts(TITLE)).toEqual(['eins', 'ohne Bert gesagt', 'wartet']);
  });

  it('for a Welcome that was lost, into a direct conversation', async () => {
    const { town: here, anna, cem } = await townOfThree();
    cem.goOffline();
    await anna.client.openDirect(await anna.person('Cem Çelik'));
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Cem Çelik', 'hallo');
    const mailbox = cem.engine?.identity?.mailbox.log;
    if (mailbox === undefined) throw new Error('cem has a mailbox');
    const before = cem.engine?.runners.get(2)?.state.progress.cursor ?? 0;
    await until(async () => (await headOf(here, mailbox)) > before, 'the Welcome is sent');
    await here.store.truncate(idToBytes(mailbox), await headOf(here, mailbox));
    cem.goOnline();
    await until(() => Promise.resolve(cem.engine?.relay?.isOnline === true), 'online');
    await until(
      async () =>
        (await cem.directory()).persons.length === 3 &&
        cem.engine?.runners.get(TOWN_LOG)?.isCatchingUp === false,
      'cem has read the town',
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await cem.list()).conversations).toHaveLength(0);
    cem.skew = 2 * HOUR;
    cem.engine?.back.lookAgain();
    await reads(cem, 'hallo', 'Anna Ahrens');
    await cem.send('Anna Ahrens', 'da bin ich');
    await reads(anna, 'da bin ich', 'Cem Çelik');
  });

  it('for a device that lost the town: the town first, then its conversations', async () => {
    const { town: here, anna, bert } = await groupOfThree();
    bert.goOffline();
    await anna.client.intend({ type: 'rename-self', name: 'Anna Neu' });
    await anna.send(TITLE, 'zwei');
    const townLog = bert.engine?.runners.get(TOWN_LOG)?.log;
    if (townLog === undefined) throw new Error('bert is in a town');
    await until(
      async () => (await anna.directory()).persons.some(({ name }) => name === 'Anna Neu'),
      'renamed',
    );
    for (const log of [townLog, runnerOf(bert).log])
      await here.store.truncate(idToBytes(log), await headOf(here, log));
    bert.goOnline();
    await reads(bert, 'zwei');
    await until(
      async () => (await bert.directory()).persons.some(({ name }) => name === 'Anna Neu'),
      'bert knows',
    );
    await bert.send(TITLE, 'wieder da');
    await reads(anna, 'wieder da');
  });
});
