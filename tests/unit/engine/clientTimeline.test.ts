import { describe, expect, it, vi } from 'vitest';
import type { TimelineWindow } from '../../../src/engine/client';
import { ClientTimeline } from '../../../src/engine/clientTimeline';
import { IntentReader } from '../../../src/engine/intentReader';
import type { Ask } from '../../../src/engine/setupRecords';
import { textOf, type TimelineContext } from '../../../src/engine/timelineItems';
import type { TimelineItem } from '../../../src/engine/views';
import type { ConversationRecord } from '../../../src/engine/viewWriter';
import { rowKey, WAITING_ORDER } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import type { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline } from '../../../src/records/timelineRows';
import { ANNA, BERT, entryId, entryIntent, item, NAMES, openRecords, textItem } from './records';

const LOG = 1_000;

async function fill(records: SealedRecords, items: readonly TimelineRecord[]): Promise<void> {
  const { writes } = await addToTimeline(records, LOG, [], items);
  await records.vault.commit({ writes });
}
const texts = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => textItem(from + i, `${from + i}`));

const conversation = {
  number: LOG,
  trouble: 'none',
  othersDelivered: 0,
  othersRead: 0,
} as ConversationRecord;

class Screen {
  readonly timeline: ClientTimeline;
  windows: TimelineWindow[] = [];
  context: TimelineContext = { me: ANNA, names: NAMES, conversation, isOnline: true };

  constructor(records: SealedRecords, limit = 50, around?: number, number = LOG) {
    this.timeline = new ClientTimeline(
      records,
      new IntentReader(records),
      number,
      {
        limit,
        ...(around === undefined ? {} : { around }),
        onChange: (window) => this.windows.push(window),
      },
      () => this.context,
    );
  }

  get now(): TimelineWindow | undefined {
    return this.windows.at(-1);
  }
  get items(): readonly TimelineItem[] {
    return this.now?.items ?? [];
  }
  get texts(): readonly string[] {
    return this.items.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  }
  async shows(expected: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(this.texts).toEqual(expected));
  }
  async ready(): Promise<this> {
    await vi.waitFor(() => expect(this.now).toBeDefined());
    return this;
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);

describe('a window on the timeline', () => {
  it('of little is all of it', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 5));
    const screen = await new Screen(records).ready();
    await screen.shows(numbers(1, 5));
    expect(screen.now).toMatchObject({ hasOlder: false, hasNewer: false });
  });

  it('of nothing is empty, and shows what comes', async () => {
    const records = await openRecords();
    const screen = await new Screen(records).ready();
    expect(screen.now).toEqual({ items: [], hasOlder: false, hasNewer: false });
    await fill(records, texts(1, 1));
    await screen.shows(['1']);
  });

  it('begins with the newest and grows towards the oldest, without holes', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 400));
    const screen = await new Screen(records, 20).ready();
    await screen.shows(numbers(381, 400));
    expect(screen.now).toMatchObject({ hasOlder: true, hasNewer: false });
    let before = screen.texts.length;
    while (screen.now?.hasOlder === true) {
      await screen.timeline.loadOlder(50);
      await vi.waitFor(() => expect(screen.texts.length).toBeGreaterThan(before));
      before = screen.texts.length;
      expect(screen.texts).toEqual(numbers(401 - before, 400));
    }
    expect(before).toBe(400);
  });

  it('around a place has both sides, and grows towards both ends', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 100));
    const screen = await new Screen(records, 10, 50 * 256).ready();
    expect(screen.texts).toEqual(numbers(46, 54));
    expect(screen.now).toMatchObject({ hasOlder: true, hasNewer: true });
    await screen.timeline.loadNewer(10);
    await screen.shows(numbers(46, 64));
    await screen.timeline.loadOlder(5);
    await screen.shows(numbers(41, 64));
    await screen.timeline.loadNewer(500);
    await screen.shows(numbers(41, 100));
    expect(screen.now).toMatchObject({ hasOlder: true, hasNewer: false });
    // At the end it follows what comes.
    await fill(records, texts(101, 101));
    await screen.shows(numbers(41, 101));
  });

  it('in the middle does not jump when something new comes', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 100));
    const screen = await new Screen(records, 10, 50 * 256).ready();
    await fill(records, texts(101, 102));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(screen.texts).toEqual(numbers(46, 54));
  });

  it('passes over a row that cannot be read', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 4));
    const value = new Uint8Array(50);
    await records.vault.commit({ writes: [{ store: 'rows', key: rowKey(LOG, 2 * 256), value }] });
    const screen = await new Screen(records).ready();
    await screen.shows(['1', '3', '4']);
  });

  it('is drawn for the first time when it has been read, whatever is told before', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 5));
    const screen = new Screen(records);
    while (screen.now === undefined) {
      screen.timeline.redraw();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(screen.windows[0]?.items).toHaveLength(5);
  });

  it('counts what can be read, not what cannot', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 120));
    const value = new Uint8Array(50);
    const broken = Array.from({ length: 40 }, (_, i) => 120 - i);
    await records.vault.commit({
      writes: broken.map((seq) => ({ store: 'rows', key: rowKey(LOG, seq * 256), value })),
    });
    const screen = await new Screen(records, 20).ready();
    await screen.shows(numbers(61, 80));
    expect(screen.now).toMatchObject({ hasOlder: true, hasNewer: false });
    await screen.timeline.loadOlder(10);
    await screen.shows(numbers(51, 80));
    const middle = await new Screen(records, 20, 75 * 256).ready();
    expect(middle.texts).toEqual(numbers(66, 80));
  });

  it('is bounded: reading upwards lets the newest go, and finds them again', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 3_000));
    const screen = await new Screen(records, 60).ready();
    while (screen.now?.hasOlder === true) await screen.timeline.loadOlder(300);
    for (const { items } of screen.windows) expect(items.length).toBeLessThan(1_500);
    expect(screen.texts[0]).toBe('1');
    expect(screen.now).toMatchObject({ hasOlder: false, hasNewer: true });
    while (screen.now?.hasNewer === true) {
      await screen.timeline.loadNewer(300);
      const [first = '', last = ''] = [screen.texts[0], screen.texts.at(-1)];
      expect(screen.texts).toEqual(numbers(Number(first), Number(last)));
    }
    for (const { items } of screen.windows) expect(items.length).toBeLessThan(1_500);
    expect(screen.texts.at(-1)).toBe('3000');
    // No step both adds at one end and takes away at the other: a list could not keep its place.
    for (const [index, { items }] of screen.windows.entries()) {
      const before = screen.windows[index - 1]?.items;
      if (before === undefined) continue;
      const sameStart = before[0]?.order === items[0]?.order;
      const sameEnd = before.at(-1)?.order === items.at(-1)?.order;
      expect(sameStart || sameEnd).toBe(true);
    }
  });

  it('is bounded at the end as well: what comes beyond it waits until it is asked for', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 50));
    const screen = await new Screen(records, 50).ready();
    let tail: readonly number[] = texts(1, 50).map(({ order }) => order);
    for (let from = 51; from <= 2_000; from += 150) {
      const next = await addToTimeline(records, LOG, tail, texts(from, from + 149));
      tail = next.tail;
      await records.vault.commit({ writes: next.writes });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await vi.waitFor(() => expect(screen.now).toMatchObject({ hasNewer: true, hasOlder: false }));
    for (const { items } of screen.windows) expect(items.length).toBeLessThan(1_500);
    expect(screen.texts).toEqual(numbers(1, screen.texts.length));
    while (screen.now?.hasNewer === true) await screen.timeline.loadNewer(200);
    expect(screen.texts.at(-1)).toBe('2000');
    expect(screen.now).toMatchObject({ hasOlder: true });
    // At the end it follows what comes again.
    const { writes } = await addToTimeline(records, LOG, tail, texts(2_001, 2_001));
    await records.vault.commit({ writes });
    await vi.waitFor(() => expect(screen.texts.at(-1)).toBe('2001'));
  });

  it('ends every loading, also one that another overtook, or the closing', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 300));
    const screen = await new Screen(records, 20, 150 * 256).ready();
    const { timeline } = screen;
    await Promise.all([timeline.loadOlder(10), timeline.loadNewer(10), timeline.loadOlder(10)]);
    const loading = timeline.loadOlder(10);
    timeline.close();
    await loading;
    await timeline.loadNewer(10);
  });

  it('moves to the older conversation that the one asked for became', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 3));
    await records.addIntent(ask(9, 'noch hierher', LOG + 5));
    const screen = new Screen(records, 50, undefined, LOG + 5);
    await screen.ready();
    expect(screen.texts).toEqual(['noch hierher']);
    screen.context = { ...screen.context, conversation: { ...conversation, number: LOG + 5, rowsAt: LOG } };
    screen.timeline.redraw();
    await screen.shows(['1', '2', '3', 'noch hierher']);
  });

  it('says nothing after it was closed', async () => {
    const records = await openRecords();
    const screen = await new Screen(records).ready();
    screen.timeline.close();
    const before = screen.windows.length;
    await fill(records, texts(1, 1));
    screen.timeline.redraw();
    await screen.timeline.loadOlder(5);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(screen.windows).toHaveLength(before);
  });
});

describe('items', () => {
  it('say who wrote them, and of one’s own how far they have come (SPEC A4)', async () => {
    const records = await openRecords();
    await fill(records, [...texts(1, 3), textItem(4, 'von Bert', { author: BERT })]);
    const screen = await new Screen(records).ready();
    screen.context = {
      ...screen.context,
      conversation: { ...conversation, othersRead: 1, othersDelivered: 2 },
    };
    screen.timeline.redraw();
    expect(screen.items.map(({ state }) => state)).toEqual(['read', 'delivered', 'handed-over', undefined]);
    expect(screen.items[3]).toMatchObject({
      isMine: false,
      authorName: 'Bert Böhm',
      writtenAt: 40,
      relayAt: 45,
    });
    screen.context = { ...screen.context, conversation: undefined, names: new Map() };
    screen.timeline.redraw();
    expect(screen.items[0]).toMatchObject({ state: 'handed-over', authorName: undefined });
  });

  it('show gaps where they are, before what came with them (SPEC I4, I5)', async () => {
    const records = await openRecords();
    await fill(records, [
      textItem(1, 'eins'),
      {
        ...textItem(2, ''),
        author: undefined,
        proof: undefined,
        gap: { count: 1, reason: 'unreadable' },
      },
      textItem(3, 'drei', { gap: { count: 4, reason: 'missing' } }),
    ]);
    const screen = await new Screen(records).ready();
    expect(screen.items.map(({ content }) => content)).toEqual([
      { type: 'text', text: 'eins' },
      { type: 'gap', count: 1, reason: 'unreadable' },
      { type: 'gap', count: 4, reason: 'missing' },
      { type: 'text', text: 'drei' },
    ]);
    const orders = screen.items.map(({ order }) => order);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    expect(new Set(orders).size).toBe(4);
  });

  it('of one entry with several effects are several, in order', async () => {
    const records = await openRecords();
    const effects = [{ type: 'added', persons: [BERT] }, { type: 'left' }] as const;
    await fill(records, [item(1, { kind: 'roster', add: [BERT], remove: [ANNA] }, { effects })]);
    const screen = await new Screen(records).ready();
    expect(screen.items.map(({ content }) => content)).toEqual([
      { type: 'system', event: { type: 'added', persons: [BERT], by: ANNA } },
      { type: 'system', event: { type: 'left', by: ANNA } },
    ]);
    expect(screen.items.map(({ order }) => order)).toEqual([256, 256.5]);
    expect(screen.items.map(({ state }) => state)).toEqual([undefined, undefined]);
  });

  it('of a later version’s kind ask for an update (SPEC E9)', async () => {
    const records = await openRecords();
    await fill(records, [item(1, { kind: 'unknown' })]);
    expect((await new Screen(records).ready()).texts).toEqual(['unknown']);
  });
});

describe('the beginning', () => {
  const group = { ...conversation, kind: 'group' } as ConversationRecord;
  const founded = item(
    1,
    { kind: 'founded', persons: [BERT] },
    { effects: [{ type: 'founded', persons: [BERT] }] },
  );

  async function kinds(records: SealedRecords, view: ConversationRecord, limit = 50) {
    const screen = await new Screen(records, limit).ready();
    screen.context = { ...screen.context, conversation: view };
    screen.timeline.redraw();
    return screen.items.map(({ content }) => (content.type === 'system' ? content.event.type : content.type));
  }

  it('of a group one came to later says that there was something before', async () => {
    const records = await openRecords();
    await fill(records, texts(7, 8));
    expect(await kinds(records, group)).toEqual(['history-from-here', 'text', 'text']);
    const orders = (await new Screen(records).ready()).items.map(({ order }) => order);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
  });

  it('of a group one was in from the first says that it begins there', async () => {
    const records = await openRecords();
    await fill(records, texts(4, 5));
    expect(await kinds(records, group)).toEqual(['begins-here', 'text', 'text']);
  });

  it('of a group seen from its founding on, and of a pair, says nothing', async () => {
    const records = await openRecords();
    await fill(records, [founded, ...texts(2, 3)]);
    expect(await kinds(records, group)).toEqual(['founded', 'text', 'text']);
    expect(await kinds(records, { ...conversation, kind: 'direct' })).toEqual(['founded', 'text', 'text']);
  });

  it('says nothing while there is more above, or nothing at all', async () => {
    const records = await openRecords();
    expect(await kinds(records, group)).toEqual([]);
    await fill(records, texts(1, 30));
    expect(await kinds(records, group, 5)).not.toContain('history-from-here');
  });
});

const ask = (n: number, text: string, conversation = LOG): Ask => ({
  type: 'ask',
  intent: { type: 'send-text', conversation, text },
  entry: entryId(n),
  salt: new Uint8Array(16),
  askedAt: n,
});

describe('waiting items', () => {
  it('stand at the end, wishes and entries of this conversation alone', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 2));
    await records.addIntent(entryIntent(1, { body: { kind: 'text', text: 'Eintrag' } }));
    await records.addIntent(ask(2, 'Wunsch'));
    await records.addIntent(ask(3, 'anderswo', LOG + 1));
    await records.addIntent(entryIntent(4, { log: LOG + 1 }));
    await records.addIntent(entryIntent(5, { body: { kind: 'title', title: 'x' } }));
    await records.addIntent({ ...ask(6, ''), intent: { type: 'connect-now' } });
    const screen = await new Screen(records).ready();
    expect(screen.texts).toEqual(['1', '2', 'Eintrag', 'Wunsch']);
    for (const waiting of screen.items.slice(2))
      expect(waiting).toMatchObject({ isMine: true, author: ANNA, state: 'saved', waitsFor: undefined });
    expect(screen.items[3]).toMatchObject({ id: entryId(2), writtenAt: 2, relayAt: undefined });
    expect(screen.items[2]!.order).toBeGreaterThan(WAITING_ORDER);
    expect(screen.items[3]!.order).toBeGreaterThan(screen.items[2]!.order);
  });

  it('say what they wait for, until they are handed over', async () => {
    const records = await openRecords();
    await records.addIntent(entryIntent(1));
    await records.addIntent(entryIntent(2, { seq: 7, counter: 1 }));
    const screen = await new Screen(records).ready();
    const waits = (changes: Partial<TimelineContext>) => {
      screen.context = { ...screen.context, ...changes };
      screen.timeline.redraw();
      return screen.items.map(({ waitsFor, state }) => [state, waitsFor]);
    };
    expect(waits({ isOnline: false })).toEqual([
      ['saved', 'network'],
      ['handed-over', undefined],
    ]);
    expect(waits({ isOnline: true })[0]).toEqual(['saved', undefined]);
    expect(waits({ conversation: { ...conversation, trouble: 'needs-reentry' } })[0]).toEqual([
      'saved',
      'setup',
    ]);
  });

  it('become rows without showing twice or not at all', async () => {
    const records = await openRecords();
    const added = await records.addIntent(entryIntent(1, { body: { kind: 'text', text: 'eins' } }));
    if (!added.ok) throw new Error('added');
    const screen = await new Screen(records).ready();
    expect(screen.texts).toEqual(['eins']);
    const { writes } = await addToTimeline(records, LOG, [], [textItem(1, 'eins')]);
    await records.vault.commit({ writes: [...writes, { store: 'intents', delete: [added.value, 0] }] });
    await vi.waitFor(() => expect(screen.items[0]?.relayAt).toBe(15));
    for (const { items } of screen.windows) expect(items).toHaveLength(1);
  });

  it('by the thousand are shown from the newest on', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 3));
    for (let i = 1; i <= 300; i++) await records.addIntent(ask(i, `w${i}`));
    const screen = await new Screen(records, 100).ready();
    const written = (from: number) => Array.from({ length: 301 - from }, (_, i) => `w${from + i}`);
    expect(screen.texts).toEqual(written(201));
    expect(screen.now).toMatchObject({ hasOlder: true, hasNewer: false });
    await screen.timeline.loadOlder(150);
    expect(screen.texts).toEqual(written(51));
    await screen.timeline.loadOlder(150);
    expect(screen.texts).toEqual(['1', '2', '3', ...written(1)]);
    expect(screen.now).toMatchObject({ hasOlder: false });
  });

  it('are not shown in the middle of the past', async () => {
    const records = await openRecords();
    await fill(records, texts(1, 100));
    await records.addIntent(entryIntent(1, { body: { kind: 'text', text: 'wartet' } }));
    const screen = await new Screen(records, 10, 50 * 256).ready();
    expect(screen.texts).toEqual(numbers(46, 54));
    await screen.timeline.loadNewer(500);
    await screen.shows([...numbers(46, 100), 'wartet']);
  });

  it('are texts of one conversation, or of all', () => {
    expect(textOf(LOG, entryIntent(1))).toBe('Nachricht 1');
    expect(textOf(LOG + 1, entryIntent(1))).toBeUndefined();
    expect(textOf(undefined, entryIntent(1))).toBe('Nachricht 1');
    expect(textOf(LOG, ask(1, 'x'))).toBe('x');
    expect(textOf(LOG + 1, ask(1, 'x'))).toBeUndefined();
    expect(textOf(undefined, ask(1, 'x'))).toBe('x');
    expect(textOf(LOG, entryIntent(1, { body: { kind: 'void' } }))).toBeUndefined();
  });
});
