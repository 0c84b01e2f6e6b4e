import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryLogStore, MemoryLogs } from '../../server/stores/memoryLogStore';
import { foundTown, inviteAndJoin, Town, until, type Device } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

interface Three {
  readonly town: Town;
  readonly relay: MemoryLogs;
  readonly anna: Device;
  readonly bert: Device;
  readonly cem: Device;
}

const GROUP = 'Ordnungsamt';

/** Anna founded the town and is its admin. */
async function townOfThree(): Promise<Three> {
  const relay = new MemoryLogs();
  town = await Town.open(createMemoryLogStore(relay));
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  const cem = await town.device('cem');
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await inviteAndJoin(anna, bert, 'Bert Böhm');
  await inviteAndJoin(anna, cem, 'Cem Çelik');
  for (const device of [anna, bert, cem])
    await until(async () => (await device.directory()).persons.length === 3, `${device.name} knows all`);
  await anna.client.createGroup(GROUP, [await anna.person('Bert Böhm'), await anna.person('Cem Çelik')]);
  await until(async () => (await anna.list()).conversations.length === 1, 'anna has the group');
  await say(anna, 'Willkommen', [anna, bert, cem]);
  return { town, relay, anna, bert, cem };
}

async function say(author: Device, text: string, readers: readonly Device[]): Promise<void> {
  await author.send(GROUP, text);
  for (const reader of readers)
    await until(async () => (await reader.texts(GROUP)).includes(text), `${reader.name} reads ${text}`);
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

describe('another relay at the old address', { timeout: 90_000 }, () => {
  it('is taken for ours when it lost nothing: a planned move with a fresh backup (Q2)', async () => {
    const three = await townOfThree();
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
    const three = await townOfThree();
    const { anna, bert, cem } = three;
    const older = copyOf(three.relay);
    await say(anna, 'seit gestern', [bert, cem]);
    await three.town.replaceRelay(createMemoryLogStore(older));
    const before = held(older);
    for (const device of [anna, bert, cem]) await noticed(device);
    await bert.send(GROUP, 'gespeichert');
    await pause(500);
    expect(held(older)).toBe(before);
    expect(await bert.texts(GROUP)).toEqual(['Willkommen', 'seit gestern', 'gespeichert']);
    expect((await bert.status()).waiting).toBe(1);
    // Closed and opened: it still knows.
    await bert.restart();
    expect((await bert.succession()).state).toBe('waits-for-admin');
    // The right machine comes back: all goes on, and what waited arrives.
    await three.town.replaceRelay(createMemoryLogStore(three.relay));
    for (const device of [anna, cem])
      await until(async () => (await device.texts(GROUP)).includes('gespeichert'), `${device.name} has it`);
    for (const device of [anna, bert, cem]) {
      expect((await device.succession()).state).toBe('ours');
      expect((await device.status()).problem).toBeUndefined();
    }
  });

  it('gets nothing when it is empty, and says so (Q3)', async () => {
    const three = await townOfThree();
    const { anna, bert, cem } = three;
    const empty = new MemoryLogs();
    await three.town.replaceRelay(createMemoryLogStore(empty));
    for (const device of [anna, bert, cem]) await noticed(device);
    await cem.send(GROUP, 'ins Leere');
    await pause(300);
    expect(empty.logs.size).toBe(0);
    expect((await cem.timeline(await cem.conversation(GROUP))).at(-1)?.state).toBe('saved');
  });

  it('is noticed although it kept its name: a head below what was read', async () => {
    const three = await townOfThree();
    const { anna, bert, cem } = three;
    const older = copyOf(three.relay);
    await say(anna, 'seit gestern', [bert, cem]);
    await three.town.replaceRelay({ ...createMemoryLogStore(older), identity: three.relay.identity });
    for (const device of [anna, bert, cem]) await noticed(device);
  });

  it('is noticed when it holds another history of the same length', async () => {
    const three = await townOfThree();
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
    const three = await townOfThree();
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
