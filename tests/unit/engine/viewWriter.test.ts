import { describe, expect, it, vi } from 'vitest';
import type { EntryBody } from '../../../src/domain/body';
import type { Conversation } from '../../../src/domain/conversation';
import { EMPTY_DIRECTORY, type Directory, type DirectoryPerson } from '../../../src/domain/directory';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import type { ListView, StatusView } from '../../../src/engine/views';
import {
  directoryView,
  expectedConversation,
  isMessage,
  personName,
  ViewWriter,
  type ConversationRecord,
  type ViewSource,
} from '../../../src/engine/viewWriter';
import { conversationViewKey, orderOf, VIEW } from '../../../src/records/keys';
import type { LogCore, Progress } from '../../../src/records/logRecords';
import type { WaitingIntent } from '../../../src/sync/flight';
import type { LogRunner } from '../../../src/sync/logRunner';
import { FRESH_PROGRESS, type LogState } from '../../../src/sync/logState';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';
import { ANNA, BERT, entryIntent, openRecords } from './records';

const CEM = 'c'.repeat(32) as PersonId;
const deviceOf = (person: PersonId, index = 0) => `${person.slice(0, 31)}${index}` as DeviceId;

function directory(): Directory {
  const span = { from: 1, to: undefined };
  const persons: Record<PersonId, DirectoryPerson> = {
    [ANNA]: { id: ANNA, name: 'Anna Ahrens', admin: [span], ...span },
    [BERT]: { id: BERT, name: 'Bert Böhm', admin: [], ...span },
    [CEM]: { id: CEM, name: 'Cem Çelik', admin: [], from: 2, to: 6 },
  };
  const devices = Object.fromEntries(
    ([ANNA, BERT, CEM] as const).flatMap((person) =>
      [0, 1].map((index) => {
        const id = deviceOf(person, index);
        const facts = {
          id,
          signatureKey: new Uint8Array(32),
          relayKey: new Uint8Array(32),
          keyPackage: new Uint8Array(1),
          mailbox: 'f'.repeat(64) as LogId,
        };
        return [id, { facts, person, addedAt: 9, from: 1, to: person === CEM ? 6 : undefined }];
      }),
    ),
  );
  return { ...EMPTY_DIRECTORY, townName: 'Musterstadt', persons, devices };
}

interface RunnerOptions {
  readonly number?: number;
  readonly roster?: Conversation['roster'];
  readonly title?: string | undefined;
  readonly progress?: Partial<Progress>;
  readonly core?: Partial<LogCore>;
  readonly isCatchingUp?: boolean;
}

/** What the views read of a runner. */
function runner({
  number = 1_000,
  roster,
  title,
  progress,
  core,
  isCatchingUp = false,
}: RunnerOptions = {}): LogRunner {
  const conversation: Conversation = {
    kind: core?.kind === 'direct' ? 'direct' : 'group',
    title,
    roster: roster ?? { [ANNA]: 'manager', [BERT]: 'member', [CEM]: 'member' },
    former: [],
  };
  const state = {
    number,
    core: { kind: 'group', partner: undefined, createdAt: 0, ...core },
    progress: { ...FRESH_PROGRESS, ...progress },
    fold: { type: 'conversation', conversation },
  } as LogState;
  const seen: unknown = { state, isCatchingUp };
  return seen as LogRunner;
}

function source(runners: readonly LogRunner[], waiting: readonly WaitingIntent[] = []): ViewSource {
  return {
    me: { person: ANNA, device: deviceOf(ANNA) },
    directory,
    townSeq: () => 7,
    conversations: () => runners,
    otherNumbers: () => [],
    waiting: (log) => waiting.filter(({ intent }) => intent.log === log),
    allWaiting: () => waiting,
    status: () => ({ connection: { state: 'online' }, problem: undefined }),
    boardTitle: () => undefined,
  };
}

async function written(from: ViewSource): Promise<{
  readonly list: ListView;
  readonly status: StatusView;
  readonly conversation: (number: number) => Promise<ConversationRecord>;
}> {
  const records = await openRecords();
  const lead = await records.vault.takeLead();
  const writer = new ViewWriter(records, lead.ok ? lead.value : 0);
  writer.all(from);
  await vi.waitFor(async () => expect(await records.get('views', VIEW.status)).toBeDefined());
  const view = async <T>(key: readonly [number, number]): Promise<T> => {
    const found = await records.get<T>('views', key);
    if (found === undefined) throw new Error('not written');
    return found;
  };
  return {
    list: await view(VIEW.list),
    status: await view(VIEW.status),
    conversation: (number) => view(conversationViewKey(number)),
  };
}

const waitingFor = (n: number, body: EntryBody, changes = {}): WaitingIntent => ({
  number: n,
  intent: entryIntent(n, { body, ...changes }),
});

describe('a conversation’s view', () => {
  it('counts what waits here as done, as far as one has the right to it', () => {
    const one = runner({ title: 'Bauhof' });
    const asked = source(
      [one],
      [
        waitingFor(1, { kind: 'title', title: 'Werkstatt' }),
        waitingFor(2, { kind: 'roster', add: [], remove: [CEM] }),
        waitingFor(3, { kind: 'text', text: 'x' }),
      ],
    );
    expect(expectedConversation(asked, one)).toMatchObject({
      title: 'Werkstatt',
      roster: { [ANNA]: 'manager', [BERT]: 'member' },
    });
    const member = runner({ roster: { [ANNA]: 'member', [BERT]: 'manager', [CEM]: 'member' } });
    expect(
      expectedConversation(
        source([member], [waitingFor(2, { kind: 'roster', add: [], remove: [CEM] })]),
        member,
      ).roster,
    ).toEqual({
      [ANNA]: 'member',
      [BERT]: 'manager',
      [CEM]: 'member',
    });
    expect(expectedConversation(source([one]), one)).toMatchObject({ title: 'Bauhof' });
  });

  it('has a title: its own, the other’s name, or those of the others', async () => {
    const views = await written(
      source([
        runner({ number: 1, title: 'Bauhof' }),
        runner({ number: 2 }),
        runner({
          number: 3,
          core: { kind: 'direct', partner: BERT },
          roster: { [ANNA]: 'member', [BERT]: 'member' },
        }),
      ]),
    );
    const titles = new Map(views.list.conversations.map(({ number, title }) => [number, title]));
    expect(titles).toEqual(
      new Map([
        [1, 'Bauhof'],
        [2, 'Bert Böhm, Cem Çelik'],
        [3, 'Bert Böhm'],
      ]),
    );
    expect(await views.conversation(3)).toMatchObject({ kind: 'direct', canManage: false });
    expect(await views.conversation(1)).toMatchObject({
      kind: 'group',
      canManage: true,
      isMember: true,
      members: [
        { person: ANNA, isMe: true, role: 'manager', name: 'Anna Ahrens' },
        { person: BERT, isMe: false, role: 'member' },
        { person: CEM, isMe: false },
      ],
    });
  });

  it('is of one who is no member when the group or the roster says so', async () => {
    const views = await written(
      source(
        [
          runner({ number: 1, progress: { isMember: false } }),
          runner({ number: 2, roster: { [BERT]: 'manager' } }),
          runner({ number: 3 }),
        ],
        [waitingFor(1, { kind: 'roster', add: [], remove: [ANNA] }, { log: 3 })],
      ),
    );
    for (const number of [1, 2, 3])
      expect(await views.conversation(number), String(number)).toMatchObject({
        isMember: false,
        canManage: false,
      });
  });

  it('delivered and read mean: everybody else, on at least one device (SPEC A4)', async () => {
    const receipts = (list: readonly (readonly [PersonId, number, number, number])[]) =>
      Object.fromEntries(
        list.map(([person, index, delivered, read]) => [deviceOf(person, index), [delivered, read] as const]),
      );
    const view = async (list: readonly (readonly [PersonId, number, number, number])[]) =>
      (await written(source([runner({ progress: { receipts: receipts(list) } })]))).conversation(1_000);
    expect(await view([])).toMatchObject({ othersDelivered: 0, othersRead: 0 });
    expect(await view([[BERT, 0, 9, 8]])).toMatchObject({ othersDelivered: 0, othersRead: 0 });
    expect(
      await view([
        [ANNA, 0, 1, 1],
        [BERT, 0, 9, 2],
        [BERT, 1, 4, 6],
        [CEM, 1, 7, 5],
      ]),
    ).toMatchObject({ othersDelivered: 7, othersRead: 5 });
  });

  it('catches up only while nothing worse is known', async () => {
    const views = await written(
      source([
        runner({ number: 1, isCatchingUp: true }),
        runner({ number: 2, isCatchingUp: true, progress: { trouble: 'gap' } }),
      ]),
    );
    expect(await views.conversation(1)).toMatchObject({ trouble: 'catching-up' });
    expect(await views.conversation(2)).toMatchObject({ trouble: 'gap' });
  });
});

describe('the list', () => {
  const at = (time: number): Partial<Progress> => ({
    preview: { order: orderOf(3, 0), author: BERT, text: 'Hallo', effect: undefined, at: time },
  });

  it('has pinned ones first, then the newest', async () => {
    const { list } = await written(
      source([
        runner({ number: 1, progress: at(100) }),
        runner({ number: 2, progress: at(300) }),
        runner({ number: 3, progress: { ...at(50), isPinned: true } }),
        runner({ number: 4, core: { createdAt: 200 } }),
        runner({ number: 6, progress: at(100) }),
      ]),
    );
    expect(list.conversations.map(({ number }) => number)).toEqual([3, 2, 4, 1, 6]);
  });

  it('shows the newest text that waits, its first line only, and counts what is not handed over', async () => {
    const { list, status } = await written(
      source(
        [runner({ progress: at(10) })],
        [
          waitingFor(1, { kind: 'text', text: 'eins' }, { seq: 4, writtenAt: 20 }),
          waitingFor(2, { kind: 'text', text: 'zwei\nZeilen' }, { writtenAt: 30 }),
          waitingFor(3, { kind: 'title', title: 'x' }, { writtenAt: 40 }),
        ],
      ),
    );
    expect(list.conversations[0]).toMatchObject({
      preview: { isMine: true, text: 'zwei', state: 'saved', authorName: 'Anna Ahrens' },
      at: 30,
      waiting: 1,
    });
    expect(status).toMatchObject({ waiting: 1, waitingSince: 30, connection: { state: 'online' } });
  });

  it('says of one’s own last text how far it has come, of others’ nothing', async () => {
    const mine = (read: number, delivered: number) =>
      runner({
        roster: { [ANNA]: 'manager', [BERT]: 'member' },
        progress: {
          preview: { order: orderOf(3, 0), author: ANNA, text: 'Hallo', effect: undefined, at: 1 },
          receipts: { [deviceOf(BERT)]: [delivered, read] },
        },
      });
    for (const [read, delivered, state] of [
      [0, 0, 'handed-over'],
      [2, 3, 'delivered'],
      [3, 3, 'read'],
    ] as const)
      expect((await written(source([mine(read, delivered)]))).list.conversations[0]?.preview).toMatchObject({
        state,
      });
    const { list } = await written(source([runner({ progress: at(1) })]));
    expect(list.conversations[0]?.preview).toMatchObject({
      isMine: false,
      authorName: 'Bert Böhm',
      state: undefined,
    });
  });

  it('of a change says who made it', async () => {
    const preview = { order: 256, author: BERT, text: undefined, effect: { type: 'left' } as const, at: 1 };
    const { list } = await written(source([runner({ progress: { preview } })]));
    expect(list.conversations[0]?.preview).toMatchObject({
      text: undefined,
      system: { type: 'left', by: BERT },
    });
  });

  it('of nothing has nothing to say', async () => {
    const { list, status } = await written(source([runner()]));
    expect(list.conversations[0]?.preview).toBeUndefined();
    expect(status).toMatchObject({ waiting: 0, waitingSince: undefined });
    expect((await written(source([]))).list).toEqual({ conversations: [] });
  });
});

describe('the directory’s view', () => {
  it('tells who is here, who was, and who may', () => {
    const view = directoryView(source([]));
    expect(view.townName).toBe('Musterstadt');
    expect(view.persons).toEqual([
      { id: ANNA, name: 'Anna Ahrens', isMe: true, isAdmin: true, isActive: true },
      { id: BERT, name: 'Bert Böhm', isMe: false, isAdmin: false, isActive: true },
      { id: CEM, name: 'Cem Çelik', isMe: false, isAdmin: false, isActive: false },
    ]);
    expect(view.devices.filter(({ isThisDevice }) => isThisDevice).map(({ id }) => id)).toEqual([
      deviceOf(ANNA),
    ]);
    expect(view.devices.filter(({ isBlocked }) => isBlocked).map(({ person }) => person)).toEqual([CEM, CEM]);
    expect(personName(directory(), 'f'.repeat(32) as PersonId)).toBe('');
  });
});

describe('what a person would call a message', () => {
  it('is a text', () => {
    expect(isMessage({ kind: 'text', text: 'x' })).toBe(true);
    for (const body of [{ kind: 'void' }, { kind: 'unknown' }, { kind: 'title', title: 'x' }] as const)
      expect(isMessage(body)).toBe(false);
  });
});

describe('writing', () => {
  it('a burst is written once, with the latest of each', async () => {
    const records = await openRecords();
    const lead = await records.vault.takeLead();
    const writer = new ViewWriter(records, lead.ok ? lead.value : 0);
    const seen: unknown[] = [];
    const stop = records.vault.observe(
      (reader) => reader.range('views', { from: [0, 0], to: [99, 0] }),
      (rows) =>
        void records.openRows('views', rows).then((opened) => seen.push(opened.map(({ value }) => value))),
    );
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    const makes = vi.fn();
    for (let i = 0; i < 50; i++) {
      writer.mark([1, 0], () => (makes(), `a${i}`));
      writer.mark([2, 0], () => (makes(), `b${i}`));
    }
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['a49', 'b49']));
    expect(makes).toHaveBeenCalledTimes(2);
    expect(seen).toHaveLength(2);
    stop();
  });

  it('looks at a conversation again for the list only when it changed', async () => {
    const records = await openRecords();
    const lead = await records.vault.takeLead();
    const writer = new ViewWriter(records, lead.ok ? lead.value : 0);
    const [one, two] = [runner({ number: 1, title: 'eins' }), runner({ number: 2, title: 'zwei' })];
    const looked: number[] = [];
    const from = source([one, two]);
    const watched = {
      ...from,
      waiting: (log: number) => {
        looked.push(log);
        return from.waiting(log);
      },
    };
    writer.all(watched);
    await vi.waitFor(async () => expect(await records.get('views', VIEW.list)).toBeDefined());
    looked.length = 0;
    Object.assign(one, runner({ number: 1, title: 'neu' }));
    writer.conversation(watched, one);
    await vi.waitFor(async () => {
      const list = await records.get<ListView>('views', VIEW.list);
      expect(list?.conversations.map(({ title }) => title)).toEqual(['neu', 'zwei']);
    });
    expect(new Set(looked)).toEqual(new Set([1]));
  });

  it('what the vault did not take is written with the next change, or after a while', async () => {
    let isFull = false;
    const vault = createMemoryVault({
      store: new MemoryStore(),
      faults: { failWrite: (kind) => (isFull && kind === 'commit' ? 'storage-full' : undefined) },
    });
    const records = await openRecords();
    const lead = await vault.takeLead();
    const full = new Proxy(records, {
      get(target, name) {
        if (name === 'vault') return vault;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const retries: (() => void)[] = [];
    const recovered = vi.fn();
    const later = (run: () => void): void => void retries.push(run);
    const writer = new ViewWriter(full, lead.ok ? lead.value : 0, { later, recovered });
    isFull = true;
    writer.mark([1, 0], () => 'eins');
    await new Promise((resolve) => setTimeout(resolve, 10));
    isFull = false;
    expect(recovered).not.toHaveBeenCalled();
    writer.mark([2, 0], () => 'zwei');
    await vi.waitFor(async () => {
      expect(await vault.get('views', [1, 0])).toBeDefined();
      expect(await vault.get('views', [2, 0])).toBeDefined();
    });
    expect(recovered).toHaveBeenCalledTimes(1);
    // Or after a while, when nothing changes any more.
    isFull = true;
    writer.mark([3, 0], () => 'drei');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(retries).toHaveLength(1);
    retries.splice(0).forEach((retry) => retry());
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(retries).toHaveLength(1);
    isFull = false;
    retries.splice(0).forEach((retry) => retry());
    await vi.waitFor(async () => {
      expect(await vault.get('views', [3, 0])).toBeDefined();
    });
    expect(recovered).toHaveBeenCalledTimes(2);
  });

  it('one that is over, or has lost the lead, writes nothing (SPEC V3)', async () => {
    const records = await openRecords();
    const lead = await records.vault.takeLead();
    const writer = new ViewWriter(records, lead.ok ? lead.value : 0);
    writer.stop();
    writer.mark([1, 0], () => 'x');
    const deposed = new ViewWriter(records, lead.ok ? lead.value : 0);
    await records.vault.takeLead();
    deposed.mark([2, 0], () => 'y');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await records.range('views', { from: [0, 0], to: [99, 0] })).toEqual([]);
  });
});
