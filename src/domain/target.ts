/**
 * Which devices belong into a conversation's group, and whether a commit moves towards that
 * (SPEC G5–G9). Pure: the same answer on every device.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { isReturning, openReturn, type Returns } from './back';
import { allDevicesAt, type Directory, type DirectoryDevice } from './directory';
import type { DeviceId, PersonId } from './ids';

export interface Leaf {
  readonly leaf: number;
  readonly device: DeviceId;
  readonly signatureKey: Bytes;
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
  returns?: Returns,
): Correction {
  const present = new Set(leaves.map((leaf) => leaf.device));
  return {
    add: [...target.values()].filter((device) => !present.has(device.facts.id)),
    remove: leaves.filter((leaf) => !isTarget(leaf, target) || isReturning(returns, leaf)),
  };
}

export interface JudgedCommit {
  readonly committer: Omit<Leaf, 'leaf'>;
  readonly added: readonly Omit<Leaf, 'leaf'>[];
  readonly removed: readonly Leaf[];
  readonly changesContext: boolean;
}

/**
 * True when the commit is made by one who belongs, adds only who belongs, and removes only who does not or
 * has asked to be taken back.
 */
export function isLawfulCommit(
  commit: JudgedCommit,
  leaves: readonly Leaf[],
  target: ReadonlyMap<DeviceId, DirectoryDevice>,
  returns?: Returns,
): boolean {
  if (commit.changesContext) return false;
  const present = new Set(leaves.map((leaf) => leaf.device));
  return (
    isTarget(commit.committer, target) &&
    commit.added.every((leaf) => isTarget(leaf, target) && !present.has(leaf.device)) &&
    commit.removed.every((leaf) => !isTarget(leaf, target) || isReturning(returns, leaf))
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
