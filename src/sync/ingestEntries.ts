/** Entry envelopes: opened and verified in any order, folded in the log's (SPEC I4, I5, I7, I8). */
import { equalBytes, type Bytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import { basesOf, foldCarried, foldConversation, type Base } from '../domain/conversation';
import { foldDirectory } from '../domain/directory';
import { encodeEntry } from '../domain/entry';
import type { DeviceId, PersonId } from '../domain/ids';
import { withLaterBase } from '../domain/succession';
import { parseEnvelope } from '../protocol/envelope';
import type { StoredEnvelope } from '../protocol/frames';
import { orderOf } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import { heldName, isPuttingOut, openCarried, predecessorOf, type CarriedEntry } from './carried';
import { verifyBackRequest, type VerifiedBackRequest } from './backRequest';
import { openEntries, type OpenedEntry } from './entrySeal';
import type { IngestDraft } from './ingestDraft';

export type Opened =
  | {
      readonly entries: readonly MaybeCarrying[];
      /** By the entry that carries it; only those whose signature holds. */
      readonly requests: ReadonlyMap<OpenedEntry, VerifiedBackRequest>;
    }
  | { readonly gap: 'unreadable'; readonly isOtherEpoch: boolean };

const NO_COUNTERS: Base['counters'] = {};
const NO_REQUESTS: ReadonlyMap<OpenedEntry, VerifiedBackRequest> = new Map();
export const UNREADABLE: Opened = { gap: 'unreadable', isOtherEpoch: false };

interface MaybeCarrying extends OpenedEntry {
  /** What it carries, when that holds. */
  readonly carried?: CarriedEntry | undefined;
}

interface Place {
  readonly seq: number;
  readonly order: number;
  readonly relayAt: number;
}

export async function openEnvelope(draft: IngestDraft, stored: StoredEnvelope): Promise<Opened> {
  const { group, log } = draft;
  if (stored.length === 6) return { entries: [], requests: NO_REQUESTS };
  const envelope = parseEnvelope(stored[3]);
  if (!envelope.ok || group === undefined) return UNREADABLE;
  if (!equalBytes(envelope.value.epochTag, group.tag)) return { gap: 'unreadable', isOtherEpoch: true };
  const entries = await openEntries(log, group, envelope.value);
  if (!entries.ok) return UNREADABLE;
  const opened = await Promise.all(
    entries.value.map(async (entry) =>
      entry.content.body.kind === 'carried'
        ? { ...entry, carried: await openCarried(entry.content.body, draft.directory) }
        : entry,
    ),
  );
  return { entries: opened, requests: await requestsOf(draft, opened) };
}

export function hasCarried(opened: Opened): boolean {
  return 'entries' in opened && opened.entries.some(({ carried }) => carried !== undefined);
}

async function requestsOf(
  draft: IngestDraft,
  entries: readonly OpenedEntry[],
): Promise<ReadonlyMap<OpenedEntry, VerifiedBackRequest>> {
  if (!entries.some(({ content }) => content.body.kind === 'back')) return NO_REQUESTS;
  const requests = new Map<OpenedEntry, VerifiedBackRequest>();
  for (const entry of entries) {
    const { body } = entry.content;
    const request =
      body.kind === 'back'
        ? await verifyBackRequest(draft.context.groups, draft.names, body.request)
        : undefined;
    if (request !== undefined) requests.set(entry, request);
  }
  return requests;
}

export function hasDocument(opened: Opened): boolean {
  return 'entries' in opened && opened.entries.some(({ content }) => content.body.kind === 'document');
}

export function foldEnvelope(draft: IngestDraft, stored: StoredEnvelope, opened: Opened): void {
  const [seq, relayAt] = stored;
  draft.beginEnvelope();
  if ('gap' in opened) {
    if (opened.isOtherEpoch) draft.suspect(seq);
    draft.addGap(orderOf(seq, 0, draft.generation), relayAt);
  } else if (stored.length === 6) draft.redacted();
  else
    for (const [index, entry] of opened.entries.entries())
      foldEntry(
        draft,
        { seq, order: orderOf(seq, index, draft.generation), relayAt },
        entry,
        opened.requests.get(entry),
      );
  draft.advance(stored);
}

function foldEntry(
  draft: IngestDraft,
  place: Place,
  entry: MaybeCarrying,
  request: VerifiedBackRequest | undefined,
): void {
  const { device, content } = entry;
  const { order, relayAt } = place;
  const isOwn = device === draft.context.self.device;
  const intent = isOwn ? draft.context.intents.get(entry.id) : undefined;
  const last = draft.progress.counters[device] ?? 0;
  const isPassed = entry.wire.counter <= last;
  // Where a copy writes, too, its entry may have our counter: then nobody has taken ours.
  if (intent !== undefined && !(isPassed && draft.progress.hasOther === true)) draft.doneIntents.push(intent);
  if (isPassed) return;
  if (isOwn) judgeOwn(draft, entry.wire.counter, intent);
  else draft.inStep(place.seq);
  draft.settleWelcomes(device, content.body);
  if (request !== undefined) draft.takeRequest(request, place.relayAt, isOwn);
  const agrees = draft.witness({ device, seq: content.seenSeq, chain: content.seenChain });
  const missing = entry.wire.counter - last - 1;
  const gap = draft.isHole(missing)
    ? ({ count: missing, reason: 'missing' } as const)
    : agrees
      ? undefined
      : ({ count: 0, reason: 'forked' } as const);
  draft.progress = {
    ...draft.progress,
    counters: { ...draft.progress.counters, [device]: entry.wire.counter },
  };
  if (entry.carried !== undefined) foldCarriedEntry(draft, place, entry.carried, device);
  const author = draft.personOf(device);
  const effects = foldBody(draft, place, entry, author);
  const isShown = content.body.kind === 'text' || content.body.kind === 'unknown' || effects.length > 0;
  if (!isShown && gap === undefined) return;
  draft.addItem(
    {
      order,
      relayAt,
      author,
      proof: proofOf(draft, entry),
      effects,
      gap,
      isHistory: false,
    },
    entry,
  );
  if (isOwn && effects.length > 0) draft.isOwnChange = true;
}

/** An entry of ours that nobody here asked for, or under a counter that we gave to another (SPEC I8). */
function judgeOwn(draft: IngestDraft, counter: number, intent: number | undefined): void {
  const { progress } = draft;
  // A profile that went back may not know that it had given it.
  draft.progress = { ...progress, nextCounter: Math.max(progress.nextCounter, counter + 1) };
  const ours = draft.context.intentAt(counter);
  if (intent !== undefined && (ours ?? intent) === intent) return;
  draft.seeOther();
  if (ours !== undefined) draft.passedIntents.push(ours);
}

/** The author's own words and removals count, wherever they were written (SPEC Q8). */
function foldCarriedEntry(
  draft: IngestDraft,
  { seq, order, relayAt }: Place,
  carried: CarriedEntry,
  by: DeviceId,
): void {
  const { fold } = draft;
  const { device, content, wire, epochTag, log } = carried;
  const { body } = content;
  if (fold.type === 'town') {
    if (!isPuttingOut(body) || log !== predecessorOf(fold)) return;
    const entryHash = sha256(encodeEntry(wire));
    const directory = foldDirectory(fold.directory, { seq, at: relayAt, device, entryHash, body });
    if (directory !== fold.directory) draft.setFold({ ...fold, directory });
    return;
  }
  const author = draft.personOf(device);
  const name = heldName(device, carried.id);
  const own = log === draft.log && by === device ? { log, counters: NO_COUNTERS } : undefined;
  const base = own ?? basesOf(fold.conversation.base).find((one) => one.log === log);
  // What the founder of this log had was handed over with the Welcome.
  if (author === undefined || base === undefined || wire.counter <= (base.counters[device] ?? 0)) return;
  const { conversation, effects } = foldCarried(fold.conversation, { author, body });
  if (conversation !== fold.conversation) draft.setFold({ ...fold, conversation });
  if (draft.held?.has(name) === true || (body.kind !== 'text' && effects.length === 0)) return;
  draft.held?.add(name);
  const proof = { epochTag, entry: encodeEntry(wire) };
  draft.addItem({ order, relayAt, author, proof, effects, gap: undefined, isHistory: false }, carried);
}

function proofOf(draft: IngestDraft, { wire }: OpenedEntry): { epochTag: Bytes; entry: Bytes } {
  return { epochTag: draft.group?.tag ?? new Uint8Array(8), entry: encodeEntry(wire) };
}

function foldBody(
  draft: IngestDraft,
  { seq, order, relayAt }: Place,
  entry: OpenedEntry,
  author: PersonId | undefined,
): TimelineRecord['effects'] {
  const { device } = entry;
  const { body } = entry.content;
  const { fold } = draft;
  if (body.kind === 'document') {
    const { document, session, update } = body;
    const change = { document, device, session, update, order };
    if (draft.context.acceptDocument(change)) draft.documents.push(change);
    return [];
  }
  if (body.kind === 'snapshot') {
    if (body.seq === seq - 1 && !draft.isState(body.hash)) draft.trouble('forked');
    return [];
  }
  if (fold.type === 'town') {
    const entryHash = sha256(encodeEntry(entry.wire));
    const directory = foldDirectory(fold.directory, { seq, at: relayAt, device, entryHash, body });
    if (directory !== fold.directory) {
      if (isPuttingOut(body)) draft.proofs.push({ order, ...proofOf(draft, entry) });
      draft.setFold({ ...fold, directory });
      if (device === draft.context.self.device) draft.isOwnChange = true;
    }
    return [];
  }
  if (author === undefined) return [];
  if (body.kind === 'town-log-continued') {
    const { base, roster } = fold.conversation;
    const later = withLaterBase(base, body, draft.directory, draft.generation);
    if (later !== undefined && later !== base && roster[author] !== undefined)
      draft.setFold({ ...fold, conversation: { ...fold.conversation, base: later } });
    return [];
  }
  const { conversation, effects } = foldConversation(fold.conversation, { author, body });
  if (conversation !== fold.conversation) draft.setFold({ ...fold, conversation });
  return effects;
}
