/** Anna, who founded the town and is its admin, Bert and Cem. Their towns are closed when the file is through. */
import { afterAll } from 'vitest';
import type { LogStore } from '../../server/stores/logStore';
import { foundTown, inviteAndJoin, Town, until, type Device } from './town';

/** Of their group. */
export const TITLE = 'Bauhof';

export interface Three {
  readonly town: Town;
  readonly anna: Device;
  readonly bert: Device;
  readonly cem: Device;
}

const towns: Town[] = [];
afterAll(async () => {
  for (const town of towns.splice(0)) await town.close();
});

/** A town that nobody has to close. */
export async function openTown(store?: LogStore): Promise<Town> {
  const town = await Town.open(store);
  towns.push(town);
  return town;
}

export async function townOfThree(store?: LogStore): Promise<Three> {
  const town = await openTown(store);
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  const cem = await town.device('cem');
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await inviteAndJoin(anna, bert, 'Bert Böhm');
  await inviteAndJoin(anna, cem, 'Cem Çelik');
  for (const device of [anna, bert, cem])
    await until(async () => (await device.directory()).persons.length === 3, `${device.name} knows all`);
  return { town, anna, bert, cem };
}

/** All three have read the first message. */
export async function groupOfThree(text = 'eins', store?: LogStore): Promise<Three> {
  const three = await townOfThree(store);
  const { anna, bert, cem } = three;
  await anna.client.createGroup(TITLE, [await anna.person('Bert Böhm'), await anna.person('Cem Çelik')]);
  await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
  await anna.send(TITLE, text);
  for (const device of [anna, bert, cem]) await reads(device, text);
  return three;
}

export async function reads(device: Device, text: string, title = TITLE): Promise<void> {
  await until(async () => (await device.texts(title)).includes(text), `${device.name} reads ${text}`);
}
