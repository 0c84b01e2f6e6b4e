/** A log as the engine holds it while it runs: the vault's parts, opened, with the group decoded. */
import type { Bytes } from '../lib/bytes';
import { bytesToHex } from '../lib/bytes';
import { ok, type Result } from '../lib/result';
import type { GroupCrypto, GroupFailure, GroupState } from '../crypto/group';
import { importSealKey } from '../crypto/seal';
import type { Leaf } from '../domain/target';
import type { DeviceId } from '../domain/ids';
import type { Flight, Fold, FollowUps, LogCore, PendingCommit, Progress } from '../records/logRecords';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';

export interface LogState {
  readonly number: number;
  readonly core: LogCore;
  readonly progress: Progress;
  readonly group: Group | undefined;
  readonly fold: Fold;
  readonly flight: Flight | undefined;
  readonly pendingCommit: PendingCommit | undefined;
  readonly followUps: FollowUps;
}

/** The current epoch: the only one whose keys this device needs (SPEC G1). */
export interface Group {
  readonly state: GroupState;
  readonly tag: Bytes;
  readonly key: CryptoKey;
  readonly leaves: readonly Leaf[];
}

export async function groupOf(groups: GroupCrypto, state: GroupState): Promise<Group> {
  const [tag, key] = await Promise.all([
    groups.exportSecret(state, 'depesche/epoch-tag/1', EPOCH_TAG_BYTES),
    groups.exportSecret(state, 'depesche/entry/1', 32),
  ]);
  return {
    state,
    tag: new Uint8Array(tag.expose()),
    key: await importSealKey(key),
    leaves: groups.members(state).map((member) => ({
      leaf: member.leaf,
      device: bytesToHex(member.device) as DeviceId,
      signatureKey: member.signatureKey,
    })),
  };
}

export async function decodeGroup(
  groups: GroupCrypto,
  bytes: Uint8Array | undefined,
): Promise<Result<Group | undefined, GroupFailure>> {
  if (bytes === undefined) return ok(undefined);
  const state = groups.decode(bytes);
  return state.ok ? ok(await groupOf(groups, state.value)) : state;
}

/** Behind it stands what was sealed to an epoch that this device does not have, if it suspects so (SPEC B1). */
export function readableUpTo({ cursor, suspect }: Progress): number {
  return Math.min(cursor, suspect?.commit ?? cursor);
}

export const ZERO_CHAIN: Bytes = new Uint8Array(32);

export const FRESH_PROGRESS: Progress = {
  isCreated: false,
  cursor: 0,
  chain: ZERO_CHAIN,
  lastCommit: 0,
  links: [],
  counters: {},
  nextCounter: 1,
  position: 0,
  leafRenewedAt: 0,
  isMember: true,
  trouble: 'none',
  fork: undefined,
  suspect: undefined,
  skipped: undefined,
  isCopied: false,
  redacted: 0,
  wasRedacted: false,
  tail: [],
  lastOrder: 0,
  readUpTo: 0,
  unread: 0,
  preview: undefined,
  isPinned: false,
  isMuted: false,
  isArchived: false,
  receipts: {},
  putCursor: 0,
};
