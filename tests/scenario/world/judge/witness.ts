/** What each device was seen to hold of each log, step by step: for whatever is judged later. */
import type { LogId } from '../../../../src/domain/ids';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { Group, LogState } from '../../../../src/sync/logState';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';

export interface Seen {
  state: LogState | undefined;
  group: Group | undefined;
  line: string;
  joinedAt: number;
  /** The highest cursor it ever had: a power cut may have taken it back since. */
  farthest: number;
  readonly groups: Group[];
}

/** Groups a device has held, kept to try them on what was not meant for it. */
const GROUPS_KEPT = 4;

export class Witness {
  readonly #world: World;
  readonly #seen = new Map<string, Seen>();
  /** Last commit in force that took a device's leaf away, by `log/device`. */
  readonly removedAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  of(device: WorldDevice | undefined, log: LogId): Seen | undefined {
    return device === undefined ? undefined : this.#seen.get(placeOf(device, log));
  }

  /** By `placeOf`. */
  at(place: string): Seen | undefined {
    return this.#seen.get(place);
  }

  look(): void {
    for (const device of this.#world.devices)
      for (const runner of device.engine?.runners.values() ?? []) this.#lookAt(device, runner);
  }

  #lookAt(device: WorldDevice, runner: LogRunner): void {
    const { state } = runner;
    const { group, progress } = state;
    const key = placeOf(device, runner.log);
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      seen = { state: undefined, group: undefined, line: '', joinedAt: 0, farthest: 0, groups: [] };
      this.#seen.set(key, seen);
    }
    if (state === seen.state) return;
    seen.state = state;
    seen.farthest = Math.max(seen.farthest, progress.cursor);
    const isIn = progress.isMember && (group !== undefined || state.core.kind === 'mailbox');
    // The first link is the founding's, or the one that came with the Welcome.
    const first = progress.links[0]?.[0] ?? progress.cursor;
    if (isIn && first !== 1) seen.joinedAt = first;
    this.#noteLine(device, runner, seen, isIn);
    if (group === seen.group || group === undefined) return;
    const before = seen.group;
    seen.group = group;
    seen.groups.push(group);
    if (seen.groups.length > GROUPS_KEPT) seen.groups.shift();
    if (before === undefined) return;
    const leaves = new Set(group.leaves.map(({ device: id }) => id));
    for (const { device: id } of before.leaves)
      if (!leaves.has(id)) this.removedAt.set(`${runner.log}/${id}`, progress.lastCommit);
  }

  /** Into the world's log: where each log stands on each device. */
  #noteLine(device: WorldDevice, runner: LogRunner, seen: Seen, isIn: boolean): void {
    const { progress, fold, group, flight, pendingCommit, followUps } = runner.state;
    const roster = fold.type === 'conversation' ? Object.keys(fold.conversation.roster).length : '-';
    const line = [
      `${runner.log.slice(0, 8)} ${isIn ? 'in' : 'out'} @${progress.cursor}`,
      `roster ${roster} leaves ${group?.leaves.length ?? 0} flight ${flight?.envelopes.length ?? 0}`,
      `commit ${pendingCommit === undefined ? 0 : 1} mails ${followUps.mails.length} ${progress.trouble}`,
    ].join(' ');
    if (line !== seen.line) device.log(line);
    seen.line = line;
  }
}

/** A log on a device. */
export function placeOf(device: WorldDevice, log: LogId): string {
  return `${device.index}/${log}`;
}
