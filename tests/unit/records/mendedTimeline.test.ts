import { beforeEach, describe, expect, it } from 'vitest';
import { encodeEntry } from '../../../src/domain/entry';
import { rowKey } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { mendTimeline } from '../../../src/records/mendedTimeline';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline } from '../../../src/records/timelineRows';
import { createMemoryVault } from '../../../src/vault/memoryVault';

const LOG = 1_000;
let records: SealedRecords;
beforeEach(async () => {
  const opened = await SealedRecords.over(createMemoryVault());
  if (!opened.ok) throw new Error(opened.error.type);
  records = opened.value;
});

function item(order: number, what: 'own' | 'handed' | 'hole'): TimelineRecord {
  const proof = { epochTag: new Uint8Array(8), entry: Uint8Array.of(order & 255) };
  return {
    order,
    relayAt: order,
    author: undefined,
    proof: what === 'hole' ? undefined : proof,
    effects: [],
    gap: what === 'hole' ? { count: 1, reason: 'unreadable' } : undefined,
    isHistory: what === 'handed',
  };
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

async function mend(
  kept: { tail: readonly number[]; lastOrder: number },
  history: readonly TimelineRecord[],
): ReturnType<typeof mendTimeline> {
  const mended = await mendTimeline(records, LOG, kept, history);
  await records.vault.commit({ writes: [...mended.writes], strict: true });
  return mended;
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

  it('has an entry once, and where the others have it', async () => {
    const wire = (id: number): Uint8Array<ArrayBuffer> =>
      encodeEntry({
        id: new Uint8Array(16).fill(id),
        device: new Uint8Array(16),
        counter: 1,
        salt: new Uint8Array(16),
        content: new Uint8Array(1),
        signature: new Uint8Array(64),
      });
    const entry = (order: number, id: number, what: 'own' | 'handed'): TimelineRecord => ({
      ...item(order, what),
      proof: { epochTag: new Uint8Array(8), entry: wire(id) },
    });
    const kept = await begin([entry(1, 1, 'own'), entry(2, 2, 'own'), entry(4, 3, 'own')]);
    await mend(kept, [entry(2, 2, 'handed'), entry(3, 3, 'handed')]);
    expect(await stored()).toEqual([entry(1, 1, 'own'), entry(2, 2, 'own'), entry(3, 3, 'handed')]);
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
