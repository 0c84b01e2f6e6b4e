/** Entry envelopes: opened and verified in any order, folded in the log's (SPEC I4, I5, I7, I8). */
import { equalBytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import { foldConversation } from '../domain/conversation';
import { foldDirectory } from '../domain/directory';
import { encodeEntry } from '../domain/entry';
import type { PersonId } from '../domain/ids';
import { parseEnvelope } from '../protocol/envelope';
import type { StoredEnvelope } from '../protocol/frames';
import { orderOf } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import { openEntries, type OpenedEntry } from './entrySeal';
import type { IngestDraft } from './ingestDraft';

export type Opened = { readonly entries: readonly OpenedEntry[] } | { readonly gap: 'unreadable' };

interface Place {
  readonly seq: number;
  readonly order: number;
  readonly relayAt: number;
}

export async function openEnvelope({ group, log }: IngestDraft, stored: StoredEnvelope): Promise<Opened> {
  if (stored.length === 6) return { entries: [] };
  const envelope = parseEnvelope(stored[3]);
  if (!envelope.ok || group === undefined) return { gap: 'unreadable' };
  if (!equalBytes(envelope.value.epochTag, group.tag)) return { gap: 'unreadable' };
  const entries = await openEntries(log, group, envelope.value);
  return entries.ok ? { entries: entries.value } : { gap: 'unreadable' };
}

export function hasDocument(opened: Opened): boolean {
  return 'entries' in opened && opened.entries.some(({ content }) => content.body.kind === 'document');
}

export function foldEnvelope(draft: IngestDraft, stored: StoredEnvelope, opened: Opened): void {
  const [seq, relayAt] = stored;
  draft.countersBefore = draft.progress.counters;
  if ('gap' in opened) draft.addGap(orderOf(seq, 0), relayAt);
  else if (stored.length === 6) draft.redacted();
  else
    for (const [index, entry] of opened.entries.entries())
      foldEntry(draft, { seq, order: orderOf(seq, index), relayAt }, entry);
  draft.advance(stored);
}

function foldEntry(draft: IngestDraft, place: Place, entry: OpenedEntry): void {
  const { device, content } = entry;
  const { order, relayAt } = place;
  const isOwn = device === draft.context.self.device;
  const intent = isOwn ? draft.context.intents.get(entry.id) : undefined;
  if (intent !== undefined) draft.doneIntents.push(intent);
  const last = draft.progress.counters[device] ?? 0;
  if (entry.wire.counter <= last) return;
  // An entry of ours that nobody here asked for: a copy of this phone is alive.
  if (isOwn && intent === undefined) draft.trouble('needs-reentry');
  const agrees = draft.witness(device, content.seenSeq, content.seenChain);
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
  const author = draft.personOf(device);
  const effects = foldBody(draft, place, entry, author);
  const isShown = content.body.kind === 'text' || content.body.kind === 'unknown' || effects.length > 0;
  if (!isShown && gap === undefined) return;
  draft.addItem(
    {
      order,
      relayAt,
      author,
      proof: { epochTag: draft.group?.tag ?? new Uint8Array(8), entry: encodeEntry(entry.wire) },
      effects,
      gap,
      isHistory: false,
    },
    entry,
  );
  if (isOwn && effects.length > 0) draft.isOwnChange = true;
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
      draft.setFold({ type: 'town', directory });
      if (device === draft.context.self.device) draft.isOwnChange = true;
    }
    return [];
  }
  if (author === undefined) return [];
  const { conversation, effects } = foldConversation(fold.conversation, { author, body });
  if (conversation !== fold.conversation) draft.setFold({ type: 'conversation', conversation });
  return effects;
}
