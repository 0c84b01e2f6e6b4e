/**
 * What one run of ingest has come to so far: the state in the making and what goes with it. Nothing here
 * is written; it is thrown away when the batch cannot be.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { afterCommit, foundingName, returnKey, withRequest } from '../domain/back';
import type { EntryBody } from '../domain/body';
import { personOfDevice, type Directory } from '../domain/directory';
import type { DeviceId, LogId, PersonId } from '../domain/ids';
import { ENTRIES_PER_ENVELOPE } from '../domain/entry';
import { targetDevices } from '../domain/target';
import {
  hasOrphans,
  orphansReturn,
  owedAfterCommit,
  owedAfterWelcome,
  owedAfterWord,
  returnsAfterWord,
  silentAfterCommit,
  silentAfterWord,
  type Silent,
} from '../domain/welcomes';
import type { StoredEnvelope } from '../protocol/frames';
import type { Fold, Preview, Progress, TimelineRecord } from '../records/logRecords';
import type { VerifiedBackRequest } from './backRequest';
import { envelopeIdOf, nextLink, type OpenedEntry } from './entrySeal';
import type { DocumentChange, IngestContext, Ingested, TownProof } from './ingest';
import type { Group, LogState } from './logState';
import { withClaim, withTrouble, type Claim } from './sighting';
import { stateHash } from './snapshot';

/** How many links are kept to compare with what others have seen. */
const LINKS_KEPT = 256;
const NOBODY: Silent = {};

export class IngestDraft {
  readonly context: IngestContext;
  readonly items: TimelineRecord[] = [];
  readonly links: (readonly [seq: number, chain: Bytes])[] = [];
  readonly documents: DocumentChange[] = [];
  readonly doneIntents: number[] = [];
  readonly passedIntents: number[] = [];
  readonly proofs: TownProof[] = [];
  /** What the timeline holds, by heldName; at hand once something was carried over. */
  held: Set<string> | undefined;
  progress: Progress;
  group: Group | undefined;
  fold: Fold;
  pendingCommit: LogState['pendingCommit'];
  groupChanged = false;
  foldChanged = false;
  isOwnChange = false;
  adopted: Ingested['adopted'];
  waitsForTown: number | undefined;
  /** As they were before the envelope that is being folded. */
  countersBefore: Progress['counters'];
  readonly #before: LogState;
  #foldBefore: Fold;
  readonly #linkBySeq: Map<number, Bytes>;

  constructor(context: IngestContext, before: LogState) {
    this.context = context;
    this.#before = before;
    this.progress = before.progress;
    this.countersBefore = before.progress.counters;
    this.#foldBefore = before.fold;
    this.group = before.group;
    this.fold = before.fold;
    this.pendingCommit = before.pendingCommit;
    this.#linkBySeq = new Map(before.progress.links);
  }

  get log(): LogState['core']['log'] {
    return this.#before.core.log;
  }

  /** What requests may call this log: a guest knows the town by its founding hash only (SPEC B2). */
  get names(): readonly LogId[] {
    return this.fold.type === 'town' ? [this.log, foundingName(this.fold.directory)] : [this.log];
  }

  /** Of the town's logs, the one this log lives under (SPEC G6). */
  get generation(): number {
    return this.#before.core.generation ?? 0;
  }

  get cursor(): number {
    return this.progress.cursor;
  }

  /** Removed: what follows is not for us. */
  get isOut(): boolean {
    return !this.progress.isMember;
  }

  get isTown(): boolean {
    return this.fold.type === 'town';
  }

  get directory(): Directory {
    return this.fold.type === 'town' ? this.fold.directory : this.context.directory;
  }

  personOf(device: DeviceId): PersonId | undefined {
    return personOfDevice(this.directory, device);
  }

  /** Who belongs into the group at a position of the town's log. */
  targetAt(position: number): ReturnType<typeof targetDevices> {
    const roster =
      this.fold.type === 'town' ? undefined : (Object.keys(this.fold.conversation.roster) as PersonId[]);
    return targetDevices(this.directory, roster, position);
  }

  setFold(fold: Fold): void {
    this.fold = fold;
    this.foldChanged = true;
  }

  /** `by`: whose commit leads to it. */
  setGroup(group: Group, position: number, by: DeviceId): void {
    this.#settleLeaves(group, position, by);
    this.group = group;
    this.groupChanged = true;
    this.progress = {
      ...this.progress,
      position,
      isMember: true,
      skipped: undefined,
      suspect: undefined,
    };
    this.pendingCommit = undefined;
  }

  /** SPEC B4, J6, J7. */
  #settleLeaves(next: Group, position: number, by: DeviceId): void {
    const [old, now] = [new Set(this.group?.leaves.map(nameOf)), new Set(next.leaves.map(nameOf))];
    const removed = this.group?.leaves.filter((leaf) => !now.has(nameOf(leaf))) ?? [];
    const added = next.leaves.filter((leaf) => !old.has(nameOf(leaf)));
    const commit = { by, seq: this.cursor + 1, position, added, removed };
    this.#setSilent(silentAfterCommit(this.fold.silent ?? NOBODY, commit));
    if (removed.length + added.length === 0) return;
    const settled = afterCommit(this.fold.returns ?? {}, removed, added);
    const owed = owedAfterCommit(this.fold.owed ?? {}, commit);
    this.setFold({ ...this.fold, ...orphansReturn(owed, settled, next.leaves) });
  }

  #setSilent(silent: Silent): void {
    if (silent !== (this.fold.silent ?? NOBODY)) this.setFold({ ...this.fold, silent });
  }

  /** SPEC J6, J7: somebody wrote, and perhaps says whom it has welcomed. */
  settleWelcomes(device: DeviceId, body: EntryBody): void {
    const { silent } = this.fold;
    if (silent?.[device] !== undefined) this.#setSilent(silentAfterWord(silent, device));
    const before = this.fold.owed ?? {};
    const told = body.kind === 'welcomed' ? owedAfterWelcome(before, device, body.devices) : before;
    const owed = owedAfterWord(told, device);
    if (owed !== before) this.setFold({ ...this.fold, owed });
    const { returns } = this.fold;
    if (returns === undefined || !hasOrphans(returns)) return;
    const leaf = this.group?.leaves.find((other) => other.device === device);
    if (leaf === undefined) return;
    const after = returnsAfterWord(returns, leaf);
    if (after !== returns) this.setFold({ ...this.fold, returns: after });
  }

  leave(): void {
    this.group = undefined;
    this.groupChanged = true;
    this.progress = { ...this.progress, isMember: false };
    this.pendingCommit = undefined;
  }

  /**
   * SPEC B1. Others have gone on in an epoch that begins with a commit we skipped: nothing is sealed until
   * somebody shows that our epoch is alive.
   */
  suspect(seq: number): void {
    const { skipped, suspect } = this.progress;
    if (skipped === undefined || suspect !== undefined) return;
    this.progress = { ...this.progress, suspect: { commit: skipped, seq } };
  }

  /** Somebody else wrote in our epoch, behind what we had skipped. */
  inStep(seq: number): void {
    const { skipped, suspect } = this.progress;
    if ((skipped ?? Infinity) < seq || suspect !== undefined)
      this.progress = { ...this.progress, skipped: undefined, suspect: undefined };
  }

  /** SPEC B3, B7. */
  takeRequest(request: VerifiedBackRequest, relayAt: number, isOwn: boolean): void {
    const leaf = this.group?.leaves.find(({ device }) => device === request.device);
    // Whoever was heard in the town is no guest any more.
    if (request.log !== this.log && this.fold.silent?.[request.device] === undefined) return;
    // Whoever has a leaf here speaks for itself with that leaf's key only.
    if (leaf !== undefined && !equalBytes(leaf.signatureKey, request.signatureKey)) return;
    const before = this.fold.returns ?? {};
    const isPresent = leaf !== undefined;
    const returns = withRequest(before, request, { relayAt, isPresent });
    if (returns === before) return;
    this.setFold({ ...this.fold, returns });
    this.witness(request);
    if (isOwn) this.isOwnChange = true;
    if (request.device !== this.context.self.device) return;
    const isOther = !this.context.isOwnRequest(request);
    if (this.isTown) this.progress = { ...this.progress, isCopied: isOther };
    else if (isOther) this.seeOther();
  }

  /** SPEC I8: something of our own that was not written here. */
  seeOther(): void {
    this.trouble('needs-reentry');
    this.progress = { ...this.progress, hasOther: true };
  }

  /** SPEC F9: its entries are gone for good; the hole in their author's counters is no gap. */
  redacted(): void {
    this.progress = { ...this.progress, redacted: this.progress.redacted + 1, wasRedacted: true };
  }

  /** `missing` counters of one author that no redacted envelope explains. */
  isHole(missing: number): boolean {
    if (missing <= 0) return false;
    const needed = Math.ceil(missing / ENTRIES_PER_ENVELOPE);
    if (needed <= this.progress.redacted) {
      this.progress = { ...this.progress, redacted: this.progress.redacted - needed };
      return false;
    }
    this.trouble('gap');
    return true;
  }

  /** A snapshot speaks of what was before its envelope, in which other entries may stand before it (SPEC J4). */
  beginEnvelope(): void {
    this.countersBefore = this.progress.counters;
    this.#foldBefore = this.fold;
  }

  /** SPEC J4. Whoever met a redaction does not know the counters that others have. */
  isState(hash: Bytes): boolean {
    return this.progress.wasRedacted || equalBytes(hash, stateHash(this.#foldBefore, this.countersBefore));
  }

  addGap(seqOrder: number, relayAt: number): void {
    this.trouble('gap');
    this.addItem(
      {
        order: seqOrder,
        relayAt,
        author: undefined,
        proof: undefined,
        effects: [],
        gap: { count: 1, reason: 'unreadable' },
        isHistory: false,
      },
      undefined,
    );
  }

  addItem(item: TimelineRecord, entry: OpenedEntry | undefined): void {
    this.items.push(item);
    const body = entry?.content.body;
    const isText = body?.kind === 'text';
    const isMine = item.author === this.context.self.person;
    const preview: Preview | undefined =
      entry === undefined
        ? this.progress.preview
        : {
            order: item.order,
            author: item.author,
            text: isText ? firstLine(body.text) : undefined,
            effect: item.effects[0],
            at: item.relayAt,
          };
    this.progress = {
      ...this.progress,
      lastOrder: item.order,
      preview,
      unread: this.progress.unread + (isText && !isMine ? 1 : 0),
    };
  }

  /**
   * SPEC E7: what an author had seen must be what we have seen. False when its link is another; what
   * we do not hold any more is not held against anybody.
   */
  witness(claim: Claim): boolean {
    // What stands in front of our next envelope is all that its author can have seen.
    const ours = claim.seq > this.cursor ? 'ahead' : this.#linkBySeq.get(claim.seq);
    // Of our own devices nobody else is a witness: what we wrote is what we have seen.
    if (claim.device !== this.context.self.device) this.progress = withClaim(this.progress, claim, ours);
    return ours === undefined || (ours !== 'ahead' && equalBytes(ours, claim.chain));
  }

  trouble(trouble: Progress['trouble']): void {
    this.progress = withTrouble(this.progress, trouble);
  }

  /** SPEC E7: cursor and chain move over one envelope, whatever became of it. */
  advance(stored: StoredEnvelope): void {
    const seq = stored[0];
    const chain = nextLink(this.progress.chain, seq, idOf(stored), isCommitEnvelope(stored));
    this.links.push([seq, chain]);
    this.#linkBySeq.set(seq, chain);
    this.progress = { ...this.progress, cursor: seq, chain };
  }

  state(): LogState {
    return {
      ...this.#before,
      progress: this.progress,
      group: this.group,
      fold: this.fold,
      pendingCommit: this.pendingCommit,
    };
  }

  result(): Ingested {
    const links = [...this.progress.links, ...this.links].slice(-LINKS_KEPT);
    this.progress = { ...this.progress, links };
    return {
      state: this.state(),
      links: this.links,
      groupChanged: this.groupChanged,
      foldChanged: this.foldChanged,
      items: this.items,
      documents: this.documents,
      doneIntents: this.doneIntents,
      passedIntents: this.passedIntents,
      proofs: this.proofs,
      adopted: this.adopted,
      waitsForTown: this.waitsForTown,
      isOwnChange: this.isOwnChange,
    };
  }
}

export function isCommitEnvelope(stored: StoredEnvelope): boolean {
  return stored.length === 6 ? stored[5] : ((stored[3][1] ?? 0) & 1) === 1;
}

export function idOf(stored: StoredEnvelope): Bytes {
  return stored.length === 6 ? stored[4] : envelopeIdOf(stored[3]);
}

/** No device has two leaves, and none is removed and added by one commit (SPEC G3, G4). */
const nameOf = returnKey;

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 160);
}
