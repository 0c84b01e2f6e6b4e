import { beforeEach, describe, expect, it } from 'vitest';
import type { EntryBody } from '../../../src/domain/body';
import { encodeContent, encodeEntry } from '../../../src/domain/entry';
import { idToBytes, type DeviceId, type EntryId } from '../../../src/domain/ids';
import { rowKey } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { mendTimeline, nameOf } from '../../../src/records/mendedTimeline';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline, takeOut } from '../../../src/records/timelineRows';
import { createMemoryVault } from '../../../src/vault/memoryVault';

const LOG = 1_000;
const [SELF, OTHER] = ['5', 'e'].map((x) => x.repeat(32) as DeviceId) as [DeviceId, DeviceId];
let records: SealedRecords;
beforeEach(async () => {
  const opened = await SealedRecords.over(createMemoryVault());
  if (!opened.ok) throw new Error(opened.error.type);
  records = opened.value;
});

function item(order: number, what: 'own' | 'handed' | 'hole'): TimelineRecord {
  if (what !== 'hole') return entryOf(order, order, what, OTHER, 1);
  const gap = { count: 1, reason: 'unreadable' } as const;
  return { order, relayAt: order, author: undefined, proof: undefined, effects: [], gap, isHistory: false };
}

async function stored(): Promise<readonly TimelineRecord[]> {
  const rows = await records.range<readonly TimelineRecord[]>('rows', {
    from: rowKey(LOG, 0),
    to: rowKey(LOG, Number.MAX_SAFE_INTEGER),
  });
  return rows.flatMap((row) => row.value);
}

async function begin(
  items: readonly TimelineRecord[],
): Promise<{ tail: readonly number[]; lastOrder: number }> {
  const { writes, tail } = await addToTimeline(records, LOG, [], items);
  await records.vault.commit({ writes: [...writes], strict: true });
  return { tail, lastOrder: items.at(-1)?.order ?? 0 };
}

/** `theirs`: where the others have entries, by id; what they have folded of an author is `counter`. */
async function mend(
  kept: { tail: readonly number[]; lastOrder: number },
  history: readonly TimelineRecord[],
  {
    theirs = new Map<number, number>(),
    counter = 99,
    isOfThisLog = true,
    unheard = [] as readonly TimelineRecord[],
    lostFrom = Infinity,
    wholeFrom = history[0]?.order ?? Infinity,
  } = {},
): ReturnType<typeof mendTimeline> {
  const mended = await mendTimeline(records, LOG, kept, {
    history,
    places: new Map([
      ...history.map((entry) => [nameOf(entry) ?? '', entry.order] as const),
      ...[...theirs].map(([id, order]) => [nameOf(entryOf(0, id, 'own')) ?? '', order] as const),
    ]),
    counters: { [SELF]: counter, [OTHER]: counter },
    self: SELF,
    end: 2_560,
    lostFrom,
    wholeFrom,
    unheard,
    isOfThisLog: () => Promise.resolve(isOfThisLog),
  });
  await records.vault.commit({ writes: [...mended.writes], strict: true });
  return mended;
}

/** Entry `id`, by somebody else or by us. */
function entryOf(
  order: number,
  id: number,
  what: 'own' | 'handed',
  device = OTHER,
  counter = id,
  body?: EntryBody,
): TimelineRecord {
  const entry = encodeEntry({
    id: idToBytes(id.toString(16).padStart(32, '0') as EntryId),
    device: idToBytes(device),
    counter,
    salt: new Uint8Array(16),
    content:
      body === undefined
        ? new Uint8Array(1)
        : encodeContent({ body, writtenAt: 1, seenSeq: 0, seenChain: new Uint8Array(32) }),
    signature: new Uint8Array(64),
  });
  return {
    order,
    relayAt: order,
    author: undefined,
    proof: { epochTag: new Uint8Array(8), entry },
    effects: [],
    gap: undefined,
    isHistory: what === 'handed',
  };
}

describe('a timeline that is handed what it missed (SPEC B6)', () => {
  it('keeps its own rows, fills its holes, and goes on behind', async () => {
    const kept = await begin([item(1, 'own'), item(2, 'own'), item(3, 'hole'), item(4, 'hole')]);
    const history = [2, 3, 4, 5].map((order) => item(order, 'handed'));
    const mended = await mend(kept, history);
    expect(await stored()).toEqual([
      item(1, 'own'),
      item(2, 'own'),
      item(3, 'handed'),
      item(4, 'handed'),
      item(5, 'handed'),
    ]);
    expect(mended.added.map(({ order }) => order)).toEqual([3, 4, 5]);
    expect(mended).toMatchObject({ tail: [1, 2, 3, 4, 5], lastOrder: 5 });
  });

  it('has no holes of the time in which it was out, whatever was handed over', async () => {
    const rows = [item(1, 'hole'), item(2, 'own'), item(3, 'hole'), item(4, 'hole')];
    await mend(await begin(rows), [item(5, 'handed')], { lostFrom: 3 });
    expect(await stored()).toEqual([item(1, 'hole'), item(2, 'own'), item(5, 'handed')]);
  });

  it('ends where it could still be read when nothing is handed over', async () => {
    const mended = await mend(await begin([item(2, 'own'), item(3, 'hole')]), [], { lostFrom: 3 });
    expect(await stored()).toEqual([item(2, 'own')]);
    expect(mended).toMatchObject({ tail: [2], lastOrder: 2 });
  });

  it('doubts texts only where whoever handed over must have them', async () => {
    const text = { kind: 'text', text: 'x' } as const;
    const rows = [1, 2, 3].map((order) => entryOf(order, order, 'own', OTHER, 1, text));
    await mend(await begin(rows), [], { wholeFrom: 3 });
    expect((await stored()).map(({ gap }) => gap?.reason)).toEqual([undefined, undefined, 'forked']);
  });

  it('has an entry once, and where the others have it', async () => {
    const kept = await begin([entryOf(1, 1, 'own'), entryOf(2, 2, 'own'), entryOf(4, 3, 'own')]);
    await mend(kept, [entryOf(2, 2, 'handed'), entryOf(3, 3, 'handed')]);
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(2, 2, 'own'), entryOf(3, 3, 'handed')]);
  });

  it('has it once where it stood before all that was handed over, too', async () => {
    const kept = await begin([entryOf(1, 1, 'own'), entryOf(2, 2, 'own')]);
    await mend(kept, [entryOf(5, 2, 'handed')]);
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(5, 2, 'handed')]);
  });

  it('moves what is no text to where the others have it', async () => {
    const title = entryOf(2, 2, 'own');
    const kept = await begin([entryOf(1, 1, 'own'), title]);
    await mend(kept, [entryOf(2, 3, 'handed')], { theirs: new Map([[2, 3]]) });
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(2, 3, 'handed'), { ...title, order: 3 }]);
  });

  it('gives back what is ours and nobody has, and sets apart what is others’', async () => {
    const kept = await begin([
      entryOf(1, 1, 'own'),
      entryOf(2, 7, 'own'),
      entryOf(3, 8, 'own', SELF),
      entryOf(4, 2, 'own'),
    ]);
    const mended = await mend(kept, [entryOf(3, 2, 'handed')], { counter: 5 });
    expect(mended.unsaid.map(({ counter }) => counter)).toEqual([8]);
    expect(mended.strays).toEqual([nameOf(entryOf(2, 7, 'own'))]);
    const apart = { ...entryOf(2, 7, 'own'), order: 2_561, gap: { count: 0, reason: 'forked' } };
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(3, 2, 'handed'), apart]);
    expect(mended.lastOrder).toBe(2_561);
    const left = await takeOut(records, LOG, mended.tail, (entry) => mended.strays.includes(nameOf(entry)!));
    await records.vault.commit({ writes: [...left.writes], strict: true });
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(3, 2, 'handed')]);
    expect(left.tail).toEqual([1, 3]);
  });

  it('keeps what is ours under a counter that has passed, marked and behind the rest', async () => {
    const kept = await begin([entryOf(1, 1, 'own')]);
    const mended = await mend(kept, [entryOf(2, 2, 'handed')], { unheard: [entryOf(0, 3, 'own', SELF)] });
    const apart = { ...entryOf(0, 3, 'own', SELF), order: 2_561, gap: { count: 0, reason: 'forked' } };
    expect(await stored()).toEqual([entryOf(1, 1, 'own'), entryOf(2, 2, 'handed'), apart]);
    expect(mended.strays).toEqual([]);
    expect(mended.lastOrder).toBe(2_561);
  });

  it('marks a text that nobody else has, and no title: newcomers are handed no titles', async () => {
    const text = entryOf(2, 2, 'own', OTHER, 2, { kind: 'text', text: 'nur hier' });
    const title = entryOf(3, 3, 'own', OTHER, 3, { kind: 'title', title: 'Bauhof' });
    const [first, last] = [entryOf(1, 1, 'handed'), entryOf(4, 4, 'handed')];
    await mend(await begin([text, title]), [first, last]);
    const marked = { ...text, gap: { count: 0, reason: 'forked' } };
    expect(await stored()).toEqual([first, marked, title, last]);
  });

  it('counts only what was signed for this log', async () => {
    const kept = await begin([entryOf(1, 9, 'own', SELF)]);
    const mended = await mend(kept, [entryOf(2, 2, 'handed')], { counter: 5, isOfThisLog: false });
    expect(mended.unsaid).toEqual([]);
    expect(await stored()).toEqual([entryOf(1, 9, 'own', SELF), entryOf(2, 2, 'handed')]);
  });

  it('keeps holes before what was handed over, and everything when nothing was', async () => {
    const kept = await begin([item(1, 'hole'), item(5, 'own')]);
    expect(await mend(kept, [])).toMatchObject({ tail: [1, 5], lastOrder: 5, added: [] });
    await mend(kept, [item(5, 'handed'), item(9, 'handed')]);
    expect(await stored()).toEqual([item(1, 'hole'), item(5, 'own'), item(9, 'handed')]);
  });

  it('does the same where rows are packed into pages', async () => {
    const all = Array.from({ length: 400 }, (_, i) => item(i + 1, i >= 100 && i < 300 ? 'hole' : 'own'));
    const kept = await begin(all);
    const history = Array.from({ length: 350 }, (_, i) => item(i + 91, 'handed'));
    const mended = await mend(kept, history);
    const after = await stored();
    expect(after.map(({ order }) => order)).toEqual(Array.from({ length: 440 }, (_, i) => i + 1));
    expect(after.filter(({ isHistory }) => isHistory)).toHaveLength(240);
    expect(after.some(({ gap }) => gap !== undefined)).toBe(false);
    expect(mended.added).toHaveLength(240);
    // And the next ones find the tail as it should be.
    const next = await addToTimeline(records, LOG, mended.tail, [item(441, 'own')]);
    await records.vault.commit({ writes: [...next.writes], strict: true });
    expect((await stored()).map(({ order }) => order)).toEqual(Array.from({ length: 441 }, (_, i) => i + 1));
  });
});
