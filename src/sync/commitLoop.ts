/**
 * When the group's leaves differ from who belongs, somebody commits (SPEC G5–G11). Who and when is
 * decided here; that exactly one wins is the relay's order, and that the winner knows is ingest's.
 */
import { ok, type Result } from '../lib/result';
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { CommitRequest, GroupCrypto, GroupFailure, GroupSelf } from '../crypto/group';
import { sha256 } from '../crypto/hash';
import { openReturn } from '../domain/back';
import type { DeviceFacts } from '../domain/body';
import type { Directory, DirectoryDevice } from '../domain/directory';
import type { DeviceId, PersonId } from '../domain/ids';
import { encodePosition, type Position } from '../domain/position';
import { correctionOf, targetDevices, type Correction, type Leaf } from '../domain/target';
import { encodeCbor } from '../protocol/codec';
import type { PendingCommit } from '../records/logRecords';
import { envelopeIdOf, sealCommit } from './entrySeal';
import type { Group, LogState } from './logState';

const DAY_MS = 86_400_000;
/** Ranks wait this long for those before them (protocol.md 3). */
export const RANK_WAIT_MS = 3_000;

/** `directory` and position as this device has folded them now. */
export function dueCorrection(state: LogState, directory: Directory, townSeq: number): Correction {
  if (state.group === undefined) return { add: [], remove: [] };
  const isTown = state.fold.type === 'town';
  const roster =
    state.fold.type === 'town' ? undefined : (Object.keys(state.fold.conversation.roster) as PersonId[]);
  // Before its founding entry is in the log, nobody can say who belongs.
  const isFounded = isTown ? Object.keys(directory.persons).length > 0 : roster?.length !== 0;
  if (!isFounded) return { add: [], remove: [] };
  const seq = isTown ? state.progress.cursor + 1 : townSeq;
  return correctionOf(state.group.leaves, targetDevices(directory, roster, seq), state.fold, seq);
}

/**
 * Milliseconds to wait before this device corrects: nothing for whoever caused it, else by rank, so
 * that not all members commit at once. SHA-256(position, leaf) orders them anew for each epoch.
 */
export function correctionWait(group: Group, self: DeviceId, cursor: number, isOwnChange: boolean): number {
  if (isOwnChange) return 0;
  const ranks = group.leaves
    .map((leaf) => ({ device: leaf.device, rank: bytesToHex(sha256(encodeCbor([cursor, leaf.leaf]))) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return (1 + ranks.findIndex(({ device }) => device === self)) * RANK_WAIT_MS;
}

/** A device that sends renews its leaf when it is older than this; large groups less often. */
export function isLeafOld(group: Group, renewedAt: number, now: number): boolean {
  const size = group.leaves.length;
  const days = size > 100 ? 30 : size > 20 ? 7 : 1;
  // A leaf renewed in the future was renewed by a wrong clock.
  return size > 1 && Math.abs(now - renewedAt) > days * DAY_MS;
}

export async function prepareCommit(
  groups: GroupCrypto,
  self: GroupSelf,
  state: LogState,
  group: Group,
  correction: Correction,
  position: Position,
): Promise<Result<PendingCommit, GroupFailure>> {
  const isTown = state.fold.type === 'town';
  const authenticatedData = isTown ? encodeCbor([]) : encodePosition(position);
  const change = changeOf(correction);
  const isAnyLifetime = !judgesLifetimes(state);
  const request = { ...change.request, isAnyLifetime, authenticatedData };
  const prepared = await groups.commit(group.state, self, request);
  if (!prepared.ok) return prepared;
  const envelope = await sealCommit(state.core.log, group, prepared.value.commit);
  return ok({
    envelope,
    envelopeId: envelopeIdOf(envelope),
    state: groups.encode(prepared.value.pending),
    afterCommit: state.progress.lastCommit,
    position: isTown ? state.progress.cursor + 1 : position.seq,
    welcome: prepared.value.welcome,
    welcomed: change.added.map(({ facts }) => ({
      device: facts.id,
      mailbox: facts.mailbox,
      since: sinceOf(state, facts),
    })),
  });
}

/** From where on a device that comes back has something else than we, or nothing (SPEC B5). */
function sinceOf({ fold, progress }: LogState, { id, signatureKey }: DeviceFacts): number | undefined {
  const asked = openReturn(fold.returns, { device: id, signatureKey });
  if (asked === undefined) return undefined;
  const { seq, place } = asked;
  const ours = progress.links.find(([known]) => known === place?.seq)?.[1];
  const isFork = place !== undefined && ours !== undefined && !equalBytes(place.chain, ours);
  return isFork ? 0 : seq;
}

/**
 * A town that goes on at another relay takes everybody along: whoever is not in it yet has no way to bring
 * another package, so whatever its date, the one we have must do (SPEC G9).
 */
export function judgesLifetimes({ core, fold }: LogState): boolean {
  return fold.type !== 'town' || (core.generation ?? 0) === 0;
}

/** Packages that are broken, of another device than the directory says, or out of their lifetime now. */
export async function unfitPackages(
  groups: GroupCrypto,
  correction: Correction,
  now: number,
  isTimed = true,
): Promise<readonly Bytes[]> {
  if (correction.remove.length > 0) return [];
  const unfit: Bytes[] = [];
  for (const { facts } of correction.add) {
    const parsed = await groups.parseKeyPackage(facts.keyPackage);
    const isFit =
      parsed.ok &&
      bytesToHex(parsed.value.device) === facts.id &&
      equalBytes(parsed.value.signatureKey, facts.signatureKey) &&
      (!isTimed || (parsed.value.notBefore <= now && now <= parsed.value.notAfter));
    if (!isFit) unfit.push(facts.keyPackage);
  }
  return unfit;
}

/** Removals first and alone; then all additions in one batch; neither: an empty commit renews the leaf. */
function changeOf(correction: Correction): {
  readonly request: Omit<CommitRequest, 'authenticatedData'>;
  readonly added: readonly DirectoryDevice[];
} {
  if (correction.remove.length > 0)
    return { request: { remove: correction.remove.map((leaf: Leaf) => leaf.leaf) }, added: [] };
  if (correction.add.length > 0)
    return {
      request: { add: correction.add.map((device) => device.facts.keyPackage) },
      added: correction.add,
    };
  return { request: {}, added: [] };
}
