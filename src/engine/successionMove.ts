/**
 * This device goes over to the town's next log (SPEC Q6–Q8): in one batch the new town replaces the old
 * one, and every conversation becomes one that waits for its own successor. Rows, drafts and waiting
 * entries stay; group keys, flights and commits of the lost logs go. The engine then begins anew.
 */
import type { Bytes } from '../lib/bytes';
import type { Base, Conversation } from '../domain/conversation';
import type { PersonId } from '../domain/ids';
import { knownBase } from '../domain/succession';
import {
  documentRowKey,
  generationOrder,
  MAILBOX_LOG,
  META,
  orderOf,
  rowKey,
  TOWN_LOG,
} from '../records/keys';
import type { EntryIntent, TimelineRecord } from '../records/logRecords';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';
import { addToTimeline } from '../records/timelineRows';
import type { LogState } from '../sync/logState';
import type { LogRunner } from '../sync/logRunner';
import { newLogWrites } from '../sync/saveLog';
import type { VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { groupSelfOf } from './identity';
import { foundLog } from './newLogs';
import type { RelayRecord } from './successionRecords';
import { lowest, receiptsByPerson } from './viewWriter';

const END = Number.MAX_SAFE_INTEGER;

/** False when nothing was written: then nothing has happened. */
export async function moveTown(
  engine: Engine,
  town: LogState,
  incarnation: Bytes | undefined,
  more: readonly VaultWrite[],
): Promise<boolean> {
  const { records, services } = engine;
  // The mailbox is not touched; it may be what calls us.
  const runners = [...engine.runners.values()].filter(({ state }) => state.number !== MAILBOX_LOG);
  for (const runner of runners) await runner.hold();
  const record: RelayRecord = {
    incarnation,
    lostSince: undefined,
    continuedAt: services.clock.now(),
  };
  const writes: VaultWrite[] = [
    ...more,
    await records.put('meta', META.relay, record),
    ...(await newLogWrites(records, services.groups, town)),
    { store: 'rows', deleteRange: { from: rowKey(TOWN_LOG, 0), to: rowKey(TOWN_LOG, END) } },
  ];
  if (town.progress.cursor > 0)
    writes.push(await records.put('rows', rowKey(TOWN_LOG, town.progress.cursor), town.progress.chain));
  for (const runner of runners) writes.push(...(await conversationWrites(engine, runner, town)));
  writes.push(...(await intentWrites(engine)));
  if (!(await engine.write(writes))) {
    for (const runner of runners) runner.release();
    return false;
  }
  engine.stop();
  services.onEnd('continued');
  return true;
}

async function conversationWrites(
  engine: Engine,
  runner: LogRunner,
  town: LogState,
): Promise<readonly VaultWrite[]> {
  const { state } = runner;
  const { core, progress, fold, number } = state;
  const generation = town.core.generation ?? 0;
  if (!runner.isConversation || fold.type !== 'conversation' || !progress.isMember) return [];
  const { records, services } = engine;
  if (fold.conversation.roster[engine.viewSource.me.person] === undefined)
    return newLogWrites(records, services.groups, withoutUs(state));
  // Never was at a relay: there is nothing to continue.
  if (!progress.isCreated && core.continues === undefined)
    return newLogWrites(records, services.groups, { ...state, core: { ...core, generation } });
  const { identity } = engine;
  if (identity === undefined) return [];
  const kind = core.kind === 'direct' ? 'direct' : 'group';
  const pair: readonly [PersonId, PersonId] | undefined =
    core.partner === undefined ? undefined : [identity.person, core.partner];
  const { groups, random, clock } = services;
  const founded = await foundLog(
    { groups, random, now: clock.now(), generation },
    groupSelfOf(identity),
    number,
    kind,
    pair,
  );
  // One that had not found its successor yet still continues what it continued before.
  const isWaiting = !progress.isCreated && core.continues !== undefined;
  const own: Base = isWaiting ? core.continues : { log: core.log, counters: progress.counters };
  const base =
    town.fold.type === 'town' ? knownBase(own, core.continues, engine.directory(), town.fold.directory) : own;
  const line: TimelineRecord = {
    order: generationOrder(generation),
    relayAt: clock.now(),
    author: undefined,
    proof: undefined,
    effects: [{ type: 'continued' }],
    gap: undefined,
    isHistory: false,
  };
  const timeline = await addToTimeline(records, number, progress.tail, [line]);
  const conversation: Conversation = { ...fold.conversation, base };
  const next: LogState = {
    ...founded,
    core: { ...founded.core, createdAt: core.createdAt, continues: base },
    fold: { type: 'conversation', conversation },
    progress: {
      ...founded.progress,
      tail: timeline.tail,
      lastOrder: line.order,
      readUpTo: progress.unread === 0 ? line.order : progress.readUpTo,
      unread: progress.unread,
      preview: progress.preview,
      isPinned: progress.isPinned,
      isMuted: progress.isMuted,
      isArchived: progress.isArchived,
      former: formerReceipts(engine, state),
    },
  };
  return [
    ...(await newLogWrites(records, groups, next)),
    ...timeline.writes,
    ...(await documentWrites(engine, number)),
  ];
}

/** We had left, and nobody had taken our leaf out yet: nobody will take us along. */
function withoutUs(state: LogState): LogState {
  const progress = { ...state.progress, isMember: false };
  return { ...state, progress, group: undefined, flight: undefined, pendingCommit: undefined };
}

/** "Gelesen" of what was written before stays as it was. */
function formerReceipts(
  { viewSource }: Engine,
  { core, progress, fold }: LogState,
): { readonly delivered: number; readonly read: number } {
  if (!progress.isCreated && progress.former !== undefined) return progress.former;
  const roster = fold.type === 'conversation' ? (Object.keys(fold.conversation.roster) as PersonId[]) : [];
  const others = roster.filter((person) => person !== viewSource.me.person);
  const orderBehind = (seq: number) => orderOf(seq + 1, 0, core.generation) - 1;
  const receipts = receiptsByPerson(viewSource.directory(), progress);
  return {
    delivered: orderBehind(lowest(others.map((person) => receipts.get(person)?.[0] ?? 0))),
    read: orderBehind(lowest(others.map((person) => receipts.get(person)?.[1] ?? 0))),
  };
}

/** Orders of updates belong to the log they came from; what they made of the document stays. */
async function documentWrites(engine: Engine, number: number): Promise<readonly VaultWrite[]> {
  const states = Object.entries(await engine.documents.states(number));
  if (states.length === 0) return [];
  const rows = states.map(([document, state], order) =>
    engine.records.put('rows', documentRowKey(number, order), { document, state, order }),
  );
  const all = { from: documentRowKey(number, 0), to: documentRowKey(number, END) };
  return [{ store: 'rows', deleteRange: all }, ...(await Promise.all(rows))];
}

/** What waits is sent anew; a text that was given a counter may have reached some already (SPEC Q8). */
async function intentWrites(engine: Engine): Promise<readonly VaultWrite[]> {
  const writes: VaultWrite[] = [];
  for (const { number, intent } of engine.book.all()) {
    const { counter, carried, ...rest } = intent;
    if (STAYS_BEHIND.has(intent.body.kind)) {
      writes.push({ store: 'intents', delete: [number, 0] });
      continue;
    }
    const old = engine.runners.get(intent.log)?.state;
    const wasGiven =
      intent.body.kind === 'text' && counter !== undefined && old?.progress.isCreated === true
        ? { log: old.core.log, epochTag: old.group?.tag ?? new Uint8Array(EPOCH_TAG_BYTES), counter }
        : (carried ?? (intent.body.kind === 'text' ? 'maybe' : undefined));
    const anew: EntryIntent = {
      ...rest,
      counter: undefined,
      seq: undefined,
      ...(wasGiven !== undefined && { carried: wasGiven }),
    };
    writes.push(await engine.records.putIntent(number, anew));
  }
  return writes;
}

/** Speaks of the lost log only. A group that is continued has been founded. */
const STAYS_BEHIND: ReadonlySet<string> = new Set(['snapshot', 'welcomed', 'void']);
