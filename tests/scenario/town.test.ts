import { afterEach, describe, expect, it } from 'vitest';
import { foundTown, inviteAndJoin, Town, until } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

describe('a town of three', () => {
  it('is founded, invites, and talks in pairs and groups', async () => {
    town = await Town.open();
    const anna = await town.device('anna');
    const bert = await town.device('bert');
    const cem = await town.device('cem');
    await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
    await inviteAndJoin(anna, bert, 'Bert Böhm');
    await inviteAndJoin(anna, cem, 'Cem Çelik');
    await until(async () => (await bert.directory()).persons.length === 3, 'bert knows all');

    const opened = await bert.client.openDirect(await bert.person('Anna Ahrens'));
    expect(opened.ok).toBe(true);
    await until(async () => (await bert.list()).conversations.length === 1, 'bert has a conversation');
    await bert.send('Anna Ahrens', 'Grüße aus der Kälte');
    await until(async () => (await anna.texts('Bert Böhm')).includes('Grüße aus der Kälte'), 'anna reads');
    await anna.send('Bert Böhm', 'Zurück ins Warme');
    await until(async () => (await bert.texts('Anna Ahrens')).length === 2, 'bert reads');

    const group = await cem.client.createGroup('Ordnungsamt', [await cem.person('Anna Ahrens'), await cem.person('Bert Böhm')]);
    expect(group.ok).toBe(true);
    await until(async () => (await cem.list()).conversations.length === 1, 'cem has a group');
    await cem.send('Ordnungsamt', 'Falschparker am Markt');
    await until(async () => (await bert.texts('Ordnungsamt')).length === 1, 'bert in group');
    await until(async () => (await anna.texts('Ordnungsamt')).length === 1, 'anna in group');
  });
});
