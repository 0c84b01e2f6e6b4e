/** From stored rows and waiting intents to the items of a timeline. Pure. */
import { bytesToHex } from '../lib/bytes';
import type { EntryId, PersonId } from '../domain/ids';
import { parseContent, parseEntry } from '../domain/entry';
import { orderOf, WAITING_ORDER } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import { deliveryOf } from './delivery';
import type { StoredIntent } from './setupRecords';
import type { ConversationNumber, DeliveryState, TimelineItem } from './views';
import type { ConversationRecord } from './viewWriter';

/** What a timeline is drawn with besides its rows; see VaultClient. */
export interface TimelineContext {
  readonly me: PersonId | undefined;
  readonly names: ReadonlyMap<PersonId, string>;
  readonly conversation: ConversationRecord | undefined;
  readonly isOnline: boolean;
}

export interface OpenedItem {
  readonly record: TimelineRecord;
  readonly id: EntryId;
  readonly content: readonly TimelineItem['content'][];
  readonly writtenAt: number;
}

export function openItem(record: TimelineRecord): OpenedItem {
  const entry = record.proof === undefined ? undefined : parseEntry(record.proof.entry);
  const content = entry?.ok === true ? parseContent(entry.value.content) : undefined;
  const shown: TimelineItem['content'][] = [];
  if (record.gap !== undefined)
    shown.push({ type: 'gap', count: record.gap.count, reason: record.gap.reason });
  if (content?.ok === true) {
    const { body } = content.value;
    if (body.kind === 'text') shown.push({ type: 'text', text: body.text });
    else if (body.kind === 'unknown') shown.push({ type: 'unknown' });
  }
  for (const effect of record.effects)
    if (effect.type === 'continued') shown.push({ type: 'system', event: effect });
    else if (record.author !== undefined)
      shown.push({ type: 'system', event: { ...effect, by: record.author } });
  return {
    record,
    id: (entry?.ok === true ? bytesToHex(entry.value.id) : '') as EntryId,
    content: shown,
    writtenAt: content?.ok === true ? content.value.writtenAt : record.relayAt,
  };
}

/** An entry may show as several items (a gap before it, two effects): they get orders of their own. */
export function itemsOf(item: OpenedItem, context: TimelineContext): readonly TimelineItem[] {
  const { record } = item;
  const isMine = record.author !== undefined && record.author === context.me;
  return item.content.map((content, index) => ({
    order: record.order + index / item.content.length,
    id: item.id,
    author: record.author,
    authorName: record.author === undefined ? undefined : context.names.get(record.author),
    isMine,
    content,
    writtenAt: item.writtenAt,
    relayAt: record.relayAt,
    state: isMine && content.type === 'text' ? stateOf(record, context) : undefined,
    waitsFor: undefined,
  }));
}

/** Where histories differ, receipts of a place say nothing of what stands there with us. */
function stateOf({ gap, order }: TimelineRecord, { conversation }: TimelineContext): DeliveryState {
  return gap?.reason === 'forked' ? 'handed-over' : deliveryOf(order, conversation);
}

/**
 * A group begins with its founding, the commit that lets the first members in, and its founder's word of their
 * state and of their Welcome. Who reads from there on has missed nothing.
 */
const FOUNDING_SEQS = 4;

/**
 * What a group's newcomer sees first: that there was something before, or that there was not. Undefined where the conversation
 * begins here for everybody, and where nothing is shown yet.
 */
export function beginningOf(
  first: OpenedItem | undefined,
  context: TimelineContext,
): TimelineItem | undefined {
  if (first === undefined || context.conversation?.kind !== 'group') return undefined;
  if (first.record.effects.some(({ type }) => type === 'founded')) return undefined;
  const isAtBeginning = first.record.order < orderOf(FOUNDING_SEQS + 2, 0);
  return {
    order: first.record.order - 1,
    id: '' as EntryId,
    author: undefined,
    authorName: undefined,
    isMine: false,
    content: { type: 'system', event: { type: isAtBeginning ? 'begins-here' : 'history-from-here' } },
    writtenAt: first.record.relayAt,
    relayAt: first.record.relayAt,
    state: undefined,
    waitsFor: undefined,
  };
}

export function waitingItem(
  number: number,
  intent: StoredIntent,
  text: string,
  context: TimelineContext,
): TimelineItem {
  const isHandedOver = intent.type === 'entry' && intent.seq !== undefined;
  return {
    order: WAITING_ORDER + number,
    id: intent.entry,
    author: context.me,
    authorName: context.me === undefined ? undefined : context.names.get(context.me),
    isMine: true,
    content: { type: 'text', text },
    writtenAt: intent.type === 'entry' ? intent.writtenAt : intent.askedAt,
    relayAt: undefined,
    state: isHandedOver ? 'handed-over' : 'saved',
    waitsFor: isHandedOver ? undefined : waitsFor(context),
  };
}

export function textOf(
  conversation: ConversationNumber | undefined,
  intent: StoredIntent,
): string | undefined {
  if (intent.type === 'entry') {
    const isHere = conversation === undefined || intent.log === conversation;
    return isHere && intent.body.kind === 'text' ? intent.body.text : undefined;
  }
  if (intent.intent.type !== 'send-text') return undefined;
  return conversation === undefined || intent.intent.conversation === conversation
    ? intent.intent.text
    : undefined;
}

function waitsFor(context: TimelineContext): TimelineItem['waitsFor'] {
  if (!context.isOnline) return 'network';
  return context.conversation?.trouble === 'needs-reentry' ? 'setup' : undefined;
}
