/** Stories that once ended badly: each broke something in the engine before it was mended. */
import { afterEach, describe, expect, it } from 'vitest';
import { encodePosition } from '../../src/domain/position';
import { idToBytes, type LogId, type PersonId } from '../../src/domain/ids';
import { foundLog } from '../../src/engine/newLogs';
import { writeMail } from '../../src/sync/mail';
import { bytesToHex } from '../../src/lib/bytes';
import { groupSelfOf } from '../../src/engine/identity';
import { appendResult, parseReply, parseRequest, OP, REPLY } from '../../src/protocol/frames';
import { sealCommit } from '../../src/sync/entrySeal';
import type { Request } from '../../src/sync/relayClient';
import { mapKeyOf } from '../../server/hashes';
import type { LogStore } from '../../server/stores/logStore';
import { createMemoryLogStore, MemoryLogs } from '../../server/stores/memoryLogStore';
import { foundTown, inviteAndJoin, Town, until, type Device } from './town';

let town: Town | undefined;
afterEach(async () => {
  await town?.close();
  town = undefined;
});

interface Three {
  readonly town: Town;
  readonly anna: Device;
  readonly bert: Device;
  readonly cem: Device;
}

async function townOfTwo(): Promise<Omit<Three, 'cem'>> {
  town = await Town.open();
  return twoIn(town);
}

async function twoIn(town: Town): Promise<Omit<Three, 'cem'>> {
  const anna = await town.device('anna');
  const bert = await town.device('bert');
  await foundTown(town, anna, 'Musterstadt', 'Anna Ahrens');
  await inviteAndJoin(anna, bert, 'Bert Böhm');
  return { town, anna, bert };
}

async function knows(device: Device, name: string): Promise<boolean> {
  return (await device.directory()).persons.some((person) => person.name === name && person.isActive);
}

function operationOf(frame: Uint8Array): number | undefined {
  const request = parseRequest(frame);
  return request.ok ? request.value[0] : undefined;
}

/** The first envelope's flags tell a commit. */
function isCommitAppend(frame: Uint8Array): boolean {
  const request = parseRequest(frame);
  return request.ok && request.value[0] === OP.append && ((request.value[5][0]?.[1] ?? 0) & 1) === 1;
}

async function makeAdmin(admin: Device, other: Device, name: string): Promise<void> {
  await admin.client.intend({ type: 'set-admin', person: await admin.person(name), isAdmin: true });
  await until(
    async () => (await other.directory()).persons.some((p) => p.isMe && p.isAdmin),
    `${name} is admin`,
  );
}

async function openInvitation(admin: Device): Promise<string> {
  const before = (await admin.invitations()).length;
  await admin.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
  await until(async () => (await admin.invitations()).length > before, 'invitation shown');
  return (await admin.invitations())[0]?.link ?? '';
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.join('\n') === other.join('\n');
}

async function directOf(anna: Device, bert: Device): Promise<void> {
  await anna.client.openDirect(await anna.person('Bert Böhm'));
  await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
  await anna.send('Bert Böhm', 'Anfang');
  await until(async () => (await bert.texts('Anna Ahrens')).includes('Anfang'), 'bert reads');
}

async function townOfThree(): Promise<Three> {
  const two = await townOfTwo();
  const cem = await two.town.device('cem');
  await inviteAndJoin(two.anna, cem, 'Cem Çelik');
  await until(() => knows(two.bert, 'Cem Çelik'), 'bert knows cem');
  return { ...two, cem };
}

async function groupOf(anna: Device, bert: Device): Promise<{ conversation: number; person: PersonId }> {
  const person = await anna.person('Bert Böhm');
  const created = await anna.client.createGroup('Bauhof', [person]);
  if (!created.ok) throw new Error(created.error.type);
  await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
  await anna.send('Bauhof', 'Anfang');
  await until(async () => (await bert.texts('Bauhof')).includes('Anfang'), 'bert is in');
  return { conversation: created.value, person };
}

describe('a commit', { timeout: 60_000 }, () => {
  it('of our own that an earlier entry made void is void for us too (I3)', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    await makeAdmin(anna, bert, 'Bert Böhm');
    // Bert stays away from the door, so that it is Anna's device that takes Dora in.
    bert.holds = (frame) => operationOf(frame) === OP.create;
    const link = await openInvitation(anna);
    anna.holds = isCommitAppend;
    const dora = await here.device('dora');
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(() => knows(bert, 'Dora Dorn'), 'bert knows dora');
    await until(() => Promise.resolve(anna.heldFrames > 0), 'anna wants to add her');
    await bert.client.intend({ type: 'remove-person', person: await bert.person('Dora Dorn') });
    await until(async () => !(await knows(bert, 'Dora Dorn')), 'the removal is in the log');
    anna.release();
    await anna.client.intend({ type: 'rename-self', name: 'Anna Neu' });
    await until(() => knows(bert, 'Anna Neu'), 'bert still reads anna');
    await bert.client.intend({ type: 'rename-self', name: 'Bert Neu' });
    await until(() => knows(anna, 'Bert Neu'), 'anna still reads bert');
    expect(anna.engine?.runners.get(1)?.state.progress.trouble).toBe('none');
  });

  it('that names a place the town has never had is void, and what follows is read (G6)', async () => {
    const { anna, bert } = await townOfTwo();
    await directOf(anna, bert);
    const { engine } = bert;
    const runner = engine?.conversations()[0];
    const group = runner?.state.group;
    if (engine?.identity === undefined || runner === undefined || group === undefined)
      throw new Error('bert is in');
    // Bert's client is hostile: its commit is lawful but for the position.
    const self = groupSelfOf(engine.identity);
    const authenticatedData = encodePosition({ generation: 0, seq: 1_000_000, chain: new Uint8Array(32) });
    const made = await engine.services.groups.commit(group.state, self, { authenticatedData });
    if (!made.ok) throw new Error(made.error.type);
    const envelope = await sealCommit(runner.log, group, made.value.commit);
    const { core, progress } = runner.state;
    const frame = [OP.append, idToBytes(core.log), core.writeKey, progress.lastCommit, [envelope]] as const;
    const answer = await engine.relay?.request([...frame] as unknown as Request, appendResult);
    expect(answer).toMatchObject({ ok: true, value: [expect.anything(), null] });
    await anna.send('Bert Böhm', 'geht noch');
    await until(async () => (await bert.texts('Anna Ahrens')).includes('geht noch'), 'bert reads');
    await until(
      async () =>
        (await anna.timeline(await anna.conversation('Bert Böhm'))).every((item) => item.state !== 'saved'),
      'handed over',
    );
  });
});

describe('a key package', { timeout: 60_000 }, () => {
  it('that cannot be added keeps neither the others out nor messages back (G7)', async () => {
    const { anna, bert, cem } = await townOfThree();
    await bert.engine?.addEntry(1, { kind: 'town-package', keyPackage: new Uint8Array(100) });
    await until(() => {
      const devices = Object.values(anna.engine?.directory().devices ?? {});
      return Promise.resolve(devices.some(({ facts }) => facts.keyPackage.length === 100));
    }, 'anna has the bad package');
    await anna.client.createGroup('Bauhof', [await anna.person('Bert Böhm'), await anna.person('Cem Çelik')]);
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Bauhof', 'Willkommen');
    await until(async () => (await cem.texts('Bauhof')).includes('Willkommen'), 'cem is in');
    await cem.send('Bauhof', 'Danke');
    await until(async () => (await anna.texts('Bauhof')).includes('Danke'), 'anna reads');
  });
});

describe('a queue', { timeout: 60_000 }, () => {
  it('larger than a frame leaves in several (O2)', async () => {
    const { anna, bert } = await townOfTwo();
    await directOf(anna, bert);
    anna.goOffline();
    const texts = Array.from({ length: 120 }, (_, i) => `${i} ${'x'.repeat(11_000)}`);
    for (const text of texts) await anna.send('Bert Böhm', text);
    anna.goOnline();
    await until(
      async () => isSame(await bert.texts('Anna Ahrens'), ['Anfang', ...texts]),
      'bert reads all',
      20_000,
    );
  });
});

describe('a newcomer', { timeout: 60_000 }, () => {
  it('who never comes back holds up nobody (J3)', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    const link = await openInvitation(anna);
    const dora = await here.device('dora');
    // Her request arrives; then the phone is gone, and its mailbox never comes into being.
    dora.holds = (frame) => operationOf(frame) === OP.create;
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(() => knows(bert, 'Dora Dorn'), 'bert knows dora');
    await until(async () => (await dora.setup()).phase === 'joining', 'dora joins');
    await until(() => Promise.resolve(dora.heldFrames > 0), 'dora is admitted');
    dora.stop();
    for (let i = 0; i < 4; i++) {
      await anna.client.intend({ type: 'rename-self', name: `Anna ${i}` });
      await until(() => knows(bert, `Anna ${i}`), `bert reads rename ${i}`, 1_000);
    }
  });
});

describe('a position of the town', { timeout: 60_000 }, () => {
  it('that was asked for while an older read was under way is not taken for missing (G6)', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    const link = await openInvitation(anna);
    const dora = await here.device('dora');
    await dora.client.intend({ type: 'join-town', link, ownName: 'Dora Dorn' });
    await until(async () => (await dora.setup()).phase === 'ready', 'dora joined');
    await until(() => knows(bert, 'Dora Dorn'), 'bert knows dora');
    await groupOf(anna, bert);
    const conversation = await anna.conversation('Bauhof');
    const town1 = bert.engine?.runners.get(1);
    // Bert hears no news of the town, and the answer to a read of it that began now comes late.
    let lateRequest: number | undefined;
    bert.holds = (frame) => {
      const request = parseRequest(frame);
      if (request.ok && request.value[0] === OP.read && bytesToHex(request.value[2]) === town1?.log)
        lateRequest ??= request.value[1];
      return false;
    };
    bert.hears = (frame) => {
      const reply = parseReply(frame);
      if (!reply.ok) return 'now';
      if (reply.value[0] === REPLY.news && bytesToHex(reply.value[1]) === town1?.log) return 'never';
      return reply.value[0] === REPLY.ok && reply.value[1] === lateRequest ? 'late' : 'now';
    };
    town1?.refresh();
    await until(() => Promise.resolve(lateRequest !== undefined), 'the read is under way');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await anna.client.intend({ type: 'rename-self', name: 'Anna Neu' });
    await until(() => knows(dora, 'Anna Neu'), 'it is in the town’s log');
    await anna.client.intend({
      type: 'add-members',
      conversation,
      persons: [await anna.person('Dora Dorn')],
    });
    await until(async () => (await dora.list()).conversations.length === 1, 'dora is in');
    await anna.send('Bauhof', 'alle da');
    await new Promise((resolve) => setTimeout(resolve, 100));
    bert.releaseLate();
    await until(async () => (await bert.texts('Bauhof')).includes('alle da'), 'bert reads');
    expect(bert.engine?.conversations()[0]?.state.progress.trouble).toBe('none');
  });
});

describe('mail', { timeout: 60_000 }, () => {
  it('that leads back into a group is kept until the log tells of the removal (J3)', async () => {
    const { anna, bert } = await townOfTwo();
    const { conversation, person } = await groupOf(anna, bert);
    const log = anna.engine?.runners.get(conversation)?.log ?? '';
    bert.goOffline();
    await anna.client.intend({ type: 'remove-members', conversation, persons: [person] });
    await until(
      () => Promise.resolve(anna.engine?.runners.get(conversation)?.state.group?.leaves.length === 1),
      'out',
    );
    await anna.client.intend({ type: 'add-members', conversation, persons: [person] });
    await until(
      () => Promise.resolve(anna.engine?.runners.get(conversation)?.state.group?.leaves.length === 2),
      'in',
    );
    await anna.send('Bauhof', 'wieder da');
    // Bert's device hears of the mail first, and of its own removal later.
    const mailsBefore = bert.engine?.runners.get(2)?.state.progress.cursor ?? 0;
    bert.holds = (frame) => {
      const request = parseRequest(frame);
      return request.ok && request.value[0] === OP.read && bytesToHex(request.value[2]) === log;
    };
    bert.goOnline();
    await until(
      () => Promise.resolve((bert.engine?.runners.get(2)?.state.progress.cursor ?? 0) > mailsBefore),
      'mail',
    );
    bert.release();
    await until(async () => (await bert.texts('Bauhof')).includes('wieder da'), 'bert reads again');
    await bert.send('Bauhof', 'danke');
    await until(async () => (await anna.texts('Bauhof')).includes('danke'), 'anna reads');
    await bert.restart();
    await until(
      async () => isSame(await bert.texts('Bauhof'), ['Anfang', 'wieder da', 'danke']),
      'bert has all',
    );
  });

  it('is taken though older mail is gone from the relay', async () => {
    const { town: here, anna, bert } = await townOfTwo();
    bert.goOffline();
    await anna.client.createGroup('Bauhof', [await anna.person('Bert Böhm')]);
    await until(async () => (await anna.list()).conversations.length === 1, 'anna has it');
    await anna.send('Bauhof', 'Anfang');
    const mailbox = bert.engine?.identity?.mailbox.log ?? ('' as LogId);
    const head = async (): Promise<number> => {
      const read = await here.store.read(idToBytes(mailbox), 0, 1);
      return read.ok ? read.value.head : 0;
    };
    await until(async () => (await head()) === 2, 'mail is there');
    // A mail between was never read: as if the device had been away for longer than the retention.
    await anna.client.createGroup('Werkstatt', [await anna.person('Bert Böhm')]);
    await until(async () => (await head()) === 3, 'another mail is there');
    await here.store.truncate(idToBytes(mailbox), 2);
    bert.goOnline();
    await until(
      async () => (await bert.list()).conversations.some((c) => c.title === 'Werkstatt'),
      'bert is in',
    );
  });

  it('of a third one does not put itself in place of a direct conversation (D7)', async () => {
    const { anna, bert, cem } = await townOfThree();
    await directOf(anna, bert);
    const { engine } = cem;
    if (engine?.identity === undefined) throw new Error('cem is in');
    const [annaId, bertId, cemId] = [
      await cem.person('Anna Ahrens'),
      await cem.person('Bert Böhm'),
      engine.identity.person,
    ];
    const self = groupSelfOf(engine.identity);
    const services = { ...engine.services, now: Date.now(), generation: 0 };
    const forged = await foundLog(services, self, 5_000, 'direct', [annaId, bertId]);
    const facts = Object.values(engine.directory().devices).find((device) => device.person === annaId)?.facts;
    if (forged.group === undefined || facts === undefined) throw new Error('cem knows her device');
    const made = await services.groups.commit(forged.group.state, self, {
      add: [facts.keyPackage],
      authenticatedData: new Uint8Array(0),
    });
    if (!made.ok || made.value.welcome === undefined) throw new Error('welcome');
    const mail = await writeMail(services.groups, made.value.pending, made.value.welcome, {
      generation: 0,
      seq: 1,
      chain: new Uint8Array(32),
      lastCommit: 1,
      position: 1,
      counters: {},
      fold: {
        type: 'conversation',
        conversation: {
          kind: 'group',
          title: undefined,
          roster: { [annaId]: 'member', [cemId]: 'member' },
          former: [],
        },
      },
      documents: {},
      history: [],
    });
    if (!mail.ok) throw new Error(mail.error.type);
    const before = anna.engine?.conversations().map((runner) => runner.log);
    const mailsBefore = anna.engine?.runners.get(2)?.state.progress.cursor ?? 0;
    const frame = [OP.append, idToBytes(facts.mailbox), new Uint8Array(0), 0, [mail.value]] as const;
    await engine.relay?.request([...frame] as unknown as Request, appendResult);
    await until(
      () => Promise.resolve((anna.engine?.runners.get(2)?.state.progress.cursor ?? 0) > mailsBefore),
      'mail',
    );
    await anna.send('Bert Böhm', 'nur für Bert');
    await until(async () => (await bert.texts('Anna Ahrens')).includes('nur für Bert'), 'bert reads');
    expect(anna.engine?.conversations().map((runner) => runner.log)).toEqual(before);
  });
});

describe('a vault', { timeout: 60_000 }, () => {
  it('that is full for a while takes the wish when it has room again', async () => {
    const { anna, bert } = await townOfTwo();
    await directOf(anna, bert);
    anna.faults = { failWrite: () => 'storage-full' };
    await anna.send('Bert Böhm', 'kein Platz');
    await anna.send('Bert Böhm', 'immer noch nicht');
    await new Promise((resolve) => setTimeout(resolve, 300));
    anna.faults = {};
    await until(
      async () => isSame(await bert.texts('Anna Ahrens'), ['Anfang', 'kein Platz', 'immer noch nicht']),
      'bert reads',
    );
  });

  it('that does not answer for a while stops no log', async () => {
    const { anna, bert, cem } = await townOfThree();
    const { conversation } = await groupOf(anna, bert);
    anna.holds = isCommitAppend;
    await anna.client.intend({
      type: 'add-members',
      conversation,
      persons: [await anna.person('Cem Çelik')],
    });
    await until(() => Promise.resolve(anna.heldFrames > 0), 'anna wants to add him');
    let failed = 0;
    anna.faults = { failRead: () => ++failed > 0 };
    anna.release();
    await until(() => Promise.resolve(failed > 0), 'a read has failed');
    anna.faults = {};
    await anna.send('Bauhof', 'geht weiter');
    await until(async () => (await cem.texts('Bauhof')).includes('geht weiter'), 'cem is in');
  });
});

describe('a relay', { timeout: 60_000 }, () => {
  it('that was rolled back below what we have read gets nothing more from us', async () => {
    const logs = new MemoryLogs();
    town = await Town.open(createMemoryLogStore(logs));
    const { anna, bert } = await twoIn(town);
    await directOf(anna, bert);
    await until(
      () => Promise.resolve(anna.engine?.conversations()[0]?.isCatchingUp === false),
      'anna has read',
    );
    const log = anna.engine?.conversations()[0]?.log ?? '';
    for (const stored of logs.logs.values())
      if (bytesToHex(stored.facts.log) === log)
        for (const row of stored.rows.splice(-1)) stored.seqById.delete(mapKeyOf(row.id));
    await town.restartRelay();
    await anna.send('Bert Böhm', 'ins Leere');
    await until(async () => (await anna.succession()).state === 'waits-for-admin', 'anna sees it');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await anna.list()).conversations[0]?.preview?.state).toBe('saved');
  });

  it('that acknowledged without storing is asked again', async () => {
    const store = createMemoryLogStore();
    let isLying = false;
    let lies = 0;
    const append: LogStore['append'] = async (batch) => {
      if (!isLying) return store.append(batch);
      lies += 1;
      return Promise.all(
        batch.map(async ({ log, envelopes, afterCommit }) => {
          const page = await store.read(log, 0, 1);
          const head = page.ok ? page.value.head : 0;
          const appended = envelopes.map((_, index) => ({
            seq: head + 1 + index,
            at: Date.now(),
            isNew: false,
          }));
          return { appended, refused: undefined, lastCommit: afterCommit };
        }),
      );
    };
    town = await Town.open({ ...store, append });
    const { anna, bert } = await twoIn(town);
    const { conversation, person } = await groupOf(anna, bert);
    isLying = true;
    await anna.send('Bauhof', 'eins');
    await until(() => Promise.resolve(lies > 0), 'lied to');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await anna.list()).conversations[0]?.preview?.state).toBe('saved');
    isLying = false;
    await until(async () => (await bert.texts('Bauhof')).includes('eins'), 'bert reads');
    lies = 0;
    await until(
      () => Promise.resolve(anna.engine?.runners.get(conversation)?.state.flight === undefined),
      'quiet',
    );
    isLying = true;
    await anna.engine?.addEntry(conversation, { kind: 'text', text: 'zwei' });
    await until(() => Promise.resolve(lies > 0), 'lied to again');
    isLying = false;
    await anna.client.intend({ type: 'remove-members', conversation, persons: [person] });
    await until(async () => (await bert.list()).conversations[0]?.isMember === false, 'bert is out');
    expect(await bert.texts('Bauhof')).toContain('zwei');
  });
});
