/** Takes envelopes of the log in: judged and folded, then written with all they imply in one batch (SPEC I6). */
import type { EntryId } from '../../domain/ids';
import type { StoredEnvelope } from '../../protocol/frames';
import { documentRowKey, rowKey, seqOfOrder, TOWN_PROOFS } from '../../records/keys';
import type { Progress, TimelineRecord } from '../../records/logRecords';
import { nameOf } from '../../records/mendedTimeline';
import { addToTimeline, takeOut } from '../../records/timelineRows';
import type { VaultWrite } from '../../vault/vault';
import { heldEntries } from '../carried';
import { RECEIPT_DELAY_MS } from '../decide';
import { ingest, type Ingested } from '../ingest';
import type { LogDesk } from '../logDesk';
import type { LogState } from '../logState';
import { settle } from '../settle';
import { withoutCounter, type WaitingIntent } from '../flight';
import { stateHash } from '../snapshot';
import { welcomeMails } from '../welcomeMails';
import { recallReceipts } from './receipts';

export const INGEST_BATCH = 512;

/** The pushed envelopes that follow the cursor without a hole; none when the next one is missing. */
export function nextNews({ memory, state }: LogDesk): StoredEnvelope | undefined {
  const { cursor } = state.progress;
  while ((memory.news[0]?.[0] ?? Infinity) <= cursor) memory.news.shift();
  const next = memory.news[0];
  return next !== undefined && next[0] === cursor + 1 ? next : undefined;
}

export async function takeNews(desk: LogDesk): Promise<boolean> {
  const taken = desk.memory.news.slice(0, INGEST_BATCH);
  desk.memory.news = desk.memory.news.slice(taken.length);
  return take(desk, taken);
}

export async function take(desk: LogDesk, envelopes: readonly StoredEnvelope[]): Promise<boolean> {
  if (envelopes.length === 0) return true;
  return desk.state.core.kind === 'mailbox' ? takeMail(desk, envelopes) : takeEnvelopes(desk, envelopes);
}

async function takeEnvelopes(desk: LogDesk, envelopes: readonly StoredEnvelope[]): Promise<boolean> {
  const { host, state } = desk;
  const result = await ingest(contextOf(desk), state, envelopes);
  if (!(await dropStrays(desk, result.items))) return false;
  const { tail, strays } = desk.state.progress;
  const timeline = desk.isConversation
    ? await addToTimeline(host.records, state.number, tail, result.items)
    : { writes: [], tail: [] };
  const progress = { ...result.state.progress, tail: timeline.tail, ...(strays && { strays }) };
  const settled = settle(desk.state, { ...result.state, progress }, result);
  const next = await withMails(desk, result, settled);
  const passed = passedBy(desk, result);
  if (!(await desk.save(next, [...timeline.writes, ...(await rowWrites(desk, result, passed))]))) {
    if (result.documents.length > 0) await host.documents.reset(state.number);
    return false;
  }
  for (const { number, intent } of passed) host.intentChanged(number, intent);
  await taken(desk, result, state);
  recallReceipts(desk);
  return result.waitsForTown === undefined;
}

/** What only we were shown has come to all: it stands where all have it (SPEC B6). */
async function dropStrays(desk: LogDesk, items: readonly TimelineRecord[]): Promise<boolean> {
  const { number, progress } = desk.state;
  const strays = new Set(progress.strays);
  if (strays.size === 0) return true;
  const come = new Set(items.map(nameOf).filter((name) => name !== undefined && strays.has(name)));
  if (come.size === 0) return true;
  const left = await takeOut(desk.host.records, number, progress.tail, (item) => come.has(nameOf(item)));
  const others = [...strays].filter((name) => !come.has(name));
  return desk.save(
    { ...desk.state, progress: { ...progress, tail: left.tail, strays: others } },
    left.writes,
  );
}

function contextOf(desk: LogDesk): Parameters<typeof ingest>[0] {
  const { host, state, memory } = desk;
  return {
    groups: host.groups,
    self: host.identity,
    directory: host.directory(),
    town: host.town(),
    townReadFor: memory.townReadFor,
    now: desk.now,
    isOwnRequest: (request) => host.isOwnRequest(request),
    intents: new Map<EntryId, number>(
      host.waitingIntents(state.number).map(({ number, intent }) => [intent.entry, number]),
    ),
    intentAt: byCounter(host.waitingIntents(state.number)),
    prepareDocuments: () => host.documents.prepare(state.number),
    acceptDocument: (change) => host.documents.accept(state.number, change),
    heldEntries: () => heldEntries(host.records, state.number),
  };
}

/** Asked for own entries only, and then perhaps for many. */
function byCounter(waiting: readonly WaitingIntent[]): (counter: number) => number | undefined {
  let numbers: ReadonlyMap<number | undefined, number> | undefined;
  return (counter) => {
    numbers ??= new Map(waiting.map(({ number, intent }) => [intent.counter, number]));
    return numbers.get(counter);
  };
}

/** Document updates, the town's links, and the wishes that are done. */
async function rowWrites(
  desk: LogDesk,
  result: Ingested,
  passed: readonly WaitingIntent[],
): Promise<readonly VaultWrite[]> {
  const { host, state } = desk;
  const { records } = host;
  const documents = result.documents.map((change) =>
    records.put('rows', documentRowKey(state.number, change.order), change),
  );
  const links =
    state.core.kind === 'town'
      ? result.links.map(([seq, link]) => records.put('rows', rowKey(state.number, seq), link))
      : [];
  const proofs = result.proofs.map((proof) => records.put('rows', rowKey(TOWN_PROOFS, proof.order), proof));
  const done = result.doneIntents.map((number): VaultWrite => ({ store: 'intents', delete: [number, 0] }));
  const waitAgain = passed.map(({ number, intent }) => records.putIntent(number, intent));
  return [...(await Promise.all([...documents, ...links, ...proofs, ...waitAgain])), ...done];
}

/** They wait again, as if they had never been sealed. */
function passedBy(
  { host, state }: LogDesk,
  { passedIntents, doneIntents }: Ingested,
): readonly WaitingIntent[] {
  if (passedIntents.length === 0) return [];
  const done = new Set(doneIntents);
  return host
    .waitingIntents(state.number)
    .filter(({ number }) => passedIntents.includes(number) && !done.has(number))
    .map(({ number, intent }) => ({ number, intent: withoutCounter(intent) }));
}

async function withMails(desk: LogDesk, result: Ingested, next: LogState): Promise<LogState> {
  if (result.adopted === undefined) return next;
  const { groups, records, documents } = desk.host;
  const services = { groups, records, documents, directory: desk.host.directory() };
  const mails = await welcomeMails(services, result.adopted, result.items);
  return { ...next, followUps: { mails: [...next.followUps.mails, ...mails] } };
}

async function taken(desk: LogDesk, result: Ingested, { group: before, flight }: LogState): Promise<void> {
  const { host, memory } = desk;
  const isFlightLost =
    flight !== undefined && flight.envelopes.length > (desk.state.flight?.envelopes.length ?? 0);
  if (result.isOwnChange) desk.runner.causedChange();
  if (result.doneIntents.length > 0) memory.sealTries = 0;
  else if (isFlightLost && !result.groupChanged) desk.pauseSealing();
  if (result.groupChanged) {
    if (before !== undefined) host.groups.wipe(before.state);
    memory.isSubmitted = false;
    memory.correctAt = undefined;
    memory.receiptAt = desk.now + RECEIPT_DELAY_MS;
  }
  const foreign = result.items.filter((item) => item.author !== host.identity.person).at(-1);
  if (foreign !== undefined) memory.foreignSeq = seqOfOrder(foreign.order, desk.state.core.generation);
  if (result.waitsForTown !== undefined) {
    const seq = desk.state.progress.cursor + 1;
    memory.waitsForTown = { position: result.waitsForTown, seq, reads: host.town().readsBegun };
    host.needTown();
  }
  desk.tell({
    items: result.items,
    foldChanged: result.foldChanged,
    groupChanged: result.groupChanged,
    documentsChanged: result.documents.length > 0,
    intentsDone: result.doneIntents,
    links: result.links,
  });
  if (result.adopted === undefined) return;
  const { progress, fold } = result.adopted.at;
  const hash = stateHash(fold, progress.counters);
  await host.addEntry(desk.state.number, { kind: 'snapshot', seq: progress.cursor, hash });
}

/** A mailbox has no chain to keep: what the relay no longer has is passed over, and told to the town (SPEC J7). */
async function takeMail(desk: LogDesk, envelopes: readonly StoredEnvelope[]): Promise<boolean> {
  for (const stored of envelopes) {
    if (stored[0] <= desk.state.progress.cursor) continue;
    const received = stored.length === 4 ? await desk.host.receiveMail(stored[0], stored[3]) : undefined;
    const missed = stored.length === 6 ? stored[0] : desk.state.progress.missed;
    const progress: Progress = { ...desk.state.progress, cursor: stored[0], missed };
    if (!(await desk.save({ ...desk.state, progress }, received?.writes ?? [], true))) return false;
    await received?.done();
  }
  return true;
}
