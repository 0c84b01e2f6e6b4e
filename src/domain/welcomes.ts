/**
 * Newcomers whose Welcome is still owed to them (SPEC J6). Only the device whose commit added them can send
 * it; when that one is put out of the group first, everybody knows who was left waiting, and they are added
 * anew. So are those who say in the town that mail to them was lost, and have not been heard in the group since
 * they were added (SPEC J7). Pure: what is owed, and who is silent, stands in the fold, the same on every device.
 */
import { returnKey, type Return, type Returns } from './back';
import type { DeviceId } from './ids';

/** By `returnKey` of the newcomer: the device that added it, and the seq of its commit. */
export type Owed = Readonly<Record<string, { readonly by: DeviceId; readonly seq: number }>>;

/** By device: the position that the commit named which added it. Absent once it was heard. */
export type Silent = Readonly<Record<DeviceId, number>>;

interface Named {
  readonly device: DeviceId;
  readonly signatureKey: Uint8Array;
}

export interface CommitInForce {
  readonly by: DeviceId;
  readonly seq: number;
  readonly position: number;
  readonly added: readonly Named[];
  readonly removed: readonly Named[];
}

export function owedAfterCommit(owed: Owed, { by, seq, added, removed }: CommitInForce): Owed {
  if (added.length + removed.length === 0) return owed;
  const gone = new Set(removed.map(returnKey));
  const kept = Object.entries(owed).filter(([name]) => !gone.has(name));
  return Object.fromEntries([...kept, ...added.map((leaf) => [returnKey(leaf), { by, seq }] as const)]);
}

/** Who commits is heard as well as who writes. */
export function silentAfterCommit(silent: Silent, { by, position, added, removed }: CommitInForce): Silent {
  const gone = new Set([by, ...removed.map(({ device }) => device)]);
  const kept = without(silent, (device) => gone.has(device as DeviceId));
  if (added.length === 0) return kept;
  return { ...kept, ...Object.fromEntries(added.map(({ device }) => [device, position])) };
}

export function silentAfterWord(silent: Silent, device: DeviceId): Silent {
  return without(silent, (name) => name === device);
}

/** `devices` have their Welcome, says the one that owed it. */
export function owedAfterWelcome(owed: Owed, by: DeviceId, devices: readonly DeviceId[]): Owed {
  const told = new Set(devices);
  return without(owed, (name, debt) => debt.by === by && told.has(deviceOf(name)));
}

/** Whoever writes has been let in. */
export function owedAfterWord(owed: Owed, device: DeviceId): Owed {
  return without(owed, (name) => deviceOf(name) === device);
}

/** Due to be removed and added again because nobody can send its Welcome, unless it writes first. */
export function isOrphan(returns: Returns | undefined, leaf: Named): boolean {
  return isOrphaned(returns?.[returnKey(leaf)]);
}

export function hasOrphans(returns: Returns | undefined): boolean {
  return Object.values(returns ?? {}).some(isOrphaned);
}

function isOrphaned(found: Return | undefined): boolean {
  return found?.open !== undefined && found.open.keyPackage === undefined && !found.open.isOut;
}

/** An orphan that writes has been let in. */
export function returnsAfterWord(returns: Returns, leaf: Named): Returns {
  const found = returns[returnKey(leaf)];
  if (found === undefined || !isOrphan(returns, leaf)) return returns;
  return { ...returns, [returnKey(leaf)]: { ...found, open: undefined } };
}

/** Those owed by nobody who is still there are due to be removed and added again, as if they had asked (SPEC B4). */
export function orphansReturn(
  owed: Owed,
  returns: Returns,
  leaves: readonly Named[],
): { readonly owed: Owed; readonly returns: Returns } {
  const present = new Set(leaves.map(({ device }) => device));
  const orphans = Object.entries(owed).filter(([, { by }]) => !present.has(by));
  if (orphans.length === 0) return { owed, returns };
  const names = new Set(orphans.map(([name]) => name));
  const due = orphans
    .filter(([name]) => returns[name]?.open === undefined)
    .map(([name, { seq }]) => {
      const open = { keyPackage: undefined, seq, isOut: false };
      return [name, { at: returns[name]?.at ?? 0, open }] as const;
    });
  return {
    owed: without(owed, (name) => names.has(name)),
    returns: { ...returns, ...Object.fromEntries(due) },
  };
}

/** Whom this device owes a Welcome. */
export function owedBy(owed: Owed, by: DeviceId): readonly DeviceId[] {
  return Object.entries(owed)
    .filter(([, debt]) => debt.by === by)
    .map(([name]) => deviceOf(name));
}

function without<V>(
  all: Readonly<Record<string, V>>,
  isSettled: (name: string, value: V) => boolean,
): Readonly<Record<string, V>> {
  const entries = Object.entries(all);
  const kept = entries.filter(([name, value]) => !isSettled(name, value));
  return kept.length === entries.length ? all : Object.fromEntries(kept);
}

function deviceOf(name: string): DeviceId {
  return name.split(':', 1)[0] as DeviceId;
}
