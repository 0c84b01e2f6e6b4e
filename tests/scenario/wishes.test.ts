/** What is asked for is done, or undone, as a whole: whatever the engine is about at that moment. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ConversationNumber } from '../../src/engine/views';
import { first, foundTown, inviteAndJoin, Town, until, type Device } from './town';

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
  return { anna, bert };
}

describe('a conversation that a tab begins', { timeout: 60_000 }, () => {
  it('while the pair has one already is that one, for every wish and for good', async () => {
    const { anna, bert } = await pair();
    const person = await anna.person('Bert Böhm');
    // Two tabs, neither of which has seen the other's.
    const [older, chosen] = [5_000, 6_000];
    await anna.client.intend({ type: 'open-direct', person, conversation: older });
    await anna.client.intend({ type: 'open-direct', person, conversation: chosen });
    const write = (conversation: ConversationNumber, text: string) =>
      anna.client.intend({ type: 'send-text', conversation, text });
    await write(chosen, 'eins');
    await write(older, 'zwei');
    await until(async () => (await bert.texts('Anna Ahrens')).length === 2, 'bert has both');
    await anna.restart();
    await write(chosen, 'drei');
    await until(async () => (await bert.texts('Anna Ahrens')).length === 3, 'bert has the third');
    expect(await bert.texts('Anna Ahrens')).toEqual(['eins', 'zwei', 'drei']);
    expect((await anna.list()).conversations.map(({ number }) => number)).toEqual([older]);
    // The tab that stands on the chosen number sees all of it there.
    const view = await first((on) => anna.client.observeConversation(chosen, on));
    expect(view).toMatchObject({ number: chosen, title: 'Bert Böhm' });
    const shown = async () =>
      (await anna.timeline(chosen)).map(({ content }) => (content.type === 'text' ? content.text : ''));
    await until(async () => (await shown()).length === 3, 'the chosen number shows all');
    await anna.client.intend({ type: 'set-flags', conversation: chosen, pinned: true });
    await until(async () => (await anna.list()).conversations[0]?.isPinned === true, 'flags lead there too');
  });
});

describe('a message taken back', { timeout: 60_000 }, () => {
  it('the moment the network is back is gone: nothing is sealed between looking and writing (O5)', async () => {
    const { anna, bert } = await pair();
    await anna.client.openDirect(await anna.person('Bert Böhm'));
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Bert Böhm', 'erste');
    await until(async () => (await bert.texts('Anna Ahrens')).length === 1, 'bert is in');
    anna.goOffline();
    const conversation = await anna.conversation('Bert Böhm');
    const saved = await anna.client.intend({ type: 'send-text', conversation, text: 'zweite' });
    if (!saved.ok) throw new Error(saved.error.type);
    const { engine } = anna;
    await until(() => Promise.resolve(engine?.book.waiting(conversation).length === 1), 'it waits');
    if (engine === undefined) throw new Error('anna runs');
    const write = engine.write.bind(engine);
    engine.write = async (writes, isStrict) => {
      if (writes.length === 2 && writes.every((one) => 'delete' in one && one.store === 'intents')) {
        anna.goOnline();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return write(writes, isStrict);
    };
    await anna.client.intend({ type: 'cancel-entry', conversation, entry: saved.value });
    await anna.send('Bert Böhm', 'dritte');
    await until(async () => (await bert.texts('Anna Ahrens')).includes('dritte'), 'all goes on');
    expect(await bert.texts('Anna Ahrens')).toEqual(['erste', 'dritte']);
    await until(async () => (await anna.texts('Bert Böhm')).length === 2, 'anna sees the same');
    // An own entry in the log that nobody here asked for would look like a copy of this phone.
    expect(engine.runners.get(conversation)?.state.progress.trouble).toBe('none');
  });
});
