/** What a device shows of a conversation. */
import * as Y from 'yjs';
import { readBoard } from '../../../../src/crdt/noticeBoard';
import { openDocumentChannel } from '../../../../src/engine/clientDocument';
import type { TimelineItem } from '../../../../src/engine/views';
import { rowKey } from '../../../../src/records/keys';
import type { TimelineRecord } from '../../../../src/records/logRecords';
import type { LogRunner } from '../../../../src/sync/logRunner';
import { BOARD } from '../boardSession';
import type { WorldDevice } from '../worldDevice';

export interface Shown {
  readonly item: TimelineItem;
  /** Undefined while it waits. */
  readonly record: TimelineRecord | undefined;
}

/** By `placeOf`. */
export type ShownByPlace = ReadonlyMap<string, readonly Shown[]>;

export async function shownAt(device: WorldDevice, runner: LogRunner): Promise<readonly Shown[]> {
  const { number } = runner.state;
  const { client, records } = device;
  if (client === undefined || records === undefined) return [];
  const pages = await records.range<readonly TimelineRecord[]>('rows', {
    from: rowKey(number, 0),
    to: rowKey(number, Number.MAX_SAFE_INTEGER),
  });
  const rows = new Map(pages.flatMap(({ value }) => value).map((record) => [record.order, record]));
  const items = await new Promise<readonly TimelineItem[]>((resolve) => {
    const timeline = client.openTimeline(number, {
      limit: 5_000,
      onChange: (window) => {
        resolve(window.items);
        queueMicrotask(() => timeline.close());
      },
    });
  });
  return items.map((item) => ({ item, record: rows.get(Math.floor(item.order)) }));
}

/** Its notice board, as text to compare. */
export async function boardAt(device: WorldDevice, runner: LogRunner): Promise<string> {
  const { records } = device;
  if (records === undefined) return '';
  const channel = openDocumentChannel(
    records,
    device.engine!.identity!.device,
    runner.state.number,
    BOARD,
    () => Promise.reject(new Error('only read')),
  );
  const doc = new Y.Doc();
  for (const update of await channel.load()) Y.applyUpdate(doc, update);
  return JSON.stringify(readBoard(doc));
}

export function printOf({ id, author, content }: TimelineItem): string {
  return JSON.stringify([id, author, content], (_, value: unknown) =>
    typeof value === 'string' && value.length > 60 ? value.slice(0, 60) : value,
  );
}
