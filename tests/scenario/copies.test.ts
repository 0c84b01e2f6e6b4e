/** Two living copies of one profile: one goes on, and nothing that was saved on either vanishes (SPEC I8, B6, B7). */
import { describe, expect, it } from 'vitest';
import { returnKey } from '../../src/domain/back';
import { groupSelfOf } from '../../src/engine/identity';
import { MAILBOX_LOG, TOWN_LOG } from '../../src/records/keys';
import type { LogRunner } from '../../src/sync/logRunner';
import { MemoryStore } from '../../src/vault/memoryStore';
import { groupOfThree, reads, TITLE } from './threePeople';
import { until, type Device } from './town';

const HOUR = 3_600_000;

function logOf({ engine }: Device): LogRunner {
  const runner = engine?.conversations()[0];
  if (runner === undefined) throw new Error('no conversation');
  return runner;
}

function townOf({ engine }: Device): LogRunner {
  const runner = engine?.runners.get(TOWN_LOG);
  if (runner === undefined) throw new Error('no town');
  return runner;
}

const isEnded = ({ engine }: Device): boolean => engine?.back.isEnded === true;

async function isBack(device: Device): Promise<void> {
  const isWell = (): boolean => {
    const { lost, state } = logOf(device);
    return lost === undefined && state.progress.hasOther !== true;
  };
  await until(() => Promise.resolve(isWell()), `${device.name} is back`);
}

async function copyOf(device: Device): Promise<Device> {
  const copy = await device.town.device(`${device.name}, copied`);
  copy.stop();
  copy.store = MemoryStore.fromSnapshot(device.store.snapshot());
  return copy;
}

/** Goes back to before it has written `text`, which all others have. */
async function forgets(device: Device, text: string, reader: Device): Promise<void> {
  const backup = device.store.snapshot();
  await device.send(TITLE, text);
  await reads(reader, text);
  device.stop();
  device.store = MemoryStore.fromSnapshot(backup);
  await device.start();
}

/** Written, sealed, and then the connection went: it has a counter, and nobody has it. */
async function isSealedOffline(device: Device, text: string): Promise<void> {
  const { engine } = device;
  const runner = logOf(device);
  const { number } = runner.state;
  device.goOffline();
  await device.send(TITLE, text);
  await until(() => Promise.resolve(engine?.book.waiting(number).length === 1), 'it waits');
  const [one] = engine!.book.waiting(number);
  const { nextCounter } = runner.state.progress;
  const intent = { ...one!.intent, counter: nextCounter };
  await engine!.write([await engine!.records.putIntent(one!.number, intent)]);
  engine!.book.set(one!.number, intent);
  await runner.update({ nextCounter: nextCounter + 1 });
}

describe.concurrent('two copies of one profile', { timeout: 90_000 }, () => {
  it('one goes on, and the other one finds itself ended and says so', async () => {
    const { anna, bert } = await groupOfThree();
    const copy = await copyOf(bert);
    await copy.start();
    await until(
      () => Promise.resolve(copy.engine?.conversations()[0]?.isCatchingUp === false),
      'the copy runs',
    );
    await bert.send(TITLE, 'vom einen');
    await reads(anna, 'vom einen');
    const devices = [bert, copy];
    await until(() => Promise.resolve(devices.some(isEnded)), 'one is ended');
    const ended = isEnded(bert) ? bert : copy;
    const alive = ended === bert ? copy : bert;
    await isBack(alive);
    await alive.send(TITLE, 'vom anderen');
    await reads(anna, 'vom anderen');
    await until(
      async () => (await ended.list()).conversations[0]?.back?.waitsFor === 'nothing',
      'it is shown',
    );
  });

  it('wrote at once, under the same counters: the one that goes on has said all', async () => {
    const { anna, bert } = await groupOfThree();
    const copy = await copyOf(bert);
    await copy.start();
    await until(
      () => Promise.resolve(copy.engine?.conversations()[0]?.isCatchingUp === false),
      'the copy runs',
    );
    // Both are sealed before either has read the other.
    await Promise.all([bert.send(TITLE, 'von hier'), copy.send(TITLE, 'von dort')]);
    await until(() => Promise.resolve([bert, copy].some(isEnded)), 'one is ended');
    const [alive, ended] = isEnded(bert) ? [copy, bert] : [bert, copy];
    await isBack(alive);
    const own = alive === bert ? 'von hier' : 'von dort';
    await reads(anna, own);
    await reads(alive, own);
    const texts = await anna.texts(TITLE);
    expect(texts.filter((text) => text === own)).toHaveLength(1);
    // What the other one had said is with all, or it still has it.
    const other = own === 'von hier' ? 'von dort' : 'von hier';
    expect([...texts, ...(await ended.texts(TITLE))]).toContain(other);
  });

  it('a text whose counter the other one used is not lost when nobody knows whether it came', async () => {
    const { anna, bert, cem } = await groupOfThree();
    bert.goOffline();
    const copy = await copyOf(bert);
    await isSealedOffline(bert, 'wartet');
    // It renews its leaf before it writes: what follows is sealed to an epoch that bert does not have.
    copy.skew = 25 * HOUR;
    await copy.start();
    await copy.send(TITLE, 'von der Kopie');
    await reads(anna, 'von der Kopie');
    copy.goOffline();
    await reads(cem, 'von der Kopie');
    await forgets(cem, 'cem danach', anna);
    await until(() => Promise.resolve(logOf(cem).state.progress.hasOther === true), 'cem lost');
    await isBack(cem);
    await cem.send(TITLE, 'cem ist da');
    await reads(anna, 'cem ist da');
    anna.goOffline();
    bert.goOnline();
    await until(() => Promise.resolve(logOf(bert).state.progress.hasOther === true), 'bert notices');
    await isBack(bert);
    await until(
      async () => [...(await bert.texts(TITLE)), ...(await cem.texts(TITLE))].includes('wartet'),
      'it is somewhere',
    );
  });

  it('nobody makes a text vanish by giving another one its id', async () => {
    const { anna, bert, cem } = await groupOfThree();
    bert.goOffline();
    const copy = await copyOf(bert);
    await isSealedOffline(bert, 'wartet');
    copy.skew = 25 * HOUR;
    await copy.start();
    await copy.send(TITLE, 'von der Kopie');
    await reads(anna, 'von der Kopie');
    copy.goOffline();
    const [waiting] = bert.engine!.book.waiting(logOf(bert).state.number);
    const log = logOf(cem).state.number;
    const body = { kind: 'text', text: 'unter fremder Nummer' } as const;
    const stolen = { ...waiting!.intent, log, body, counter: undefined, seq: undefined };
    const added = await cem.engine!.records.addIntent(stolen);
    if (added.ok) cem.engine!.book.tell(added.value, stolen);
    logOf(cem).poke();
    await reads(anna, 'unter fremder Nummer');
    bert.goOnline();
    await until(() => Promise.resolve(logOf(bert).state.progress.hasOther === true), 'bert notices');
    await isBack(bert);
    await reads(anna, 'wartet');
  });

  it('the town’s Welcome may come before its log has said that we are out', async () => {
    const { anna, bert } = await groupOfThree();
    await forgets(bert, 'danach', anna);
    const runner = townOf(bert);
    const mail = () => bert.engine?.runners.get(MAILBOX_LOG)?.state.progress.cursor ?? 0;
    const before = mail();
    const { signatureKey, device } = groupSelfAndDevice(bert);
    const isHeard = () => runner.state.fold.returns?.[returnKey({ device, signatureKey })] !== undefined;
    // Read up to the own request and no further, as on a slow line.
    await until(() => Promise.resolve(isHeard()), 'the request is heard');
    await runner.hold();
    await until(() => Promise.resolve(mail() > before), 'the mail has come');
    runner.release();
    await until(
      () => Promise.resolve(townOf(bert) !== runner && townOf(bert).lost === undefined),
      'back',
      20_000,
    );
    await isBack(bert);
  });
});

function groupSelfAndDevice({ engine }: Device) {
  const identity = engine!.identity!;
  return { device: identity.device, signatureKey: groupSelfOf(identity).signatureKey };
}
