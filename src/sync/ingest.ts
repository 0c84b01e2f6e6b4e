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
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { CommitSummary, GroupCrypto } from '../crypto/group';
import { sha256 } from '../crypto/hash';
import { foldConversation } from '../domain/conversation';
import { foldDirectory, personOfDevice, type Directory } from '../domain/directory';
import { encodeEntry } from '../domain/entry';
import type { DeviceId, EntryId, PersonId } from '../domain/ids';
import { parsePosition } from '../domain/position';
import { isLawfulCommit, targetDevices, type Leaf } from '../domain/target';
import { parseEnvelope, type Envelope } from '../protocol/envelope';
import type { StoredEnvelope } from '../protocol/frames';
import { orderOf } from '../records/keys';
import type { Fold, PendingCommit, Preview, Progress, TimelineRecord } from '../records/logRecords';
import { envelopeIdOf, nextLink, openCommit, openEntries, type OpenedEntry } from './entrySeal';
import { decodeGroup, groupOf, type Group, type LogState } from './logState';
import { stateHash } from './snapshot';

export interface IngestContext {
  readonly groups: GroupCrypto;
  readonly self: { readonly device: DeviceId; readonly person: PersonId };
  /** The town's directory as folded so far; for the town's own log its fold is used instead. */
  readonly directory: Directory;
  readonly town: {
    readonly seq: number;
    /** The first seq this device has a link of: what is older it cannot check. */
    readonly since: number;
    linkAt(seq: number): Bytes | undefined;
  };
  /** The town was read to its head after the commit at this seq (and no other) had been seen. */
  readonly townReadFor: number | undefined;
  readonly now: number;
  /** Numbers of own intents by entry id. */
  readonly intents: ReadonlyMap<EntryId, number>;
  /** Called before `acceptDocument`, and only when there is something to accept. */
  prepareDocuments(): Promise<void>;
  /** The verdict on a document update; accepted ones are kept by the caller (protocol.md 10). */
  acceptDocument(change: DocumentChange): boolean;
}

export interface DocumentChange {
  readonly document: string;
  readonly device: DeviceId;
  readonly session: Bytes;
  readonly update: Bytes;
  readonly order: number;
}

export interface Ingested {
  readonly state: LogState;
  readonly groupChanged: boolean;
  readonly foldChanged: boolean;
  readonly items: readonly TimelineRecord[];
  readonly documents: readonly DocumentChange[];
  readonly doneIntents: readonly number[];
  /** An own commit that added devices came into force at this state: mail them. */
  readonly adopted: { readonly commit: PendingCommit; readonly at: LogState } | undefined;
  /** Ingest stopped before an envelope that names a later position of the town's log. */
  readonly waitsForTown: number | undefined;
  readonly isOwnChange: boolean;
  /** Links of what was taken, in order. */
  readonly links: readonly (readonly [seq: number, chain: Bytes])[];
}

/** How many links are kept to compare with what others have seen. */
const LINKS_KEPT = 256;

type Opened = { readonly entries: readonly OpenedEntry[] } | { readonly gap: 'unreadable' };

export async function ingest(
  context: IngestContext,
  state: LogState,
  stored: readonly StoredEnvelope[],
): Promise<Ingested> {
  const step = new IngestStep(context, state);
  let at = 0;
  while (at < stored.length && step.waitsForTown === undefined && !step.isOut) {
    const run = runOfEntries(stored, at, step.cursor);
    if (run.length > 0) {
      const opened = await Promise.all(run.map((envelope) => step.open(envelope)));
      if (opened.some(hasDocument)) await context.prepareDocuments();
      for (const [index, envelope] of run.entries())
        step.takeEntries(envelope, opened[index] ?? { gap: 'unreadable' });
      at += run.length;
      continue;
    }
    const next = stored[at];
    if (next === undefined) break;
    if (next[0] > step.cursor) {
      if (next[0] !== step.cursor + 1) break;
      await step.takeCommit(next);
    }
    if (step.waitsForTown === undefined) at += 1;
  }
  return step.result();
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

function hasDocument(opened: Opened): boolean {
  return 'entries' in opened && opened.entries.some(({ content }) => content.body.kind === 'document');
}

function isCommitEnvelope(stored: StoredEnvelope): boolean {
  return stored.length === 6 ? stored[5] : ((stored[3][1] ?? 0) & 1) === 1;
}

function idOf(stored: StoredEnvelope): Bytes {
  return stored.length === 6 ? stored[4] : envelopeIdOf(stored[3]);
}

class IngestStep {
  readonly #context: IngestContext;
  readonly #number: number;
  #state: LogState;
  #progress: Progress;
  #group: Group | undefined;
  #fold: Fold;
  #groupChanged = false;
  #foldChanged = false;
  #isOwnChange = false;
  #adopted: Ingested['adopted'];
  waitsForTown: number | undefined;
  readonly #items: TimelineRecord[] = [];
  readonly #links: (readonly [number, Bytes])[] = [];
  readonly #documents: DocumentChange[] = [];
  readonly #doneIntents: number[] = [];

  constructor(context: IngestContext, state: LogState) {
    this.#context = context;
    this.#number = state.number;
    this.#state = state;
    this.#progress = state.progress;
    this.#group = state.group;
    this.#fold = state.fold;
  }

  get cursor(): number {
    return this.#progress.cursor;
  }

  /** Removed: what follows is not for us. */
  get isOut(): boolean {
    return !this.#progress.isMember;
  }

  get #directory(): Directory {
    return this.#fold.type === 'town' ? this.#fold.directory : this.#context.directory;
  }

  async open(stored: StoredEnvelope): Promise<Opened> {
    if (stored.length === 6) return { entries: [] };
    const envelope = parseEnvelope(stored[3]);
    if (!envelope.ok || this.#group === undefined) return { gap: 'unreadable' };
    if (!equalBytes(envelope.value.epochTag, this.#group.tag)) return { gap: 'unreadable' };
    const entries = await openEntries(this.#state.core.log, this.#group, envelope.value);
    return entries.ok ? { entries: entries.value } : { gap: 'unreadable' };
  }

  takeEntries(stored: StoredEnvelope, opened: Opened): void {
    const [seq, relayAt] = stored;
    if ('gap' in opened) this.#addGap(seq, relayAt, opened.gap);
    else
      for (const [index, entry] of opened.entries.entries())
        this.#foldEntry(orderOf(seq, index), seq, relayAt, entry);
    this.#advance(stored);
  }

  #foldEntry(order: number, seq: number, relayAt: number, entry: OpenedEntry): void {
    const { device } = entry;
    const isOwn = device === this.#context.self.device;
    const intent = isOwn ? this.#context.intents.get(entry.id) : undefined;
    if (intent !== undefined) this.#doneIntents.push(intent);
    const last = this.#progress.counters[device] ?? 0;
    if (entry.wire.counter <= last) return;
    // An entry of ours that nobody here asked for: a copy of this phone is alive.
    if (isOwn && intent === undefined) this.#trouble('needs-reentry');
    const missing = entry.wire.counter - last - 1;
    const gap = missing > 0 ? ({ count: missing, reason: 'missing' } as const) : this.#historyGap(entry);
    if (gap !== undefined) this.#trouble(gap.reason === 'forked' ? 'forked' : 'gap');
    this.#progress = {
      ...this.#progress,
      counters: { ...this.#progress.counters, [device]: entry.wire.counter },
    };
    const author = personOfDevice(this.#directory, device);
    const effects = this.#foldBody(seq, relayAt, order, entry, author);
    const isShown =
      entry.content.body.kind === 'text' || entry.content.body.kind === 'unknown' || effects.length > 0;
    if (!isShown && gap === undefined) return;
    this.#addItem(
      {
        order,
        relayAt,
        author,
        proof: { epochTag: this.#group?.tag ?? new Uint8Array(8), entry: encodeEntry(entry.wire) },
        effects,
        gap,
        isHistory: false,
      },
      entry,
    );
    if (isOwn && effects.length > 0) this.#isOwnChange = true;
  }

  /** What the author had seen must be what we have seen (SPEC E7). */
  #historyGap(entry: OpenedEntry): { count: number; reason: 'forked' } | undefined {
    const { seenSeq, seenChain } = entry.content;
    const ours = [...this.#links, ...this.#progress.links].find(([seq]) => seq === seenSeq);
    return ours !== undefined && !equalBytes(ours[1], seenChain) ? { count: 0, reason: 'forked' } : undefined;
  }

  #foldBody(
    seq: number,
    relayAt: number,
    order: number,
    entry: OpenedEntry,
    author: PersonId | undefined,
  ): TimelineRecord['effects'] {
    const { body } = entry.content;
    if (body.kind === 'document') {
      const change = {
        document: body.document,
        device: entry.device,
        session: body.session,
        update: body.update,
        order,
      };
      if (this.#context.acceptDocument(change)) this.#documents.push(change);
      return [];
    }
    if (body.kind === 'snapshot') {
      if (body.seq === seq - 1 && !equalBytes(body.hash, stateHash(this.#fold))) this.#trouble('forked');
      return [];
    }
    if (this.#fold.type === 'town') {
      const directory = foldDirectory(this.#fold.directory, {
        seq,
        at: relayAt,
        device: entry.device,
        entryHash: sha256(encodeEntry(entry.wire)),
        body,
      });
      if (directory !== this.#fold.directory) {
        this.#fold = { type: 'town', directory };
        this.#foldChanged = true;
        if (entry.device === this.#context.self.device) this.#isOwnChange = true;
      }
      return [];
    }
    if (author === undefined) return [];
    const folded = foldConversation(this.#fold.conversation, { author, body });
    if (folded.conversation !== this.#fold.conversation) {
      this.#fold = { type: 'conversation', conversation: folded.conversation };
      this.#foldChanged = true;
    }
    return folded.effects;
  }

  async takeCommit(stored: StoredEnvelope): Promise<void> {
    const outcome = await this.#applyCommit(stored);
    if (outcome === 'wait') return;
    this.#progress = { ...this.#progress, lastCommit: stored[0] };
    this.#advance(stored);
    if (this.#adopted !== undefined && outcome === 'adopted')
      this.#adopted = { ...this.#adopted, at: this.#snapshotOfState() };
  }

  async #applyCommit(stored: StoredEnvelope): Promise<'adopted' | 'taken' | 'skipped' | 'wait'> {
    const pending = this.#state.pendingCommit;
    if (pending !== undefined && equalBytes(pending.envelopeId, idOf(stored))) return this.#adopt(pending);
    if (stored.length === 6 || this.#group === undefined) return 'skipped';
    const envelope = parseEnvelope(stored[3]);
    if (!envelope.ok) return 'skipped';
    if (!equalBytes(envelope.value.epochTag, this.#group.tag)) return 'skipped';
    return this.#process(this.#group, envelope.value);
  }

  /**
   * SPEC I3. An own commit is judged as everybody judges it, by what the log holds in front of it: an
   * entry that landed between its making and its place may have made it void.
   */
  async #adopt(pending: PendingCommit): Promise<'adopted' | 'skipped'> {
    const base = this.#group;
    this.#dropPending();
    const group = await decodeGroup(this.#context.groups, pending.state);
    if (base === undefined || !group.ok || group.value === undefined) return 'skipped';
    const position = this.#fold.type === 'town' ? this.cursor + 1 : pending.position;
    if (position < this.#progress.position || !this.#isOwnLawful(base, group.value, position))
      return 'skipped';
    this.#setGroup(group.value, position);
    this.#progress = { ...this.#progress, leafRenewedAt: this.#context.now };
    this.#adopted = pending.welcomed.length > 0 ? { commit: pending, at: this.#state } : undefined;
    return 'adopted';
  }

  #isOwnLawful(base: Group, next: Group, position: number): boolean {
    const { groups, self } = this.#context;
    if (groups.epoch(next.state) !== groups.epoch(base.state) + 1) return false;
    const committer = base.leaves.find((leaf) => leaf.device === self.device);
    if (committer === undefined) return false;
    const judged = {
      committer,
      added: next.leaves.filter((leaf) => !hasLeaf(base, leaf)),
      removed: base.leaves.filter((leaf) => !hasLeaf(next, leaf)),
      changesContext: false,
    };
    return isLawfulCommit(judged, base.leaves, this.#targetAt(position));
  }

  async #process(group: Group, envelope: Envelope): Promise<'taken' | 'skipped' | 'wait'> {
    const { groups } = this.#context;
    const commit = await openCommit(this.#state.core.log, group, envelope);
    if (!commit.ok) return 'skipped';
    let position = this.#progress.position;
    const processed = await groups.process(group.state, commit.value, (summary) => {
      const named = this.#positionOf(summary);
      if (named === undefined) return false;
      position = named;
      return this.#isLawful(group, summary, named);
    });
    if (this.waitsForTown !== undefined) return 'wait';
    if (processed.ok) {
      this.#setGroup(await groupOf(groups, processed.value.state), position);
      return 'taken';
    }
    if (processed.error.type !== 'removed') return 'skipped';
    this.#group = undefined;
    this.#groupChanged = true;
    this.#progress = { ...this.#progress, isMember: false };
    this.#dropPending();
    return 'taken';
  }

  /** SPEC G6: named positions are contained in the town's log and never go back. */
  #positionOf(summary: CommitSummary): number | undefined {
    if (this.#fold.type === 'town') return this.cursor + 1;
    const position = parsePosition(summary.authenticatedData);
    if (position === undefined || position.generation !== 0 || position.seq < this.#progress.position)
      return undefined;
    if (position.seq > this.#context.town.seq) {
      // Nobody can name a link that is still to come: what a fresh read does not contain is void for all.
      if (this.#context.townReadFor !== this.cursor + 1) this.waitsForTown = position.seq;
      return undefined;
    }
    // Named by one who lags behind our own joining: the others can check it, and it is no later than that.
    if (position.seq < this.#context.town.since) return position.seq;
    const link = this.#context.town.linkAt(position.seq);
    return link !== undefined && equalBytes(link, position.chain) ? position.seq : undefined;
  }

  #isLawful(group: Group, summary: CommitSummary, position: number): boolean {
    return isLawfulCommit(
      {
        committer: leafOf(summary.committer),
        added: summary.added.map(leafOf),
        removed: summary.removed.map((member) => ({ leaf: member.leaf, ...leafOf(member) })),
        changesContext: summary.context !== undefined,
      },
      group.leaves,
      this.#targetAt(position),
    );
  }

  #targetAt(position: number): ReturnType<typeof targetDevices> {
    const roster =
      this.#fold.type === 'town' ? undefined : (Object.keys(this.#fold.conversation.roster) as PersonId[]);
    return targetDevices(this.#directory, roster, position);
  }

  #setGroup(group: Group, position: number): void {
    this.#group = group;
    this.#groupChanged = true;
    this.#progress = { ...this.#progress, position, isMember: true };
    this.#dropPending();
  }

  #dropPending(): void {
    this.#state = { ...this.#state, pendingCommit: undefined };
  }

  #addGap(seq: number, relayAt: number, reason: 'unreadable'): void {
    this.#trouble('gap');
    this.#addItem(
      {
        order: orderOf(seq, 0),
        relayAt,
        author: undefined,
        proof: undefined,
        effects: [],
        gap: { count: 1, reason },
        isHistory: false,
      },
      undefined,
    );
  }

  #addItem(item: TimelineRecord, entry: OpenedEntry | undefined): void {
    this.#items.push(item);
    const body = entry?.content.body;
    const isText = body?.kind === 'text';
    const isMine = item.author === this.#context.self.person;
    const preview: Preview | undefined =
      entry === undefined
        ? this.#progress.preview
        : {
            order: item.order,
            author: item.author,
            text: isText ? firstLine(body.text) : undefined,
            effect: item.effects[0],
            at: item.relayAt,
          };
    this.#progress = {
      ...this.#progress,
      lastOrder: item.order,
      preview,
      unread: this.#progress.unread + (isText && !isMine ? 1 : 0),
    };
  }

  #trouble(trouble: 'gap' | 'forked' | 'needs-reentry'): void {
    const rank = { none: 0, gap: 1, forked: 2, 'needs-reentry': 3 };
    if (rank[trouble] > rank[this.#progress.trouble]) this.#progress = { ...this.#progress, trouble };
  }

  #advance(stored: StoredEnvelope): void {
    const seq = stored[0];
    const chain = nextLink(this.#progress.chain, seq, idOf(stored), isCommitEnvelope(stored));
    this.#links.push([seq, chain]);
    this.#progress = { ...this.#progress, cursor: seq, chain };
  }

  #snapshotOfState(): LogState {
    return { ...this.#state, progress: this.#progress, group: this.#group, fold: this.#fold };
  }

  result(): Ingested {
    const links = [...this.#progress.links, ...this.#links].slice(-LINKS_KEPT);
    this.#progress = { ...this.#progress, links };
    return {
      state: { ...this.#snapshotOfState(), number: this.#number },
      links: this.#links,
      groupChanged: this.#groupChanged,
      foldChanged: this.#foldChanged,
      items: this.#items,
      documents: this.#documents,
      doneIntents: this.#doneIntents,
      adopted: this.#adopted,
      waitsForTown: this.waitsForTown,
      isOwnChange: this.#isOwnChange,
    };
  }
}

function hasLeaf(group: Group, { leaf, device }: Leaf): boolean {
  return group.leaves.some((other) => other.leaf === leaf && other.device === device);
}

function leafOf(member: { readonly device: Bytes; readonly signatureKey: Bytes }): {
  readonly device: DeviceId;
  readonly signatureKey: Bytes;
} {
  return { device: bytesToHex(member.device) as DeviceId, signatureKey: member.signatureKey };
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 160);
}
