/**
 * A conversation of ours lives on in the log this mail leads into (SPEC Q8): what was handed over and we
 * did not have stands behind what we had, and what we have not read yet stays unread.
 */
import { bytesToHex } from '../lib/bytes';
import { parseContent, parseEntry } from '../domain/entry';
import type { DeviceId, EntryId, PersonId } from '../domain/ids';
import { generationOrder, seqOfOrder } from '../records/keys';
import type { Progress, TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import { addToTimeline, type TimelineWrites } from '../records/timelineRows';
import { heldEntries, heldName } from '../sync/carried';
import type { LogState } from '../sync/logState';

export interface TakenOver {
  readonly progress: Progress;
  readonly writes: TimelineWrites['writes'];
  /** What came with the mail and stands in the timeline now. */
  readonly fresh: readonly TimelineRecord[];
}

/** `joined` is the state that the mail leads to, `waiting` ours until now, `history` verified. */
export async function takeOver(
  records: SealedRecords,
  joined: LogState,
  waiting: LogState,
  history: readonly TimelineRecord[],
  me: { readonly device: DeviceId; readonly person: PersonId },
): Promise<TakenOver> {
  const { number, core } = joined;
  const had = waiting.progress;
  const held = await heldEntries(records, number);
  const { fold } = joined;
  const base = fold.type === 'conversation' ? fold.conversation.base : undefined;
  const { continues } = waiting.core;
  // Counters of the log we lost say nothing of one that was lost after it.
  const isSame = base !== undefined && base.log === continues?.log && base.later === undefined;
  const counters = isSame ? continues.counters : {};
  const fresh = missing(history, held, counters, core.generation ?? 0);
  const timeline = await addToTimeline(records, number, had.tail, fresh);
  const newest = fresh.at(-1);
  const foreign = fresh.filter(({ author }) => author !== me.person).length;
  return {
    writes: timeline.writes,
    fresh,
    progress: {
      ...joined.progress,
      tail: timeline.tail,
      lastOrder: newest?.order ?? had.lastOrder,
      readUpTo: foreign === 0 && had.unread === 0 ? (newest?.order ?? had.readUpTo) : had.readUpTo,
      unread: had.unread + foreign,
      preview: newest === undefined ? had.preview : previewOf(newest),
      isPinned: had.isPinned,
      isMuted: had.isMuted,
      isArchived: had.isArchived,
      nextCounter: (joined.progress.counters[me.device] ?? 0) + 1,
      ...(had.former !== undefined && { former: had.former }),
    },
  };
}

function missing(
  history: readonly TimelineRecord[],
  held: ReadonlySet<string>,
  counters: Progress['counters'],
  generation: number,
): readonly TimelineRecord[] {
  let last = generationOrder(generation);
  const fresh: TimelineRecord[] = [];
  for (const item of history) {
    const wire = item.proof === undefined ? undefined : parseEntry(item.proof.entry);
    if (wire?.ok !== true) continue;
    const device = bytesToHex(wire.value.device) as DeviceId;
    if (held.has(heldName(device, bytesToHex(wire.value.id) as EntryId))) continue;
    const isFromBefore = seqOfOrder(item.order, generation) === 0;
    // What lies below was written before we were here, or had been seen and is gone.
    if (isFromBefore && wire.value.counter <= (counters[device] ?? 0)) continue;
    const order = isFromBefore ? last + 1 : item.order;
    if (order <= last) continue;
    last = order;
    fresh.push({ ...item, order });
  }
  return fresh;
}

function previewOf({ order, author, relayAt, proof }: TimelineRecord): Progress['preview'] {
  const wire = proof === undefined ? undefined : parseEntry(proof.entry);
  const content = wire?.ok === true ? parseContent(wire.value.content) : undefined;
  const body = content?.ok === true ? content.value.body : undefined;
  const text = body?.kind === 'text' ? (body.text.split('\n', 1)[0] ?? '').slice(0, 160) : undefined;
  return { order, author, text, effect: undefined, at: relayAt };
}
