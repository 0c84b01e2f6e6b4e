/**
 * Which devices belong into a conversation's group, and whether a commit moves towards that
 * (SPEC G5–G9). Pure: the same answer on every device.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { isReturning, openReturn, type Returns } from './back';
import { allDevicesAt, hasLostMail, type Directory, type DirectoryDevice } from './directory';
import type { DeviceId, PersonId } from './ids';
import type { Silent } from './welcomes';

export interface Leaf {
  readonly leaf: number;
  readonly device: DeviceId;
  readonly signatureKey: Bytes;
}

/** What a fold says of leaves that are to go and to come anew, though their devices belong. */
export interface Renewals {
  readonly returns?: Returns;
  readonly silent?: Silent;
}

/** `roster` undefined: the town itself, where every valid device belongs. */
export function targetDevices(
  directory: Directory,
  roster: readonly PersonId[] | undefined,
  seq: number,
): ReadonlyMap<DeviceId, DirectoryDevice> {
  const persons = roster && new Set(roster);
  const devices = allDevicesAt(directory, seq).filter(({ person }) => persons?.has(person) ?? true);
  return new Map(devices.map((device) => [device.facts.id, device]));
}

export interface Correction {
  readonly add: readonly DirectoryDevice[];
  readonly remove: readonly Leaf[];
}

export function correctionOf(
  leaves: readonly Leaf[],
  target: ReadonlyMap<DeviceId, DirectoryDevice>,
  renewals: Renewals = {},
  seq = 0,
): Correction {
  const present = new Set(leaves.map((leaf) => leaf.device));
  return {
    add: [...target.values()].filter((device) => !present.has(device.facts.id)),
    remove: leaves.filter((leaf) => mayGo(leaf, target, renewals, seq)),
  };
}

/** SPEC J7: its Welcome was lost, as far as anybody in the group can know at this position of the town. */
export function isUnwelcomed(
  { device }: { readonly device: DeviceId },
  record: DirectoryDevice | undefined,
  silent: Silent = {},
  seq: number,
): boolean {
  const since = silent[device];
  return since !== undefined && hasLostMail(record, since, seq);
}

function mayGo(
  leaf: Leaf,
  target: ReadonlyMap<DeviceId, DirectoryDevice>,
  { returns, silent }: Renewals,
  seq: number,
): boolean {
  return (
    !isTarget(leaf, target) ||
    isReturning(returns, leaf) ||
    isUnwelcomed(leaf, target.get(leaf.device), silent, seq)
  );
}

export interface JudgedCommit {
  readonly committer: Omit<Leaf, 'leaf'>;
  readonly added: readonly Omit<Leaf, 'leaf'>[];
  readonly removed: readonly Leaf[];
  readonly changesContext: boolean;
}

/**
 * True when the commit is made by one who belongs, adds only who belongs, and removes only who does not, has
 * asked to be taken back, or has lost its Welcome. `seq`: the position it names.
 */
export function isLawfulCommit(
  commit: JudgedCommit,
  leaves: readonly Leaf[],
  target: ReadonlyMap<DeviceId, DirectoryDevice>,
  renewals: Renewals = {},
  seq = 0,
): boolean {
  if (commit.changesContext) return false;
  const present = new Set(leaves.map((leaf) => leaf.device));
  return (
    isTarget(commit.committer, target) &&
    commit.added.every((leaf) => isTarget(leaf, target) && !present.has(leaf.device)) &&
    commit.removed.every((leaf) => mayGo(leaf, target, renewals, seq))
  );
}

/** With the package it has asked to be taken back with; else the one of the directory. */
export function keyPackagesFor(device: DirectoryDevice, returns: Returns | undefined): readonly Bytes[] {
  const { id, keyPackage, signatureKey } = device.facts;
  const asked = openReturn(returns, { device: id, signatureKey });
  return asked?.keyPackage === undefined ? [keyPackage] : [asked.keyPackage, keyPackage];
}

function isTarget(leaf: Omit<Leaf, 'leaf'>, target: ReadonlyMap<DeviceId, DirectoryDevice>): boolean {
  const device = target.get(leaf.device);
  return device !== undefined && equalBytes(device.facts.signatureKey, leaf.signatureKey);
}
