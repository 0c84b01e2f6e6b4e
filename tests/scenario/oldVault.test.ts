/**
 * Phones that were not updated for long: a vault the first version wrote opens in this one, shows everything,
 * and goes on with what was under way. The fixture is frozen; see `fixtures/writeTown.ts`.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBoard } from '../../src/crdt/noticeBoard';
import { openSharedDoc } from '../../src/crdt/openSharedDoc';
import { platformRandom } from '../../src/crypto/random';
import { createTsMlsGroupCrypto } from '../../src/crypto/tsMlsGroup';
import { Engine } from '../../src/engine/engine';
import { VaultClient } from '../../src/engine/vaultClient';
import { SealedRecords } from '../../src/records/sealedRecords';
import { openDexieVault } from '../../src/vault/dexieVault';
import { createFakeDevice } from '../unit/vault/fakeDevice';
import {
  layDatabase,
  memoryStoreOf,
  raiseVersion,
  readTown,
  relayStoreOf,
  rowsOfDatabase,
} from '../unit/vault/fixtures/town';
import { Device, first, ORIGIN, realClock, Town, until } from './town';

const dump = readTown('town-2026-11-24.json');

let town: Town | undefined;
beforeEach(() => {
  // The day it was made, and time goes on from there: packages have a lifetime.
  const shift = dump.madeAt - Date.now();
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + shift);
});
afterEach(async () => {
  await town?.close();
  town = undefined;
  vi.restoreAllMocks();
});

async function boardOf(device: Device): Promise<ReturnType<typeof readBoard>> {
  const channel = await device.client.documentChannel(await device.conversation('Bauhof'), 'board');
  const board = openSharedDoc({
    channel,
    documentId: 'board',
    random: platformRandom,
    page: new EventTarget(),
  });
  await board.whenSynced;
  const content = readBoard(board.doc);
  await board.destroy();
  return content;
}

/** Started without network, so that nothing has changed yet. */
async function annaOffline(): Promise<Device> {
  town = await Town.open(await relayStoreOf(dump));
  const anna = new Device(town, 'anna', await memoryStoreOf(dump.vaults.anna));
  anna.isOffline = true;
  town.devices.push(anna);
  await anna.start();
  return anna;
}

describe('a vault of the first version', () => {
  it('shows everything it holds, without network', async () => {
    const anna = await annaOffline();
    expect((await anna.setup()).phase).toBe('ready');
    const { persons, townName } = await anna.directory();
    expect(townName).toBe('Musterstadt');
    expect(persons.map(({ name }) => name).sort()).toEqual(['Anna Ahrens', 'Bert Böhm', 'Cem Çelik']);
    const { conversations } = await anna.list();
    expect(conversations.map(({ title, kind }) => [title, kind]).sort()).toEqual([
      ['Bauhof', 'group'],
      ['Bert Böhm', 'direct'],
    ]);
    expect(await anna.texts('Bert Böhm')).toEqual([
      'Grüße aus der Kälte',
      'Zurück ins Warme',
      'Unterwegs, als das Netz wegblieb',
      'Ohne Netz geschrieben',
    ]);
    expect(await anna.texts('Bauhof')).toEqual(['Fahrzeug 3 ist zurück', 'Willkommen, Cem']);
    expect(await anna.client.readDraft(await anna.conversation('Bert Böhm'))).toBe('Noch nicht abgeschickt');
    expect(await boardOf(anna)).toMatchObject({
      title: 'Dienst am Freitag',
      text: 'Fahrzeug 3 ist in der Werkstatt',
      items: [{ text: 'Reifen bestellen' }],
    });
    for (const runner of anna.engine?.runners.values() ?? [])
      expect(runner.state.progress.trouble).toBe('none');
  });

  it('holds what was under way: a flight, a commit, what waits', async () => {
    const anna = await annaOffline();
    const states = [...(anna.engine?.runners.values() ?? [])].map(({ state }) => state);
    expect(states.filter(({ flight }) => flight !== undefined)).toHaveLength(1);
    expect(states.filter(({ pendingCommit }) => pendingCommit !== undefined)).toHaveLength(1);
    let waiting: readonly { readonly text: string }[] = [];
    const stop = anna.client.observeQueue((items) => {
      waiting = items;
    });
    await until(() => Promise.resolve(waiting.length > 0), 'what waits is shown');
    stop();
    expect(waiting.map(({ text }) => text).sort()).toEqual([
      'Ohne Netz geschrieben',
      'Unterwegs, als das Netz wegblieb',
      'Willkommen, Cem',
    ]);
  });

  it('goes on: what was under way arrives once, and both talk', async () => {
    town = await Town.open(await relayStoreOf(dump));
    const anna = await town.device('anna', await memoryStoreOf(dump.vaults.anna));
    const bert = await town.device('bert', await memoryStoreOf(dump.vaults.bert));
    await until(async () => (await bert.texts('Anna Ahrens')).length === 4, 'bert reads what waited');
    expect(await bert.texts('Anna Ahrens')).toEqual([
      'Grüße aus der Kälte',
      'Zurück ins Warme',
      'Unterwegs, als das Netz wegblieb',
      'Ohne Netz geschrieben',
    ]);
    await until(async () => (await bert.texts('Bauhof')).length === 2, 'bert reads in the group');
    await until(async () => (await anna.status()).waiting === 0, 'nothing waits any more');
    // The commit that adds Cem is in force: his device is in the group that Bert sees.
    const group = await bert.conversation('Bauhof');
    const runner = bert.engine?.runners.get(group);
    expect(runner?.state.group?.leaves).toHaveLength(3);
    await bert.send('Bauhof', 'Alles da');
    await until(async () => (await anna.texts('Bauhof')).includes('Alles da'), 'anna reads');
    expect(await anna.texts('Bauhof')).toEqual(['Fahrzeug 3 ist zurück', 'Willkommen, Cem', 'Alles da']);
    for (const device of [anna, bert])
      for (const one of device.engine?.runners.values() ?? [])
        expect(one.state.progress.trouble).toBe('none');
  });
});

describe('its database', () => {
  it('is opened by this version, and the engine starts over it', async () => {
    const device = createFakeDevice();
    await layDatabase(dump.vaults.bert, device.indexedDB, device.name);
    const vault = await openDexieVault(device);
    if (!vault.ok) throw new Error(vault.error.type);
    const engine = await Engine.start({
      vault: vault.value,
      network: {
        connect: (_, events) => (
          queueMicrotask(() => events.onClose()),
          { send: () => undefined, close: () => undefined }
        ),
      },
      clock: realClock,
      random: platformRandom,
      groups: createTsMlsGroupCrypto({ now: Date.now, random: platformRandom }),
      onEnd: () => undefined,
    });
    if (!(engine instanceof Engine)) throw new Error(engine.type);
    const records = await SealedRecords.over(vault.value);
    if (!records.ok) throw new Error(records.error.type);
    const client = new VaultClient({
      records: records.value,
      clock: realClock,
      random: platformRandom,
      origin: ORIGIN,
      onErased: () => undefined,
    });
    const { conversations } = await first<{ readonly conversations: readonly { readonly title: string }[] }>(
      (onValue) => client.observeList(onValue),
    );
    expect(conversations.map(({ title }) => title).sort()).toEqual(['Anna Ahrens', 'Bauhof']);
    engine.stop();
    vault.value.close();
  });

  it('of a later version is refused and left as it is', async () => {
    const device = createFakeDevice();
    await layDatabase(dump.vaults.anna, device.indexedDB, device.name);
    await raiseVersion(device.indexedDB, device.name);
    const before = await rowsOfDatabase(device.indexedDB, device.name);
    expect(await openDexieVault(device)).toMatchObject({
      ok: false,
      error: { type: 'too-new', then: 'stop' },
    });
    expect(await rowsOfDatabase(device.indexedDB, device.name)).toEqual(before);
  });
});
