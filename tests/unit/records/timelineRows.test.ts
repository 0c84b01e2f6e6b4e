import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimelineRecord } from '../../../src/records/logRecords';
import type { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline, PAGE_ITEMS } from '../../../src/records/timelineRows';
import { openRecords } from '../engine/records';

const LOG = 1_000;
const whole = { from: [LOG, 0], to: [LOG, Number.MAX_SAFE_INTEGER] } as const;

function bare(order: number): TimelineRecord {
  return {
    order,
    relayAt: order,
    author: undefined,
    proof: undefined,
    effects: [],
    gap: undefined,
    isHistory: false,
  };
}

/** A timeline that grows; `orders` is what it should hold. */
class Growing {
  readonly records: SealedRecords;
  tail: readonly number[] = [];
  readonly orders: number[] = [];
  #next = 1;

  constructor(records: SealedRecords) {
    this.records = records;
  }

  async add(count: number, step = 1): Promise<void> {
    const added = Array.from({ length: count }, () => bare((this.#next += step)));
    const { writes, tail } = await addToTimeline(this.records, LOG, this.tail, added);
    await this.records.vault.commit({ writes });
    this.tail = tail;
    this.orders.push(...added.map(({ order }) => order));
  }

  async rows(): Promise<readonly { readonly key: number; readonly orders: readonly number[] }[]> {
    const rows = await this.records.range<readonly TimelineRecord[]>('rows', whole);
    return rows.map(({ key, value }) => ({ key: key[1], orders: value.map(({ order }) => order) }));
  }
}

async function check(growing: Growing): Promise<void> {
  const rows = await growing.rows();
  expect(rows.flatMap(({ orders }) => orders)).toEqual(growing.orders);
  for (const { key, orders } of rows) {
    expect(key).toBe(orders.at(-1));
    expect([1, PAGE_ITEMS]).toContain(orders.length);
  }
  const singles = rows.filter(({ orders }) => orders.length === 1);
  expect(singles.map(({ key }) => key)).toEqual(growing.tail);
  // Singles stand behind all pages, and there are less than two pages of them.
  expect(rows.slice(-singles.length || rows.length)).toEqual(singles);
  expect(growing.tail.length).toBeLessThan(2 * PAGE_ITEMS);
}

describe('the timeline on disk', () => {
  it('packs the oldest 64 when two pages’ worth is single, and leaves the others', async () => {
    const growing = new Growing(await openRecords());
    await growing.add(2 * PAGE_ITEMS - 1);
    expect(await growing.rows()).toHaveLength(2 * PAGE_ITEMS - 1);
    await growing.add(1);
    const rows = await growing.rows();
    expect(rows[0]?.orders).toEqual(growing.orders.slice(0, PAGE_ITEMS));
    expect(rows).toHaveLength(1 + PAGE_ITEMS);
    await check(growing);
  });

  it('takes a great many at once', async () => {
    const growing = new Growing(await openRecords());
    await growing.add(3);
    await growing.add(10 * PAGE_ITEMS + 5);
    await check(growing);
    expect((await growing.rows()).filter(({ orders }) => orders.length === PAGE_ITEMS)).toHaveLength(9);
  });

  it('touches no other conversation', async () => {
    const growing = new Growing(await openRecords());
    const { records } = growing;
    await records.vault.commit({
      writes: [
        await records.put('rows', [LOG - 1, 50], ['davor']),
        await records.put('rows', [LOG + 1, 50], ['danach']),
      ],
    });
    await growing.add(300);
    expect(await records.get('rows', [LOG - 1, 50])).toEqual(['davor']);
    expect(await records.get('rows', [LOG + 1, 50])).toEqual(['danach']);
  });

  it('adds nothing without writing', async () => {
    const growing = new Growing(await openRecords());
    await growing.add(5);
    expect(await addToTimeline(growing.records, LOG, growing.tail, [])).toEqual({
      writes: [],
      tail: growing.tail,
    });
  });

  it('holds what a plain list would hold, however it grows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            count: fc.oneof(fc.nat(3), fc.nat(70), fc.nat(200)),
            step: fc.integer({ min: 1, max: 300 }),
          }),
          { maxLength: 7 },
        ),
        async (additions) => {
          const growing = new Growing(await openRecords());
          for (const { count, step } of additions) {
            await growing.add(count, step);
            await check(growing);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
