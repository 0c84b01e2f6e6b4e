import { describe, expect, it } from 'vitest';
import type { EntryId, PersonId } from '../../../src/domain/ids';
import type { TimelineItem } from '../../../src/engine/views';
import { buildRows, withPending, type RowOptions } from '../../../src/ui/conversation/rows';

const noon = new Date(2026, 10, 24, 12, 0).getTime();
const minute = 60_000;

function item(order: number, change: Partial<TimelineItem> = {}): TimelineItem {
  return {
    order,
    id: `id${order}` as EntryId,
    author: 'a' as PersonId,
    authorName: 'Streife Nord',
    isMine: false,
    content: { type: 'text', text: `Text ${order}` },
    writtenAt: noon + order * minute,
    relayAt: noon + order * minute,
    state: undefined,
    waitsFor: undefined,
    ...change,
  };
}
const build = (items: readonly TimelineItem[], change: Partial<RowOptions> = {}) =>
  buildRows({ items, unreadAfter: undefined, keyOfEntry: () => undefined, ...change });

describe('rows of a timeline', () => {
  it('shows the author once per run', () => {
    const rows = build([item(1), item(2), item(3, { author: 'b' as PersonId }), item(4)]);
    expect(rows.map((row) => [row.startsRun, row.endsRun])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it('ends a run after a long pause and at a system entry', () => {
    const rows = build([
      item(1),
      item(30),
      item(31, { content: { type: 'system', event: { type: 'left', by: 'a' as PersonId } } }),
      item(32),
    ]);
    expect(rows.map((row) => row.startsRun)).toEqual([true, true, true, true]);
  });

  it('has one row per item whatever stands above it, so that prepending counts right', () => {
    const later = [item(5), item(6)];
    const rows = build([item(-2_000), ...later], { unreadAfter: 4 });
    expect(rows).toHaveLength(3);
    expect(rows.map((row) => row.startsDay)).toEqual([true, true, false]);
    expect(rows.map((row) => row.isFirstUnread)).toEqual([false, true, false]);
  });

  it('draws the unread line above the first strange item behind it, never above own ones', () => {
    const rows = build([item(1), item(2, { isMine: true, state: 'read' }), item(3), item(4)], {
      unreadAfter: 1,
    });
    expect(rows.findIndex((row) => row.isFirstUnread)).toBe(2);
  });

  it('stands at the time of the log and tells the own time where it differs', () => {
    const late = item(1, { writtenAt: noon - 60 * minute, relayAt: noon });
    expect(build([late])[0]).toMatchObject({ at: noon, writtenAt: noon - 60 * minute });
    expect(build([item(1)])[0]?.writtenAt).toBeUndefined();
  });

  it('never calls a pending text saved before it is', () => {
    const pending = { key: 'p1', text: 'Hallo', writtenAt: noon, entry: undefined };
    expect(withPending([], [pending])[0]).toMatchObject({ key: 'p1', state: 'saving', isMine: true });
    expect(withPending([], [{ ...pending, entry: 'e1' as EntryId }])[0]).toMatchObject({ state: 'saved' });
  });

  it('puts a pending text into the run of own ones and leaves stored rows alone', () => {
    const stored = build([item(1), item(2, { isMine: true, state: 'saved' })]);
    const rows = withPending(stored, [
      { key: 'p1', text: 'Hallo', writtenAt: noon + 3 * minute, entry: undefined },
    ]);
    expect(rows.map((row) => [row.startsRun, row.endsRun])).toEqual([
      [true, true],
      [true, false],
      [false, true],
    ]);
    expect(rows[0]).toBe(stored[0]);
    expect(stored[1]?.endsRun).toBe(true);
  });

  it('says a state once where it holds for a whole run, but every waiting one for itself', () => {
    const mine = (order: number, state: TimelineItem['state'], waitsFor?: TimelineItem['waitsFor']) =>
      item(order, { isMine: true, state, ...(waitsFor && { waitsFor }) });
    const shows = (items: readonly TimelineItem[]) => build(items).map((row) => row.showsState);
    expect(shows([mine(1, 'read'), mine(2, 'read'), mine(3, 'delivered')])).toEqual([false, true, true]);
    expect(shows([mine(1, 'saved', 'network'), mine(2, 'saved', 'network')])).toEqual([true, true]);
  });

  it('keeps the key of a pending text for the entry it became', () => {
    const rows = build([item(9, { isMine: true, state: 'saved' })], {
      keyOfEntry: (id) => (id === 'id9' ? 'p1' : undefined),
    });
    expect(rows[0]?.key).toBe('p1');
  });

  it('offers to withdraw only what is not handed over', () => {
    const mine = (state: TimelineItem['state'], waitsFor?: TimelineItem['waitsFor']) =>
      build([item(1, { isMine: true, state, ...(waitsFor && { waitsFor }) })])[0];
    expect(mine('saved', 'network')).toMatchObject({ state: 'waitsNetwork', canWithdraw: true });
    expect(mine('saved')).toMatchObject({ state: 'saved', canWithdraw: true });
    expect(mine('handed-over')).toMatchObject({ state: 'handedOver', canWithdraw: false });
  });

  it('gives several items of one entry keys of their own', () => {
    const id = 'same' as EntryId;
    const rows = build([
      item(1, { id, content: { type: 'gap', count: 2, reason: 'missing' } }),
      item(1.5, { id }),
      item(2, { id: '' as EntryId, content: { type: 'unknown' } }),
      item(3, { id: '' as EntryId, content: { type: 'unknown' } }),
    ]);
    expect(new Set(rows.map((row) => row.key)).size).toBe(4);
  });
});
