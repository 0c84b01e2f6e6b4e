/** Commits of the log: judged by everybody alike, by what the log holds in front of them (SPEC G5–G7, I2, I3). */
import { assert } from '../lib/assert';
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { CommitSummary } from '../crypto/group';
import type { DeviceId } from '../domain/ids';
import { parsePosition } from '../domain/position';
import { isLawfulCommit, type Leaf } from '../domain/target';
import { parseEnvelope, type Envelope } from '../protocol/envelope';
import type { StoredEnvelope } from '../protocol/frames';
import type { PendingCommit } from '../records/logRecords';
import { openCommit } from './entrySeal';
import { idOf, type IngestDraft } from './ingestDraft';
import { decodeGroup, groupOf, type Group } from './logState';

export async function takeCommit(draft: IngestDraft, stored: StoredEnvelope): Promise<void> {
  const outcome = await applyCommit(draft, stored);
  if (outcome === 'wait') return;
  draft.progress = { ...draft.progress, lastCommit: stored[0] };
  if (outcome === 'skipped') draft.progress = { ...draft.progress, skipped: stored[0] };
  draft.advance(stored);
  if (draft.adopted !== undefined && outcome === 'adopted')
    draft.adopted = { ...draft.adopted, at: draft.state() };
}

async function applyCommit(
  draft: IngestDraft,
  stored: StoredEnvelope,
): Promise<'adopted' | 'taken' | 'skipped' | 'wait'> {
  const pending = draft.pendingCommit;
  if (pending !== undefined && equalBytes(pending.envelopeId, idOf(stored))) return adopt(draft, pending);
  if (stored.length === 6 || draft.group === undefined) return 'skipped';
  const envelope = parseEnvelope(stored[3]);
  if (!envelope.ok) return 'skipped';
  if (!equalBytes(envelope.value.epochTag, draft.group.tag)) {
    draft.suspect(stored[0]);
    return 'skipped';
  }
  return process(draft, draft.group, envelope.value);
}

/**
 * SPEC I3. An own commit is judged as everybody judges it, by what the log holds in front of it: an
 * entry that landed between its making and its place may have made it void.
 */
async function adopt(draft: IngestDraft, pending: PendingCommit): Promise<'adopted' | 'skipped'> {
  const base = draft.group;
  draft.pendingCommit = undefined;
  const group = await decodeGroup(draft.context.groups, pending.state);
  if (base === undefined || !group.ok || group.value === undefined) return 'skipped';
  const position = draft.isTown ? draft.cursor + 1 : pending.position;
  if (position < draft.progress.position || !isOwnLawful(draft, base, group.value, position))
    return 'skipped';
  draft.setGroup(group.value, position, draft.context.self.device);
  draft.progress = { ...draft.progress, leafRenewedAt: draft.context.now };
  draft.adopted = pending.welcomed.length > 0 ? { commit: pending, at: draft.state() } : undefined;
  return 'adopted';
}

function isOwnLawful(draft: IngestDraft, base: Group, next: Group, position: number): boolean {
  const { groups, self } = draft.context;
  if (groups.epoch(next.state) !== groups.epoch(base.state) + 1) return false;
  const committer = base.leaves.find((leaf) => leaf.device === self.device);
  if (committer === undefined) return false;
  const judged = {
    committer,
    added: next.leaves.filter((leaf) => !hasLeaf(base, leaf)),
    removed: base.leaves.filter((leaf) => !hasLeaf(next, leaf)),
    changesContext: false,
  };
  return isLawfulCommit(judged, base.leaves, draft.targetAt(position), draft.fold, position);
}

async function process(
  draft: IngestDraft,
  group: Group,
  envelope: Envelope,
): Promise<'taken' | 'skipped' | 'wait'> {
  const { groups } = draft.context;
  const commit = await openCommit(draft.log, group, envelope);
  if (!commit.ok) return 'skipped';
  let position = draft.progress.position;
  let by: DeviceId | undefined;
  const processed = await groups.process(group.state, commit.value, (summary) => {
    const named = positionOf(draft, summary);
    if (named === undefined) return false;
    position = named;
    by = leafOf(summary.committer).device;
    return isLawful(draft, group, summary, named);
  });
  if (draft.waitsForTown !== undefined) return 'wait';
  if (processed.ok) {
    assert(by !== undefined, 'a commit in force was judged');
    draft.setGroup(await groupOf(groups, processed.value.state), position, by);
    return 'taken';
  }
  // Nobody else can have signed it: a copy of this profile goes on without us (SPEC I8).
  if (processed.error.type === 'own') draft.seeOther();
  if (processed.error.type !== 'removed') return 'skipped';
  draft.leave();
  return 'taken';
}

/** SPEC G6: named positions are contained in the town's log and never go back. */
function positionOf(draft: IngestDraft, summary: CommitSummary): number | undefined {
  if (draft.isTown) return draft.cursor + 1;
  const { town, townReadFor } = draft.context;
  const position = parsePosition(summary.authenticatedData);
  if (position?.generation !== draft.generation || position.seq < draft.progress.position) return undefined;
  // Behind it we have passed places without being able to read what stands there.
  if (position.seq > town.sureUpTo && town.sureUpTo < town.seq) {
    draft.waitsForTown = position.seq;
    return undefined;
  }
  if (position.seq > town.seq) {
    // Nobody can name a link that is still to come: what a fresh read does not contain is void for all.
    if (townReadFor !== draft.cursor + 1) draft.waitsForTown = position.seq;
    return undefined;
  }
  // Named by one who lags behind our own joining: the others can check it, and it is no later than that.
  if (position.seq < town.since) return position.seq;
  const link = town.linkAt(position.seq);
  return link !== undefined && equalBytes(link, position.chain) ? position.seq : undefined;
}

function isLawful(draft: IngestDraft, group: Group, summary: CommitSummary, position: number): boolean {
  return isLawfulCommit(
    {
      committer: leafOf(summary.committer),
      added: summary.added.map(leafOf),
      removed: summary.removed.map((member) => ({ leaf: member.leaf, ...leafOf(member) })),
      changesContext: summary.context !== undefined,
    },
    group.leaves,
    draft.targetAt(position),
    draft.fold,
    position,
  );
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
