/**
 * From envelopes of the log to what the device knows (SPEC I1–I9): parse → verify → open → judge →
 * fold. Nothing is written here: the answer is the new state and what goes with it, for the caller to
 * commit in one transaction, or to throw away.
 *
 * I1 Envelopes are taken strictly by seq; what is not the next one is not taken.
 * I2 A commit that does not hold is skipped and changes nothing but cursor, chain and last commit.
 * I3 An own commit is adopted when its own bytes are read back, and dropped when a different valid
 *    commit is read; no answer of the relay does either.
 * I4 Of an author's entries only those with rising counters count; a hole is shown.
 */
import type { Bytes } from '../lib/bytes';
import type { GroupCrypto } from '../crypto/group';
import type { Directory } from '../domain/directory';
import type { DeviceId, EntryId, PersonId } from '../domain/ids';
import type { StoredEnvelope } from '../protocol/frames';
import type { PendingCommit, TimelineRecord } from '../records/logRecords';
import { takeCommit } from './ingestCommit';
import { isCommitEnvelope, IngestDraft } from './ingestDraft';
import { foldEnvelope, hasCarried, hasDocument, openEnvelope, UNREADABLE } from './ingestEntries';
import type { VerifiedBackRequest } from './backRequest';
import type { LogState } from './logState';

export interface IngestContext {
  readonly groups: GroupCrypto;
  readonly self: { readonly device: DeviceId; readonly person: PersonId };
  /** The town's directory as folded so far; for the town's own log its fold is used instead. */
  readonly directory: Directory;
  readonly town: {
    readonly seq: number;
    /** Less than that while what stands behind it could not be read (SPEC B1). */
    readonly sureUpTo: number;
    /** The first seq this device has a link of: what is older it cannot check. */
    readonly since: number;
    linkAt(seq: number): Bytes | undefined;
  };
  /** The town was read to its head after the commit at this seq (and no other) had been seen. */
  readonly townReadFor: number | undefined;
  readonly now: number;
  /** Requests of this device to be taken back, as it wrote them (hex); others in its name are a copy's. */
  isOwnRequest(request: VerifiedBackRequest): boolean;
  /** Numbers of own intents by entry id. */
  readonly intents: ReadonlyMap<EntryId, number>;
  /** The own intent that was given this counter. */
  intentAt(counter: number): number | undefined;
  /** Called before `acceptDocument`, and only when there is something to accept. */
  prepareDocuments(): Promise<void>;
  /** The verdict on a document update; accepted ones are kept by the caller (protocol.md 10). */
  acceptDocument(change: DocumentChange): boolean;
  /** Names of what the timeline holds; called only when something was carried over (SPEC Q8). */
  heldEntries(): Promise<Set<string>>;
}

export interface DocumentChange {
  readonly document: string;
  readonly device: DeviceId;
  readonly session: Bytes;
  readonly update: Bytes;
  readonly order: number;
}

export interface TownProof {
  readonly order: number;
  readonly epochTag: Bytes;
  readonly entry: Bytes;
}

export interface Ingested {
  readonly state: LogState;
  readonly groupChanged: boolean;
  readonly foldChanged: boolean;
  readonly items: readonly TimelineRecord[];
  readonly documents: readonly DocumentChange[];
  readonly doneIntents: readonly number[];
  /** Under their counter another entry of ours stands in the log: they need another one (SPEC I8). */
  readonly passedIntents: readonly number[];
  /** An own commit that added devices came into force at this state: mail them. */
  readonly adopted: { readonly commit: PendingCommit; readonly at: LogState } | undefined;
  /** Ingest stopped before an envelope that names a later position of the town's log. */
  readonly waitsForTown: number | undefined;
  readonly isOwnChange: boolean;
  /** Removals and blocks of the town, as signed, by order. */
  readonly proofs: readonly TownProof[];
  /** Links of what was taken, in order. */
  readonly links: readonly (readonly [seq: number, chain: Bytes])[];
}

export async function ingest(
  context: IngestContext,
  state: LogState,
  stored: readonly StoredEnvelope[],
): Promise<Ingested> {
  const draft = new IngestDraft(context, state);
  let at = 0;
  while (at < stored.length && draft.waitsForTown === undefined && !draft.isOut) {
    const run = runOfEntries(stored, at, draft.cursor);
    if (run.length > 0) {
      await takeEntries(draft, run);
      at += run.length;
      continue;
    }
    const next = stored[at];
    if (next === undefined) break;
    if (next[0] > draft.cursor) {
      if (next[0] !== draft.cursor + 1) break;
      await takeCommit(draft, next);
    }
    if (draft.waitsForTown === undefined) at += 1;
  }
  return draft.result();
}

async function takeEntries(draft: IngestDraft, run: readonly StoredEnvelope[]): Promise<void> {
  const opened = await Promise.all(run.map((envelope) => openEnvelope(draft, envelope)));
  if (opened.some(hasDocument)) await draft.context.prepareDocuments();
  if (opened.some(hasCarried)) draft.held ??= await draft.context.heldEntries();
  for (const [index, envelope] of run.entries()) foldEnvelope(draft, envelope, opened[index] ?? UNREADABLE);
}

/** Entry envelopes from `at` on that follow each other and the cursor, up to the next commit. */
function runOfEntries(
  stored: readonly StoredEnvelope[],
  at: number,
  cursor: number,
): readonly StoredEnvelope[] {
  const run: StoredEnvelope[] = [];
  for (let i = at; i < stored.length; i++) {
    const envelope = stored[i];
    if (envelope === undefined || envelope[0] !== cursor + 1 + run.length || isCommitEnvelope(envelope))
      break;
    run.push(envelope);
  }
  return run;
}
