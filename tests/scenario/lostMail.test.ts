/** SPEC J7, B2: a Welcome that was lost in its mailbox, into what its device knows nothing of. */
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../src/lib/bytes';
import { idToBytes, type LogId } from '../../src/domain/ids';
import { OP, REPLY } from '../../src/protocol/frames';
import { MAILBOX_LOG, TOWN_LOG } from '../../src/records/keys';
import type { LogRunner } from '../../src/sync/logRunner';
import { openTown, reads, TITLE, townOfThree } from './threePeople';
import { foundTown, until, type Device, type Town } from './town';

const HOUR = 3_600_000;

const runnerOf = ({ engine }: Device): LogRunner | undefined => engine?.conversations()[0];
const idOf = ({ engine }: Device) => engine?.identity?.device ?? ('' as never);
const mailboxOf = ({ engine }: Device): LogId => engine?.identity?.mailbox.log ?? ('' as LogId);

async function headOf({ store }: Town, log: LogId): Promise<number> {
  const read = await store.read(idToBytes(log), 0, 1);
  return read.ok ? read.value.head : 0;
}

/** While `device` is away, something comes into its mailbox by `deed`, and is gone before it is back. */
async function loseMailOf(
  device: Device,
  deed: () => Promise<unknown>,
  how: 'aged' | 'redacted',
): Promise<void> {
  const { town } = device;
  const { store } = town;
  device.goOffline();
  const mailbox = mailboxOf(device);
  const before = await headOf(town, mailbox);
  await deed();
  await until(async () => (await headOf(town, mailbox)) > before, 'a mail is there');
  const head = await headOf(town, mailbox);
  if (how === 'aged') await store.truncate(idToBytes(mailbox), head);
  else for (let seq = before + 1; seq <= head; seq++) await store.redact(idToBytes(mailbox), seq, undefined);
  device.goOnline();
}

async function foundGroup(by: Device, ...names: readonly string[]): Promise<void> {
  const persons = await Promise.all(names.map((name) => by.person(name)));
  await by.client.createGroup(TITLE, persons);
  await until(async () => (await by.list()).conversations.length === 1, 'it is there');
  await by.send(TITLE, 'eins');
}

async function townWithGuest(): Promise<{
  readonly town: Town;
  readonly anna: Device;
  readonly dora: Device;
  readonly link: string;
}> {
  const town = await openTown();
  const [anna, dora] = [await town.device('anna'), await town.device('dora')];
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await anna.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
  await until(async () => (await anna.invitations()).length > 0, 'an invitation');
  return { town, anna, dora, link: (await anna.invitations())[0]?.link ?? '' };
}

const leafOf = (inGroupOf: Device, device: Device) =>
  runnerOf(inGroupOf)?.state.group?.leaves.find((leaf) => leaf.device === idOf(device));

/** How often the town counts that the device lost mail, as `seenBy` has folded it. */
const lossesOf = (device: Device, seenBy: Device): number =>
  seenBy.engine?.directory().devices[idOf(device)]?.mailLost?.seqs.length ?? 0;

describe.concurrent('a lost Welcome', { timeout: 90_000 }, () => {
  for (const how of ['aged', 'redacted'] as const)
    it(`into a group the device has never been in is sent anew (${how})`, async () => {
      const { anna, bert, cem } = await townOfThree();
      await loseMailOf(cem, () => foundGroup(anna, 'Bert Böhm', 'Cem Çelik'), how);
      await reads(cem, 'eins');
      await cem.send(TITLE, 'angekommen');
      await reads(bert, 'angekommen');
      await bert.send(TITLE, 'willkommen');
      await reads(cem, 'willkommen');
      expect(lossesOf(cem, anna)).toBe(1);
      for (const device of [anna, bert, cem])
        await until(
          () => Promise.resolve(runnerOf(device)?.state.fold.silent?.[idOf(cem)] === undefined),
          'Cem is heard',
        );
      await until(
        () => Promise.resolve(cem.engine?.runners.get(MAILBOX_LOG)?.state.progress.missed === undefined),
        'nothing is left to be told',
      );
    });

  it('that was another one: whoever is in says so, and keeps its leaf', async () => {
    const { anna, bert, cem } = await townOfThree();
    await foundGroup(anna, 'Bert Böhm', 'Cem Çelik');
    await reads(cem, 'eins');
    const before = leafOf(anna, cem);
    expect(runnerOf(bert)?.state.fold.silent?.[idOf(cem)]).toBeDefined();
    await loseMailOf(
      cem,
      async () => bert.client.createGroup('Werkstatt', [await bert.person('Cem Çelik')]),
      'aged',
    );
    await until(async () => (await cem.list()).conversations.length === 2, 'Cem is in the other one', 30_000);
    await until(
      () => Promise.resolve(runnerOf(anna)?.state.fold.silent?.[idOf(cem)] === undefined),
      'Cem has said that it is in',
    );
    expect(leafOf(anna, cem)).toEqual(before);
    await anna.send(TITLE, 'zwei');
    await reads(cem, 'zwei');
    expect(runnerOf(cem)?.lost).toBeUndefined();
  });

  it('is believed once an hour, however often somebody says so', async () => {
    const { anna, bert, cem } = await townOfThree();
    await foundGroup(anna, 'Bert Böhm', 'Cem Çelik');
    await reads(bert, 'eins');
    await reads(cem, 'eins');
    // A hostile one that never says that it is in.
    const group = runnerOf(cem);
    group?.stop();
    const say = async (): Promise<void> => {
      await cem.engine?.addEntry(TOWN_LOG, { kind: 'town-mail-lost' });
      const isOver = () => cem.engine?.book.waiting(TOWN_LOG).length === 0;
      await until(() => Promise.resolve(isOver()), 'it is said');
    };
    await say();
    const before = leafOf(anna, cem)?.leaf;
    const commits = () => runnerOf(anna)?.state.progress.lastCommit ?? 0;
    const first = commits();
    await until(
      () => Promise.resolve(commits() > first + 1 && leafOf(anna, cem) !== undefined),
      'added anew',
      40_000,
    );
    expect(before).toBeDefined();
    const settled = commits();
    for (let i = 0; i < 5; i++) await say();
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(lossesOf(cem, anna)).toBe(1);
    expect(commits()).toBe(settled);
    // And nobody but the silent one is touched.
    await anna.send(TITLE, 'zwei');
    await reads(bert, 'zwei');
  });

  it('into the town: the guest asks through its invitation’s log', async () => {
    const { town, anna, dora, link } = await townWithGuest();
    // Her mailbox comes into being, and she reads nothing in it.
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Demir' });
    await until(() => Promise.resolve(dora.engine?.identity !== undefined), 'an identity');
    const mailbox = mailboxOf(dora);
    dora.holds = (frame) => frame[1] === OP.read && includes(frame, mailbox);
    dora.hears = hearsNoMail(dora);
    await until(async () => (await headOf(town, mailbox)) > 0, 'the Welcome is there', 30_000);
    dora.goOffline();
    await town.store.truncate(idToBytes(mailbox), await headOf(town, mailbox));
    expect((await dora.setup()).phase).toBe('joining');
    dora.release();
    dora.hears = undefined;
    dora.goOnline();
    await until(async () => (await dora.setup()).phase === 'ready', 'Dora is in', 30_000);
    await until(async () => (await anna.directory()).persons.length === 2, 'as Anna knows');
    await anna.client.openDirect(await anna.person('Dora Demir'));
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Dora Demir', 'willkommen');
    await until(async () => (await dora.texts('Anna Ahrens')).includes('willkommen'), 'they talk');
    expect(dora.engine?.back.isEnded).toBe(false);
  });

  it('into the town without a trace: the guest asks after an hour', async () => {
    const { town, anna, dora, link } = await townWithGuest();
    const { store } = town;
    const append = store.append.bind(store);
    let swallowed = 0;
    store.append = (batch) => {
      const isMail = ({ log }: (typeof batch)[number]) =>
        swallowed === 0 && bytesToHex(log) === dora.engine?.identity?.mailbox.log;
      if (!batch.some(isMail)) return append(batch);
      swallowed += 1;
      const taken = {
        appended: [{ seq: 1, at: Date.now(), isNew: true }],
        refused: undefined,
        lastCommit: 0,
      };
      return Promise.resolve(batch.map(() => taken));
    };
    dora.hears = hearsNoMail(dora);
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Demir' });
    await until(() => Promise.resolve(swallowed > 0), 'the Welcome was swallowed', 30_000);
    const owed = () => Object.keys(anna.engine?.runners.get(TOWN_LOG)?.state.fold.owed ?? { x: 1 });
    await until(() => Promise.resolve(owed().length === 0), 'Anna takes her for welcomed');
    expect((await dora.setup()).phase).toBe('joining');
    dora.hears = undefined;
    dora.skew = HOUR + 60_000;
    dora.engine?.back.lookAgain();
    await until(async () => (await dora.setup()).phase === 'ready', 'Dora is in', 30_000);
    await until(
      () => Promise.resolve(lossesOf(dora, anna) === 1),
      'what else was sent to her may be lost as well',
    );
  });
});

/** News of its mailbox come to nothing; in frames the code stands behind a list's head. */
function hearsNoMail(device: Device): (frame: Uint8Array) => 'now' | 'never' {
  return (frame) => (frame[2] === REPLY.news && includes(frame, mailboxOf(device)) ? 'never' : 'now');
}

function includes(frame: Uint8Array, log: LogId): boolean {
  return log !== '' && Buffer.from(frame).includes(Buffer.from(idToBytes(log)));
}
