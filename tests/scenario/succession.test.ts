import { describe, expect, it } from 'vitest';
import { createMemoryLogStore, MemoryLogs } from '../../server/stores/memoryLogStore';
import { addItem, readBoard } from '../../src/crdt/noticeBoard';
import { openSharedDoc, type SharedDoc } from '../../src/crdt/openSharedDoc';
import { platformRandom } from '../../src/crypto/random';
import { idToBytes } from '../../src/domain/ids';
import { equalBytes } from '../../src/lib/bytes';
import { townLogId } from '../../src/sync/succession';
import { MemoryStore } from '../../src/vault/memoryStore';
import { groupOfThree, TITLE, type Three } from './threePeople';
import { inviteAndJoin, until, type Device, type Town } from './town';

interface ThreeAndRelay extends Three {
  readonly relay: MemoryLogs;
}

const HOUR = 3_600_000;

async function threeAndRelay(): Promise<ThreeAndRelay> {
  const relay = new MemoryLogs();
  return { ...(await groupOfThree('Willkommen', createMemoryLogStore(relay))), relay };
}

async function say(author: Device, text: string, readers: readonly Device[]): Promise<void> {
  await author.send(TITLE, text);
  for (const reader of readers)
    await until(async () => (await reader.texts(TITLE)).includes(text), `${reader.name} reads ${text}`);
}

async function noticed(device: Device): Promise<void> {
  await until(async () => (await device.succession()).state !== 'ours', `${device.name} notices`);
  expect((await device.status()).problem).toBe('relay-changed');
}

/** As a backup holds it: everything but who it is. */
function copyOf(relay: MemoryLogs): MemoryLogs {
  const copy = new MemoryLogs();
  for (const [name, log] of structuredClone(relay.logs)) copy.logs.set(name, log);
  for (const [name, pass] of structuredClone(relay.passes)) copy.passes.set(name, pass);
  return copy;
}

/** Envelopes and slots in all logs. */
function held(relay: MemoryLogs): number {
  return [...relay.logs.values()].reduce((sum, { rows, slots }) => sum + rows.length + slots.size, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe.concurrent('another relay at the old address', { timeout: 90_000 }, () => {
  it('is taken for ours when it lost nothing: a planned move with a fresh backup (Q2)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await three.town.replaceRelay(createMemoryLogStore(copyOf(three.relay)));
    await say(bert, 'nach dem Umzug', [anna, cem]);
    await say(cem, 'gelesen', [anna, bert]);
    for (const device of [anna, bert, cem]) {
      expect((await device.succession()).state).toBe('ours');
      expect((await device.status()).problem).toBeUndefined();
    }
    // Mail finds its way as before: a new group comes into being.
    await bert.client.openDirect(await bert.person('Cem Çelik'));
    await until(async () => (await bert.list()).conversations.length === 2, 'bert has it');
    await bert.send('Cem Çelik', 'unter uns');
    await until(async () => (await cem.texts('Bert Böhm')).includes('unter uns'), 'cem reads it');
  });

  it('gets nothing when it is older than what a device has read; writing goes on (Q3)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const older = copyOf(three.relay);
    await say(anna, 'seit gestern', [bert, cem]);
    await three.town.replaceRelay(createMemoryLogStore(older));
    const before = held(older);
    for (const device of [anna, bert, cem]) await noticed(device);
    await bert.send(TITLE, 'gespeichert');
    await pause(500);
    expect(held(older)).toBe(before);
    expect(await bert.texts(TITLE)).toEqual(['Willkommen', 'seit gestern', 'gespeichert']);
    expect((await bert.status()).waiting).toBe(1);
    // Closed and opened: it still knows.
    await bert.restart();
    expect((await bert.succession()).state).toBe('waits-for-admin');
    // The right machine comes back: all goes on, and what waited arrives.
    await three.town.replaceRelay(createMemoryLogStore(three.relay));
    for (const device of [anna, cem])
      await until(async () => (await device.texts(TITLE)).includes('gespeichert'), `${device.name} has it`);
    for (const device of [anna, bert, cem]) {
      expect((await device.succession()).state).toBe('ours');
      expect((await device.status()).problem).toBeUndefined();
    }
  });

  it('gets nothing when it is empty, and says so (Q3)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const empty = new MemoryLogs();
    await three.town.replaceRelay(createMemoryLogStore(empty));
    for (const device of [anna, bert, cem]) await noticed(device);
    await cem.send(TITLE, 'ins Leere');
    await pause(300);
    expect(empty.logs.size).toBe(0);
    expect((await cem.timeline(await cem.conversation(TITLE))).at(-1)?.state).toBe('saved');
  });

  it('is noticed although it kept its name: a head below what was read', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const older = copyOf(three.relay);
    await say(anna, 'seit gestern', [bert, cem]);
    await three.town.replaceRelay({ ...createMemoryLogStore(older), identity: three.relay.identity });
    for (const device of [anna, bert, cem]) await noticed(device);
  });

  it('is noticed when it holds another history of the same length', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    for (const text of ['eins', 'zwei']) await say(anna, text, [bert, cem]);
    const other = copyOf(three.relay);
    for (const device of [anna, bert, cem]) device.goOffline();
    await three.town.replaceRelay(createMemoryLogStore(other));
    for (const log of other.logs.values()) {
      const [last, beforeLast] = [log.rows.pop(), log.rows.pop()];
      if (last === undefined || beforeLast === undefined) continue;
      // The same envelopes and the same head, in another order.
      log.rows.push({ ...last, seq: beforeLast.seq }, { ...beforeLast, seq: last.seq });
    }
    for (const device of [anna, bert, cem]) device.goOnline();
    for (const device of [anna, bert, cem]) await noticed(device);
  });

  it('says when clocks differ, and goes on', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    three.town.clockError = 10 * 60_000;
    await three.town.restartRelay();
    for (const device of [anna, bert])
      await until(async () => (await device.status()).problem === 'clock-wrong', device.name);
    await say(bert, 'trotzdem', [anna, cem]);
    three.town.clockError = 0;
    await three.town.restartRelay();
    await until(async () => (await bert.status()).problem === undefined, 'all is well');
  });
});

/** An empty relay at the old address; Anna, the admin, opens its link in her app. */
async function destroyed({ town: place, anna, bert, cem }: ThreeAndRelay): Promise<MemoryLogs> {
  const empty = new MemoryLogs();
  await place.replaceRelay(createMemoryLogStore(empty));
  for (const device of [anna, bert, cem]) if (!device.isOffline) await noticed(device);
  return empty;
}

async function confirm(place: Town, admin: Device): Promise<void> {
  await admin.client.intend({ type: 'continue-town', token: await place.setupToken() });
}

async function continued(devices: readonly Device[]): Promise<void> {
  for (const device of devices)
    await until(
      async () => (await device.succession()).continuedAt !== undefined,
      `${device.name} goes on`,
      30_000,
    );
}

async function allRead(devices: readonly Device[], texts: readonly string[]): Promise<void> {
  for (const device of devices)
    await until(
      async () => {
        const found = await device.texts(TITLE);
        return texts.every((text) => found.includes(text));
      },
      `${device.name} reads ${texts.join(', ')}`,
      45_000,
    );
}

async function onBoard<T>(device: Device, work: (doc: SharedDoc['doc']) => T): Promise<T> {
  const channel = await device.client.documentChannel(await device.conversation(TITLE), 'board');
  const page = new EventTarget();
  const board = openSharedDoc({ channel, documentId: 'board', random: platformRandom, page });
  await board.whenSynced;
  const result = work(board.doc);
  await board.destroy();
  return result;
}

function itemsOf(device: Device): Promise<readonly string[]> {
  return onBoard(device, (doc) => readBoard(doc).items.map(({ text }) => text));
}

describe.concurrent('the town goes on at another relay', { timeout: 120_000 }, () => {
  it('after its relay was destroyed, once an admin has confirmed the new one (Q6–Q8)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await say(bert, 'vor dem Brand', [anna, cem]);
    await destroyed(three);
    await cem.send(TITLE, 'geschrieben, während nichts da war');
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    const all = ['Willkommen', 'vor dem Brand', 'geschrieben, während nichts da war'];
    await allRead([anna, bert, cem], all);
    await say(anna, 'weiter', [bert, cem]);
    await say(bert, 'ja', [anna, cem]);
    for (const device of [anna, bert, cem]) {
      expect(await device.texts(TITLE), device.name).toEqual([...all, 'weiter', 'ja']);
      const lines = (await device.timeline(await device.conversation(TITLE))).filter(
        ({ content }) => content.type === 'system' && content.event.type === 'continued',
      );
      expect(lines).toHaveLength(1);
      expect((await device.status()).problem).toBeUndefined();
      expect((await device.status()).waiting).toBe(0);
    }
  });

  it('keeps a message that only one surviving phone had', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    // Anna, who will confirm, and Cem are away when Bert writes; only Bert reads it back.
    anna.goOffline();
    cem.goOffline();
    await say(bert, 'nur Bert hat das', [bert]);
    await until(async () => (await bert.status()).waiting === 0, 'handed over');
    await pause(300);
    await destroyed(three);
    anna.goOnline();
    cem.goOnline();
    for (const device of [anna, cem]) await noticed(device);
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await allRead([anna, cem], ['nur Bert hat das']);
    for (const device of [anna, bert, cem])
      expect((await device.texts(TITLE)).filter((text) => text === 'nur Bert hat das')).toHaveLength(1);
    // It is Bert's, whoever posted it.
    const item = (await cem.timeline(await cem.conversation(TITLE))).at(-1);
    expect(item?.authorName).toBe('Bert Böhm');
  });

  it('keeps what the lost relay had taken and nobody had read back', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    // Anna reads it, Bert himself never hears that it arrived.
    cem.goOffline();
    bert.hears = (frame) => (frame.length > 300 ? 'never' : 'now');
    await bert.send(TITLE, 'angekommen?');
    await until(async () => (await anna.texts(TITLE)).includes('angekommen?'), 'anna has it');
    bert.hears = undefined;
    await three.town.replaceRelay(createMemoryLogStore(new MemoryLogs()));
    cem.goOnline();
    for (const device of [anna, bert, cem]) await noticed(device);
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await allRead([anna, bert, cem], ['angekommen?']);
    await say(cem, 'ja', [anna, bert]);
    for (const device of [anna, bert, cem])
      expect(await device.texts(TITLE), device.name).toEqual(['Willkommen', 'angekommen?', 'ja']);
    expect((await bert.status()).waiting).toBe(0);
  });

  it('merges what was written on both sides of an old backup', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const yesterday = copyOf(three.relay);
    cem.goOffline();
    await say(bert, 'vor dem Ausfall', [anna]);
    // Cem has read no more than the backup holds: for him nothing is missing, and he goes on there.
    await three.town.replaceRelay(createMemoryLogStore(yesterday));
    for (const device of [anna, bert]) await noticed(device);
    cem.goOnline();
    await say(cem, 'danach, bei Cem', [cem]);
    await until(async () => (await cem.status()).waiting === 0, 'handed over');
    expect((await cem.succession()).state).toBe('ours');
    await bert.send(TITLE, 'danach, bei Bert');
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await allRead([anna, bert, cem], ['vor dem Ausfall', 'danach, bei Cem', 'danach, bei Bert']);
    for (const device of [anna, bert, cem]) {
      const texts = await device.texts(TITLE);
      expect(new Set(texts).size, device.name).toBe(texts.length);
    }
  });

  it('by one admin’s word, when two try', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await anna.client.intend({ type: 'set-admin', person: await anna.person('Bert Böhm'), isAdmin: true });
    for (const device of [anna, bert, cem])
      await until(
        async () => (await device.directory()).persons.filter(({ isAdmin }) => isAdmin).length === 2,
        'two admins',
      );
    // A restored relay knows both: neither needs the link to come first.
    const yesterday = copyOf(three.relay);
    await say(cem, 'seit gestern', [anna, bert]);
    await three.town.replaceRelay(createMemoryLogStore(yesterday));
    for (const device of [anna, bert, cem]) await noticed(device);
    const token = await three.town.setupToken();
    await Promise.all([anna, bert].map((device) => device.client.intend({ type: 'continue-town', token })));
    await continued([anna, bert, cem]);
    await say(anna, 'eins', [bert, cem]);
    await say(bert, 'zwei', [anna, cem]);
    for (const device of [anna, bert, cem])
      expect(await device.texts(TITLE)).toEqual(['Willkommen', 'seit gestern', 'eins', 'zwei']);
  });

  it('not by the word of somebody who is no admin', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const empty = await destroyed(three);
    await confirm(three.town, bert);
    await until(async () => (await bert.succession()).problem === 'not-admin', 'bert is told');
    expect(empty.logs.size).toBe(0);
    // The link was not used up.
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await say(bert, 'danke', [anna, cem]);
  });

  it('although somebody took the name of the town’s next log', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const yesterday = copyOf(three.relay);
    await say(anna, 'seit gestern', [bert, cem]);
    const founding = anna.engine?.directory().founding ?? new Uint8Array(32);
    const hash = new Uint8Array(32);
    const squatted = createMemoryLogStore(yesterday);
    const log = idToBytes(townLogId(founding, 1));
    await squatted.create({ log, kind: 0, readHash: hash, writeHash: hash, closeHash: hash });
    await three.town.replaceRelay(squatted);
    for (const device of [anna, bert, cem]) await noticed(device);
    await confirm(three.town, anna);
    await until(async () => (await anna.succession()).state === 'waits-for-other', 'anna is told');
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await say(bert, 'weiter', [anna, cem]);
  });

  it('and nobody keeps a pass by taking that name (B1)', async () => {
    const { town, relay, anna, cem } = await threeAndRelay();
    const founding = anna.engine?.directory().founding ?? new Uint8Array(32);
    const hash = new Uint8Array(32);
    const log = idToBytes(townLogId(founding, 1));
    await town.store.create({ log, kind: 0, readHash: hash, writeHash: hash, closeHash: hash });
    await town.restartRelay();
    await until(async () => (await anna.status()).problem === 'town-differs', 'anna is told');
    const device = cem.engine?.identity?.device;
    const key = device && anna.engine?.directory().devices[device]?.facts.relayKey;
    const hasPass = () => [...relay.passes.values()].some((pass) => key && equalBytes(pass.key, key));
    expect(hasPass()).toBe(true);
    await anna.client.intend({ type: 'remove-person', person: await anna.person('Cem Çelik') });
    await until(() => Promise.resolve(!hasPass()), 'cem has no pass');
    expect(relay.passes.size).toBe(2);
  });

  it('says that a link was used, and can be asked again', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await destroyed(three);
    await anna.client.intend({ type: 'continue-town', token: 'A'.repeat(43) });
    await until(async () => (await anna.succession()).problem === 'link-used', 'anna is told');
    expect((await anna.succession()).state).toBe('waits-for-admin');
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
  });

  it('after the admin’s app was closed in the middle', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await destroyed(three);
    anna.goOffline();
    await confirm(three.town, anna);
    await until(async () => (await anna.succession()).state === 'continuing', 'anna has confirmed');
    anna.stop();
    anna.isOffline = false;
    await anna.start();
    await continued([anna, bert, cem]);
    await say(cem, 'weiter', [anna, bert]);
  });

  it('without whoever had been removed, also when the confirming admin did not know it (Q8)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await anna.client.intend({ type: 'set-admin', person: await anna.person('Bert Böhm'), isAdmin: true });
    await until(
      async () => (await bert.directory()).persons.filter(({ isAdmin }) => isAdmin).length === 2,
      'two admins',
    );
    anna.goOffline();
    cem.goOffline();
    await bert.client.intend({ type: 'remove-person', person: await bert.person('Cem Çelik') });
    await until(
      async () => (await bert.directory()).persons.some(({ isActive }) => !isActive),
      'bert has removed cem',
    );
    await destroyed(three);
    anna.goOnline();
    await noticed(anna);
    await confirm(three.town, anna);
    await continued([anna, bert]);
    await until(
      async () => (await anna.directory()).persons.some(({ isActive }) => !isActive),
      'anna learns of it',
      30_000,
    );
    await until(
      () => Promise.resolve(anna.engine?.conversations()[0]?.state.group?.leaves.length === 2),
      'the group is without cem',
      30_000,
    );
    await say(anna, 'unter uns', [bert]);
    cem.goOnline();
    await pause(2_000);
    expect(await cem.texts(TITLE)).not.toContain('unter uns');
  });

  it('a second time', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    for (const round of ['erste', 'zweite']) {
      await destroyed(three);
      const before = (await anna.succession()).continuedAt ?? 0;
      await confirm(three.town, anna);
      for (const device of [anna, bert, cem])
        await until(
          async () => ((await device.succession()).continuedAt ?? 0) > before,
          `${device.name} goes on`,
          30_000,
        );
      await say(bert, `${round} Runde`, [anna, cem]);
    }
    for (const device of [anna, bert, cem])
      expect(await device.texts(TITLE)).toEqual(['Willkommen', 'erste Runde', 'zweite Runde']);
  });

  it('with the admin whose phone goes back to before it took the town there (B1)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const yesterday = copyOf(three.relay);
    const profile = anna.store.snapshot();
    await say(bert, 'seit gestern', [anna, cem]);
    await three.town.replaceRelay(createMemoryLogStore(yesterday));
    for (const device of [anna, bert, cem]) await noticed(device);
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await say(bert, 'im neuen', [anna, cem]);
    anna.stop();
    anna.store = MemoryStore.fromSnapshot(profile);
    await anna.start();
    // To this profile nothing is missing here; but the town's next log is there, and she has no key to it.
    await until(async () => (await anna.status()).problem === 'town-differs', 'anna is told');
    anna.skew = 2 * HOUR;
    anna.engine?.back.lookAgain();
    await until(() => Promise.resolve(anna.engine?.generation === 1), 'anna follows');
    // What her conversations go on in is in the town's log, and is waited for an hour from when she has read it.
    const isRead = () => Object.keys(anna.engine?.directory().continued ?? {}).length > 0;
    await until(() => Promise.resolve(isRead()), 'anna knows where the conversation goes on');
    anna.engine?.back.lookAgain();
    await pause(1_000);
    anna.skew = 4 * HOUR;
    anna.engine?.back.lookAgain();
    await allRead([anna], ['seit gestern', 'im neuen']);
    await say(anna, 'wieder da', [bert, cem]);
  });

  it('with the admin whose phone goes back behind her own move there (Q6, B1)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const profile = anna.store.snapshot();
    await destroyed(three);
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    await say(bert, 'im neuen', [anna, cem]);
    anna.stop();
    anna.store = MemoryStore.fromSnapshot(profile);
    await anna.start();
    await noticed(anna);
    // Her leaf is in the next town: nobody sends her a Welcome.
    await confirm(three.town, anna);
    await until(async () => (await anna.succession()).state === 'waits-for-other', 'anna waits');
    // Noticed at the first look, asked for at the next.
    for (let looks = 0; looks < 3; looks++) {
      anna.skew += HOUR / 50;
      anna.engine?.back.lookAgain();
      await pause(500);
    }
    await until(() => Promise.resolve(anna.engine?.generation === 1), 'anna follows');
    // So do her conversations wait for the one that she is in already.
    anna.engine?.back.lookAgain();
    await until(async () => (await anna.status()).connection.state === 'online', 'anna is online');
    await pause(500);
    anna.skew = 2 * HOUR;
    anna.engine?.back.lookAgain();
    await allRead([anna], ['im neuen']);
    await say(anna, 'wieder da', [bert, cem]);
    await say(cem, 'schön', [anna, bert]);
  });

  it('from before its last move, when the only admin’s phone went back and that relay is lost, too (Q7)', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    const all = [anna, bert, cem];
    const profile = anna.store.snapshot();
    const second = await destroyed(three);
    await confirm(three.town, anna);
    await continued(all);
    await say(bert, 'im zweiten', [anna, cem]);
    const yesterday = copyOf(second);
    await say(anna, 'von Anna, die es vergisst', [bert, cem]);
    anna.stop();
    anna.store = MemoryStore.fromSnapshot(profile);
    await three.town.replaceRelay(createMemoryLogStore(yesterday));
    await anna.start();
    for (const device of all) await noticed(device);
    await confirm(three.town, anna);
    await until(async () => (await anna.succession()).state === 'waits-for-other', 'anna waits');
    // All others have lost this relay: nobody can let her in, and she goes on from what she has.
    await confirm(three.town, anna);
    for (const device of all)
      await until(() => Promise.resolve(device.engine?.generation === 2), `${device.name} goes on`);
    await allRead(all, ['Willkommen', 'im zweiten', 'von Anna, die es vergisst']);
    await say(anna, 'im dritten', [bert, cem]);
    await say(cem, 'ja', [anna, bert]);
    for (const device of all) {
      expect((await device.list()).conversations, device.name).toHaveLength(1);
      expect(new Set(await device.texts(TITLE)).size, device.name).toBe(5);
      expect(await device.texts(TITLE), device.name).toHaveLength(5);
    }
  });

  it('with pairs, what is read, and newcomers', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await bert.client.openDirect(await bert.person('Cem Çelik'));
    await until(async () => (await bert.list()).conversations.length === 2, 'bert has it');
    await bert.send('Cem Çelik', 'unter uns');
    await until(async () => (await cem.texts('Bert Böhm')).includes('unter uns'), 'cem reads it');
    const direct = await cem.conversation('Bert Böhm');
    await cem.client.intend({
      type: 'mark-read',
      conversation: direct,
      upTo: (await cem.timeline(direct)).at(-1)?.order ?? 0,
    });
    const stateOf = async (text: string): Promise<string | undefined> =>
      (await bert.timeline(await bert.conversation('Cem Çelik'))).find(
        ({ content }) => content.type === 'text' && content.text === text,
      )?.state;
    await until(async () => (await stateOf('unter uns')) === 'read', 'bert sees that');
    await destroyed(three);
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    expect(await stateOf('unter uns')).toBe('read');
    await bert.send('Cem Çelik', 'noch immer unter uns');
    await until(
      async () => (await cem.texts('Bert Böhm')).includes('noch immer unter uns'),
      'cem reads on',
      30_000,
    );
    const dora = await three.town.device('dora');
    await inviteAndJoin(anna, dora, 'Dora Dinç');
    await anna.client.intend({
      type: 'add-members',
      conversation: await anna.conversation(TITLE),
      persons: [await anna.person('Dora Dinç')],
    });
    await until(async () => (await dora.texts(TITLE)).includes('Willkommen'), 'dora reads what was before');
    await say(dora, 'Hallo', [anna, bert, cem]);
  });

  it('with the notice board, also what was put on it meanwhile', async () => {
    const three = await threeAndRelay();
    const { anna, bert, cem } = three;
    await onBoard(bert, (doc) => addItem(doc, 'eins', 'Schlüssel abholen'));
    for (const device of [anna, cem])
      await until(async () => (await itemsOf(device)).length === 1, `${device.name} sees the board`);
    await destroyed(three);
    await onBoard(cem, (doc) => addItem(doc, 'zwei', 'Funkgerät laden'));
    await confirm(three.town, anna);
    await continued([anna, bert, cem]);
    for (const device of [anna, bert, cem])
      await until(async () => (await itemsOf(device)).length === 2, `${device.name} sees both`);
    await onBoard(anna, (doc) => addItem(doc, 'drei', 'Tor prüfen'));
    for (const device of [bert, cem])
      await until(async () => (await itemsOf(device)).length === 3, `${device.name} sees all`);
    expect(await itemsOf(cem)).toEqual(await itemsOf(anna));
  });
});
