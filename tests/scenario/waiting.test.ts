/** Whoever was long without network, or without the app, has thousands of messages waiting. */
import { afterEach, describe, expect, it } from 'vitest';
import { foundTown, inviteAndJoin, Town, until, type Device } from './town';

const COUNT = 600;

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

async function pair(): Promise<{ readonly anna: Device; readonly bert: Device }> {
  town = await Town.open();
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await inviteAndJoin(anna, bert, 'Bert Böhm');
  await until(async () => (await anna.directory()).persons.length === 2, 'anna knows bert');
  await anna.client.openDirect(await anna.person('Bert Böhm'));
  await until(async () => (await anna.list()).conversations.length === 1, 'anna has the conversation');
  await anna.send('Bert Böhm', 'erste');
  await until(async () => (await bert.texts('Anna Ahrens')).length === 1, 'bert is in');
  return { anna, bert };
}

describe('thousands of waiting messages', { timeout: 120_000 }, () => {
  it('are taken up and acknowledged in few batches, and arrive once and in order (O1, O2)', async () => {
    const { anna, bert } = await pair();
    const conversation = await anna.conversation('Bert Böhm');
    anna.stop();
    anna.isOffline = true;
    for (let i = 0; i < COUNT; i++)
      await anna.client.intend({ type: 'send-text', conversation, text: `Nachricht ${i}` });
    let commits = 0;
    anna.faults = {
      failWrite: () => {
        commits += 1;
        return undefined;
      },
    };
    await anna.start();
    const waiting = () => anna.engine?.book.waiting(conversation).length ?? 0;
    await until(() => Promise.resolve(waiting() === COUNT), 'all are taken up');
    // A batch for each would be as many as there are.
    expect(commits).toBeLessThan(COUNT / 10);
    anna.goOnline();
    await until(() => Promise.resolve(waiting() === 0), 'all are in the log');
    expect(commits).toBeLessThan(COUNT / 5);
    const log = anna.engine?.runners.get(conversation);
    const cursor = () =>
      log === undefined ? undefined : bert.engine?.runnerOf(log.log)?.state.progress.cursor;
    await until(() => Promise.resolve(cursor() === log?.state.progress.cursor), 'bert has all');
    const all: string[] = [];
    const signal = new AbortController().signal;
    for await (const hit of bert.client.search('Nachricht', signal)) all.push(hit.text);
    expect(all.reverse()).toEqual(Array.from({ length: COUNT }, (_, i) => `Nachricht ${i}`));
  });
});
