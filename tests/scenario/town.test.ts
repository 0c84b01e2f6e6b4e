import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../../src/engine/views';
import { townOfThree, type Three } from './threePeople';
import { first, until, type Device } from './town';

async function group({ anna, bert, cem }: Three, title: string): Promise<void> {
  const persons = [await anna.person('Bert Böhm'), await anna.person('Cem Çelik')];
  const created = await anna.client.createGroup(title, persons);
  expect(created.ok).toBe(true);
  await until(async () => (await anna.list()).conversations.some((c) => c.title === title), 'anna has it');
  await anna.send(title, 'Willkommen');
  for (const device of [bert, cem])
    await until(async () => (await device.texts(title)).includes('Willkommen'), `${device.name} is in`);
}

async function allRead(devices: readonly Device[], title: string, texts: readonly string[]): Promise<void> {
  for (const device of devices)
    await until(async () => (await device.texts(title)).length >= texts.length, `${device.name} has all`);
  for (const device of devices) expect(await device.texts(title), device.name).toEqual(texts);
}

describe('a town of three', { timeout: 60_000 }, () => {
  it('is founded, invites, and talks in pairs and groups', async () => {
    const three = await townOfThree();
    const { anna, bert } = three;
    await bert.client.openDirect(await bert.person('Anna Ahrens'));
    await until(async () => (await bert.list()).conversations.length === 1, 'bert has a conversation');
    await bert.send('Anna Ahrens', 'Grüße aus der Kälte');
    await until(async () => (await anna.texts('Bert Böhm')).includes('Grüße aus der Kälte'), 'anna reads');
    await anna.send('Bert Böhm', 'Zurück ins Warme');
    await allRead([bert], 'Anna Ahrens', ['Grüße aus der Kälte', 'Zurück ins Warme']);
    await group(three, 'Ordnungsamt');
  });

  it('delivers what was written without network, once and in order, after a crash (O1, O2)', async () => {
    const three = await townOfThree();
    await group(three, 'Ordnungsamt');
    const { anna, bert, cem } = three;
    bert.goOffline();
    const written = ['eins', 'zwei', 'drei', 'vier', 'fünf'];
    for (const text of written) await bert.send('Ordnungsamt', text);
    bert.stop();
    await bert.start();
    expect((await bert.texts('Ordnungsamt')).slice(1)).toEqual(written);
    let queue: readonly QueueItem[] = [];
    const stop = bert.client.observeQueue((items) => {
      queue = items;
    });
    await until(() => Promise.resolve(queue.length === written.length), 'the queue shows');
    stop();
    expect(queue.map((item) => item.text)).toEqual(written);
    expect(queue.every((item) => item.waitsFor === 'network')).toBe(true);
    await anna.send('Ordnungsamt', 'inzwischen');
    await until(async () => (await cem.texts('Ordnungsamt')).includes('inzwischen'), 'cem has it');
    bert.goOnline();
    await allRead([anna, bert, cem], 'Ordnungsamt', ['Willkommen', 'inzwischen', ...written]);
  });

  it('goes on over a relay that was killed in mid-conversation', async () => {
    const three = await townOfThree();
    await group(three, 'Bauhof');
    const { anna, bert, cem } = three;
    const texts = ['Willkommen'];
    for (let i = 0; i < 6; i++) {
      const text = `Nachricht ${i}`;
      await anna.send('Bauhof', text);
      texts.push(text);
      if (i % 2 === 0) await three.town.restartRelay();
    }
    await allRead([anna, bert, cem], 'Bauhof', texts);
  });

  it('shows delivered and read (A1–A4)', async () => {
    const three = await townOfThree();
    const { anna, bert } = three;
    await anna.client.openDirect(await anna.person('Bert Böhm'));
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Bert Böhm', 'Bitte lesen');
    const stateAt = async (): Promise<string | undefined> =>
      (await anna.timeline(await anna.conversation('Bert Böhm'))).at(-1)?.state;
    await until(async () => (await stateAt()) === 'delivered', 'delivered');
    const conversation = await bert.conversation('Anna Ahrens');
    const upTo = (await bert.timeline(conversation)).at(-1)?.order ?? 0;
    expect((await bert.list()).conversations[0]?.unread).toBe(1);
    await bert.client.intend({ type: 'mark-read', conversation, upTo });
    await until(async () => (await stateAt()) === 'read', 'read');
    await until(async () => (await bert.list()).conversations[0]?.unread === 0, 'nothing unread');
  });

  it('lets a removed member open nothing written afterwards (G10, P7)', async () => {
    const three = await townOfThree();
    await group(three, 'Streng vertraulich');
    const { anna, bert, cem } = three;
    const conversation = await anna.conversation('Streng vertraulich');
    await anna.client.intend({
      type: 'remove-members',
      conversation,
      persons: [await anna.person('Cem Çelik')],
    });
    await anna.send('Streng vertraulich', 'ohne Cem');
    await until(async () => (await bert.texts('Streng vertraulich')).includes('ohne Cem'), 'bert reads');
    await until(async () => (await cem.list()).conversations[0]?.isMember === false, 'cem knows');
    expect(await cem.texts('Streng vertraulich')).toEqual(['Willkommen']);
    await anna.client.intend({
      type: 'add-members',
      conversation,
      persons: [await anna.person('Cem Çelik')],
    });
    await until(async () => (await cem.list()).conversations[0]?.isMember === true, 'cem is back');
    await bert.send('Streng vertraulich', 'wieder mit Cem');
    await until(
      async () => (await cem.texts('Streng vertraulich')).includes('wieder mit Cem'),
      'cem reads again',
    );
    // What was written without him is not handed over either (J4).
    expect(await cem.texts('Streng vertraulich')).toEqual(['Willkommen', 'wieder mit Cem']);
  });

  it('lets members leave, and renames', async () => {
    const three = await townOfThree();
    await group(three, 'Alt');
    const { anna, bert, cem } = three;
    await bert.client.intend({
      type: 'rename-group',
      conversation: await bert.conversation('Alt'),
      title: 'Neu',
    });
    for (const device of [anna, cem])
      await until(async () => (await device.list()).conversations[0]?.title === 'Neu', 'renamed');
    await anna.client.intend({ type: 'leave-group', conversation: await anna.conversation('Neu') });
    await until(async () => (await anna.list()).conversations[0]?.isMember === false, 'anna left');
    await bert.send('Neu', 'unter uns');
    await until(async () => (await cem.texts('Neu')).includes('unter uns'), 'cem reads');
    expect(await anna.texts('Neu')).not.toContain('unter uns');
    const view = await first((onValue) => cem.client.observeConversation(0, onValue));
    expect(view).toBeUndefined();
  });

  it('joins two direct conversations begun at once into the first claim (D7)', async () => {
    const { bert, cem } = await townOfThree();
    bert.goOffline();
    cem.goOffline();
    await bert.client.openDirect(await bert.person('Cem Çelik'));
    await cem.client.openDirect(await cem.person('Bert Böhm'));
    await until(async () => (await bert.list()).conversations.length === 1, 'bert begun');
    await until(async () => (await cem.list()).conversations.length === 1, 'cem begun');
    await bert.send('Cem Çelik', 'von Bert');
    await cem.send('Bert Böhm', 'von Cem');
    bert.goOnline();
    cem.goOnline();
    await until(async () => (await bert.texts('Cem Çelik')).length === 2, 'bert has both');
    await until(async () => (await cem.texts('Bert Böhm')).length === 2, 'cem has both');
    expect(await bert.texts('Cem Çelik')).toEqual(await cem.texts('Bert Böhm'));
    expect((await bert.list()).conversations).toHaveLength(1);
    expect((await cem.list()).conversations).toHaveLength(1);
  });

  it('founds a group without network, which comes into being on reconnect', async () => {
    const { anna, bert, cem } = await townOfThree();
    cem.goOffline();
    await cem.client.createGroup('Im Funkloch', [
      await cem.person('Anna Ahrens'),
      await cem.person('Bert Böhm'),
    ]);
    await until(async () => (await cem.list()).conversations.length === 1, 'cem has it');
    expect((await cem.list()).conversations[0]?.title).toBe('Im Funkloch');
    await cem.send('Im Funkloch', 'offline gegründet');
    await cem.restart();
    cem.goOnline();
    await allRead([anna, bert, cem], 'Im Funkloch', ['offline gegründet']);
  });

  it('says in plain words what is wrong with a link (J1)', async () => {
    const { town: here, anna, bert } = await townOfThree();
    const link = (await anna.invitations())[0]?.link ?? '';
    const late = await here.device('late');
    await late.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(async () => {
      const setup = await late.setup();
      return setup.phase === 'joining' && setup.problem === 'link-used';
    }, 'used');
    await late.client.intend({ type: 'cancel-setup' });
    await until(async () => (await late.setup()).phase === 'empty', 'empty again');
    expect(late.client.readLink('irgendwas').type).toBe('damaged');
    expect(late.client.readLink(link.slice(0, -3)).type).toBe('damaged');
    expect(late.client.readLink(link)).toMatchObject({
      type: 'invitation',
      isExpired: false,
      isForeign: false,
    });
    expect(late.client.readLink(link.replace('http://town.test', 'https://other.test'))).toMatchObject({
      isForeign: true,
    });
    expect(bert.client.readLink('').type).toBe('none');
  });

  it('finds texts with umlauts and ß folded, newest first', async () => {
    const three = await townOfThree();
    await group(three, 'Bauhof');
    const { anna } = three;
    await anna.send('Bauhof', 'Die Straße ist gesperrt');
    await anna.send('Bauhof', 'Müllabfuhr an der STRASSE');
    await until(async () => (await anna.texts('Bauhof')).length === 3, 'all there');
    await until(
      async () =>
        (await anna.timeline(await anna.conversation('Bauhof'))).every((item) => item.relayAt !== undefined),
      'in the log',
    );
    const found: string[] = [];
    for await (const hit of anna.client.search('strasse', new AbortController().signal))
      found.push(hit.text.slice(hit.matchStart, hit.matchEnd));
    expect(found).toEqual(['STRASSE', 'Straße']);
    const muell: string[] = [];
    for await (const hit of anna.client.search('uell', new AbortController().signal)) muell.push(hit.text);
    expect(muell).toHaveLength(1);
  });

  it('blocks a device: its pass is gone and it opens nothing new', async () => {
    const three = await townOfThree();
    await group(three, 'Team');
    const { anna, bert, cem } = three;
    const lost = await anna.person('Cem Çelik');
    const device = (await anna.directory()).devices.find((candidate) => candidate.person === lost);
    await anna.client.intend({ type: 'block-device', device: device?.id ?? ('' as never) });
    await anna.send('Team', 'ohne das verlorene Telefon');
    await until(async () => (await bert.texts('Team')).includes('ohne das verlorene Telefon'), 'bert reads');
    expect(await cem.texts('Team')).toEqual(['Willkommen']);
  });
});
