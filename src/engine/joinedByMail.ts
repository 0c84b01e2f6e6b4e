/** A Welcome becomes a log of this device: what it brings, and what the device had of it already (SPEC J4, B6, Q5). */
import { bytesToHex } from '../lib/bytes';
import { basesOf, type Base } from '../domain/conversation';
import type { Directory } from '../domain/directory';
import { encodeEntry, parseContent, parseEntry, type WireEntry } from '../domain/entry';
import type { DeviceId, EntryId } from '../domain/ids';
import { documentRowKey, orderOf, rowKey, seqOfOrder, TOWN_LOG } from '../records/keys';
import type { EntryIntent, Identity, Progress, TimelineRecord } from '../records/logRecords';
import { mendTimeline, nameOf, type Handed } from '../records/mendedTimeline';
import { entriesIn } from '../sync/carried';
import { signEntry, verifyEntry } from '../sync/entrySeal';
import { withoutCounter, type WaitingIntent } from '../sync/flight';
import type { LogRunner } from '../sync/logRunner';
import { readableUpTo, type LogState } from '../sync/logState';
import { verifiedHistory, type OpenedMail } from '../sync/mail';
import { newLogWrites } from '../sync/saveLog';
import type { VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { groupSelfOf } from './identity';
import { NotStored } from './intentBook';
import { joinedLog } from './newLogs';
import { takeOver } from './successionJoin';

export interface Joining {
  readonly mail: OpenedMail;
  readonly identity: Identity;
  readonly existing: LogRunner | undefined;
  /** What its people and devices are judged by. */
  readonly directory: Directory;
}

export interface PreparedLog {
  readonly state: LogState;
  readonly writes: readonly VaultWrite[];
  /** Waiting entries that are in the log already. */
  readonly done: readonly number[];
  /** Waiting entries that are to be given another counter. */
  readonly anew: readonly WaitingIntent[];
}

/** What belongs to a state of the group, or to a document's, is void where that has gone. */
const SAID_AGAIN: ReadonlySet<string> = new Set(['text', 'title', 'roster']);

/**
 * `existing`: the log as this device has it already, when it comes back or goes over into what continues it.
 * Writes nothing but own words that are to be said again; throws `NotStored` when they cannot be kept.
 */
export async function prepareJoining(engine: Engine, joining: Joining): Promise<PreparedLog> {
  const { mail, identity, existing, directory } = joining;
  const { groups, random, clock } = engine.services;
  const isTown = mail.context.kind === 'town';
  const number = isTown ? TOWN_LOG : (existing?.state.number ?? engine.newConversationNumber());
  const joined = await joinedLog(
    { groups, random, now: clock.now(), generation: mail.snapshot.generation },
    identity,
    number,
    mail,
  );
  const history = await verifiedHistory(mail.context, mail.snapshot, directory);
  const isWaiting = existing?.state.progress.isCreated === false;
  return isWaiting && existing.state.core.continues !== undefined
    ? goOver(engine, joining, existing, joined, history)
    : comeIn(engine, joining, joined, history);
}

/** Into the log that continues the one this device was in (SPEC Q5). */
async function goOver(
  engine: Engine,
  { mail, identity }: Joining,
  existing: LogRunner,
  joined: LogState,
  history: readonly TimelineRecord[],
): Promise<PreparedLog> {
  const { continues, createdAt } = existing.state.core;
  await sayBases(engine, joined, continues);
  const core = { ...joined.core, createdAt, ...(continues && { continues }) };
  const before = { ...joined, core };
  const taken = await takeOver(engine.records, before, existing.state, history, identity);
  const state = { ...before, progress: taken.progress };
  // Said in it already, by this device before it forgot: not again.
  const done = saidAmong(engine, existing, taken.fresh, identity);
  const writes = [
    ...(await newLogWrites(engine.records, engine.services.groups, state)),
    ...taken.writes,
    ...(await documentWrites(engine, state.number, mail)),
    ...done.map(withoutIntent),
  ];
  return { state, writes, done, anew: [] };
}

/** What the founder of the log does not know of what it continues: in front of all that is said there (SPEC Q7). */
async function sayBases(
  engine: Engine,
  { number, fold }: LogState,
  continues: Base | undefined,
): Promise<void> {
  const known = fold.type === 'town' ? [] : basesOf(fold.conversation.base).map(({ log }) => log);
  if (continues === undefined) return;
  let old = continues.log;
  for (const { log } of continues.later ?? []) {
    const isUnsaid = !known.includes(log);
    if (isUnsaid && !(await engine.addEntry(number, { kind: 'town-log-continued', old, log })))
      throw new NotStored();
    old = log;
  }
}

/** As a newcomer, or back into a log of which the device has rows already (SPEC B6). */
async function comeIn(
  engine: Engine,
  { mail, identity, existing, directory }: Joining,
  joined: LogState,
  history: readonly TimelineRecord[],
): Promise<PreparedLog> {
  const { records, services } = engine;
  const kept = existing?.state.progress;
  const rising = ascending(history, -1, mail.snapshot);
  const before = { tail: kept?.tail ?? [], lastOrder: kept?.lastOrder ?? 0 };
  const waiting = engine.book.waiting(joined.number);
  const fate =
    existing === undefined ? NOTHING_WAITS : fateOf(waiting, existing.state, mail, history, identity);
  const unheard = await unheardWords(engine, fate.unheard, mail, joined, identity);
  const handed = handedBy(mail, rising, directory, identity.device, unheard, kept);
  const timeline = await mendTimeline(records, joined.number, before, handed);
  await sayAgain(engine, joined.number, timeline.unsaid);
  const { lastOrder } = timeline;
  const missed = timeline.added.filter(({ author }) => author !== identity.person).length;
  const done = fate.done.map(({ number: intent }) => intent);
  const anew = fate.anew.map(({ number: at, intent }) => ({ number: at, intent: withoutCounter(intent) }));
  const state: LogState = {
    ...joined,
    progress: {
      ...joined.progress,
      tail: timeline.tail,
      strays: timeline.strays,
      // That the relay has shown us another history stays to be seen (SPEC S6).
      trouble: kept?.fork === undefined ? 'none' : 'forked',
      lastOrder,
      readUpTo: kept?.readUpTo ?? lastOrder,
      unread: kept === undefined ? 0 : kept.unread + missed,
      preview: kept?.preview,
      isPinned: kept?.isPinned ?? false,
      isMuted: kept?.isMuted ?? false,
      isArchived: kept?.isArchived ?? false,
      // Own entries from before a removal keep their counters.
      nextCounter: Math.max(kept?.nextCounter ?? 1, (mail.snapshot.counters[identity.device] ?? 0) + 1),
      wholeSince: wholeSince(kept, mail.snapshot),
    },
  };
  const writes = [
    ...(await newLogWrites(records, services.groups, state)),
    ...timeline.writes,
    ...(await documentWrites(engine, state.number, mail)),
    ...(await linkWrites(engine, state)),
    ...done.map(withoutIntent),
    ...(await Promise.all(anew.map(({ number: intent, intent: entry }) => records.putIntent(intent, entry)))),
  ];
  return { state, writes, done, anew };
}

/** What was handed over joins on to what this device had, or begins anew. */
function wholeSince(kept: Progress | undefined, { seq, historySince = seq }: OpenedMail['snapshot']): number {
  const joins = kept?.wholeSince !== undefined && historySince <= readableUpTo(kept);
  return joins ? Math.min(kept.wholeSince, historySince) : historySince;
}

function withoutIntent(number: number): VaultWrite {
  return { store: 'intents', delete: [number, 0] };
}

/**
 * Own words that the relay had shown to us alone: they wait again, as they were. Written before their rows
 * go, and once, however often this is begun.
 */
async function sayAgain(engine: Engine, log: number, unsaid: readonly WireEntry[]): Promise<void> {
  const { book, records } = engine;
  const waiting = new Set(book.waiting(log).map(({ intent }) => intent.entry));
  for (const wire of unsaid) {
    const content = parseContent(wire.content);
    const entry = bytesToHex(wire.id) as EntryId;
    if (!content.ok || !SAID_AGAIN.has(content.value.body.kind) || waiting.has(entry)) continue;
    const { body, writtenAt } = content.value;
    const { counter, salt } = wire;
    const intent: EntryIntent = {
      type: 'entry',
      log,
      entry,
      body,
      writtenAt,
      counter,
      salt,
      seq: undefined,
    };
    const added = await records.addIntent(intent);
    if (!added.ok) throw new NotStored();
    book.tell(added.value, intent);
  }
}

/** What becomes of entries that wait. */
interface Fate {
  /** The others have them. */
  readonly done: readonly WaitingIntent[];
  /** Among the done: nobody is known to have them, and they can be said no more. */
  readonly unheard: readonly WaitingIntent[];
  /** Nobody has them, and under their counter stands, or may come, something of a copy's. */
  readonly anew: readonly WaitingIntent[];
}

const NOTHING_WAITS: Fate = { done: [], unheard: [], anew: [] };

/**
 * Own entries that the others have must not be said again by a device that lost some of its memory. The
 * counter tells, and the id where a counter was given that we do not remember. Where a copy gave counters,
 * too, only the id tells, as far as all texts that we may have missed were handed over.
 *
 * Waiting texts that whoever handed over has not, though it has passed their counters, are behind one of ours
 * that it has, so it would have them too. Without a copy they can be said under that counter no more, and must
 * not vanish: they stand as handed over, of which nobody knows to whom.
 */
function fateOf(
  waiting: readonly WaitingIntent[],
  { progress }: LogState,
  { snapshot }: OpenedMail,
  history: readonly TimelineRecord[],
  { device }: Identity,
): Fate {
  const last = snapshot.counters[device] ?? 0;
  const said = entriesIn(history, device);
  const mentioned = entriesIn(snapshot.history, device);
  // A former member is handed nothing: it cannot know what the others have.
  const first = snapshot.history.length === 0 ? 0 : firstCounterIn(snapshot.history, device);
  const isWhole = (snapshot.historySince ?? Infinity) <= readableUpTo(progress);
  const hasOther = progress.hasOther === true;
  const done: WaitingIntent[] = [];
  const unheard: WaitingIntent[] = [];
  const anew: WaitingIntent[] = [];
  for (const one of waiting) {
    const { entry, counter = Infinity, body } = one.intent;
    const isPassedText = counter <= last && body.kind === 'text';
    if (said.has(entry)) done.push(one);
    else if (isPassedText && hasOther && isWhole) anew.push(one);
    else if (counter <= last) {
      done.push(one);
      const isUnheard = isPassedText && !mentioned.has(entry) && (first < counter || hasOther);
      if (isUnheard) unheard.push(one);
    }
  }
  return { done, unheard, anew };
}

async function unheardWords(
  engine: Engine,
  lost: Fate['unheard'],
  { snapshot, context }: OpenedMail,
  joined: LogState,
  identity: Identity,
): Promise<readonly TimelineRecord[]> {
  const { device, person } = identity;
  const author = { device, secret: groupSelfOf(identity).signatureSecret };
  const epochTag = joined.group?.tag ?? new Uint8Array(8);
  return Promise.all(
    lost.map(async ({ intent }) => {
      const { entry: id, counter = 0, salt, body, writtenAt } = intent;
      const content = { body, writtenAt, seenSeq: snapshot.seq, seenChain: snapshot.chain };
      const wire = await signEntry(context.log, epochTag, author, { id, counter, salt, content });
      const proof = { epochTag, entry: encodeEntry(wire) };
      const relayAt = engine.services.clock.now();
      return { order: 0, relayAt, author: person, proof, effects: [], gap: undefined, isHistory: false };
    }),
  );
}

function firstCounterIn(history: readonly TimelineRecord[], device: DeviceId): number {
  const counters = history.flatMap(({ proof }) => {
    const entry = proof === undefined ? undefined : parseEntry(proof.entry);
    return entry?.ok === true && bytesToHex(entry.value.device) === device ? [entry.value.counter] : [];
  });
  return Math.min(Infinity, ...counters);
}

/** Of what waits, what stands there. Counters of the log before say nothing here. */
function saidAmong(
  engine: Engine,
  { state }: LogRunner,
  rows: readonly TimelineRecord[],
  { device }: Identity,
): readonly number[] {
  const said = entriesIn(rows, device);
  return engine.book
    .waiting(state.number)
    .filter(({ intent }) => said.has(intent.entry))
    .map(({ number }) => number);
}

async function documentWrites(
  engine: Engine,
  number: number,
  mail: OpenedMail,
): Promise<readonly VaultWrite[]> {
  const all = { from: documentRowKey(number, 0), to: documentRowKey(number, Number.MAX_SAFE_INTEGER) };
  // Orders of the log begin far above: an envelope's worth is free for states.
  const states = Object.entries(mail.snapshot.documents).map(([document, state], order) =>
    engine.records.put('rows', documentRowKey(number, order), { document, state, order }),
  );
  return [{ store: 'rows', deleteRange: all }, ...(await Promise.all(states))];
}

async function linkWrites(engine: Engine, { number, progress }: LogState): Promise<readonly VaultWrite[]> {
  if (number !== TOWN_LOG) return [];
  const all = { from: rowKey(number, 0), to: rowKey(number, Number.MAX_SAFE_INTEGER) };
  return [
    { store: 'rows', deleteRange: all },
    await engine.records.put('rows', rowKey(number, progress.cursor), progress.chain),
  ];
}

function handedBy(
  { context, snapshot }: OpenedMail,
  history: readonly TimelineRecord[],
  directory: Directory,
  self: DeviceId,
  unheard: readonly TimelineRecord[],
  kept: Progress | undefined,
): Handed {
  const keyOf = (device: DeviceId) => directory.devices[device]?.facts.signatureKey;
  const { generation, historySince } = snapshot;
  return {
    history,
    wholeFrom:
      historySince === undefined ? (history[0]?.order ?? Infinity) : orderOf(historySince + 1, 0, generation),
    self,
    unheard,
    counters: snapshot.counters,
    lostFrom: kept === undefined ? Infinity : orderOf(readableUpTo(kept) + 1, 0, snapshot.generation),
    end: orderOf(snapshot.seq, 0, snapshot.generation),
    places: new Map(snapshot.history.flatMap((item) => [[nameOf(item) ?? '', item.order] as const])),
    isOfThisLog: async ({ proof }) => {
      const entry = proof === undefined ? undefined : parseEntry(proof.entry);
      if (proof === undefined || entry?.ok !== true) return false;
      const key = keyOf(bytesToHex(entry.value.device) as DeviceId);
      return key !== undefined && verifyEntry(context.log, proof.epochTag, key, entry.value);
    },
  };
}

/** Orders come from the inviter: only what stands behind our own rows and before the mail's seq, rising. */
function ascending(
  history: readonly TimelineRecord[],
  after: number,
  { seq, generation }: OpenedMail['snapshot'],
): readonly TimelineRecord[] {
  let last = after;
  return history.filter(({ order }) => {
    if (order <= last || seqOfOrder(order, generation) > seq) return false;
    last = order;
    return true;
  });
}
