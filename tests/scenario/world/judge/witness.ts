/** What each device was seen to hold of each log, step by step: for whatever is judged later. */
import type { LogId } from '../../../../src/domain/ids';
import { generationOfOrder, generationOrder, seqOfOrder } from '../../../../src/records/keys';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { Group, LogState } from '../../../../src/sync/logState';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';

export interface Seen {
  state: LogState | undefined;
  group: Group | undefined;
  line: string;
  /** The highest cursor it ever had: a power cut may have taken it back since. */
  farthest: number;
  /** In that state it waited to be taken back. */
  wasLost: boolean;
  /** Ever a member, as far as its vault remembers. */
  hasBeenIn: boolean;
  readonly groups: Group[];
}

/** A conversation on a device, in one of the town's generations. */
interface Era {
  /** The seq it came in with, 0 for whoever founded it. */
  joinedAt: number;
  /** Taken back in (SPEC B): of what lies behind the one and up to the other, only texts were handed over. */
  readonly holes: { readonly after: number; readonly upTo: number }[];
  /** It was in what this log continues. */
  readonly continues: boolean;
}

/** What a device's vault remembers of its places at a moment. */
export interface Memory {
  readonly eras: ReadonlyMap<string, Era>;
  readonly logs: readonly LogId[];
}

/** Groups a device has held, kept to try them on what was not meant for it. */
const GROUPS_KEPT = 4;

export class Witness {
  readonly #world: World;
  readonly #seen = new Map<string, Seen>();
  /** By device, conversation and generation. */
  #eras = new Map<string, Era>();
  /** Last commit in force that took a device's leaf away, by `log/device`. */
  readonly removedAt = new Map<string, number>();
  /** Last commit in force that brought a leaf of a device in. */
  readonly addedAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  of(device: WorldDevice, log: LogId): Seen | undefined {
    return this.#seen.get(placeOf(device, log));
  }

  joinedAt(device: WorldDevice, { state }: LogRunner): number {
    return this.#eras.get(eraOf(device, state.number, state.core.generation ?? 0))?.joinedAt ?? 0;
  }

  /** The seq it came in with last: it may have been out before, and have heard of both at once. */
  lastInAt(device: WorldDevice, { state }: LogRunner): number {
    const era = this.#eras.get(eraOf(device, state.number, state.core.generation ?? 0));
    return Math.max(era?.joinedAt ?? 0, ...(era?.holes ?? []).map(({ upTo }) => upTo));
  }

  /** Whether it must have what stands there: it was in, or it was handed over. */
  isEntitled(device: WorldDevice, number: number, order: number, isText: boolean): boolean {
    const generation = generationOfOrder(order);
    const era = this.#eras.get(eraOf(device, number, generation));
    if (era === undefined || order === generationOrder(generation)) return false;
    const seq = seqOfOrder(order, generation);
    // What was said between a log's beginning and one's own coming over is handed over like what was before.
    if (seq <= era.joinedAt) return era.continues && isText;
    return isText || !era.holes.some(({ after, upTo }) => after < seq && seq <= upTo);
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
      seen = {
        state: undefined,
        group: undefined,
        line: '',
        farthest: 0,
        hasBeenIn: false,
        wasLost: false,
        groups: [],
      };
      this.#seen.set(key, seen);
    }
    if (state === seen.state) return;

    seen.farthest = Math.max(seen.farthest, progress.cursor);
    const isIn = isInside(state);
    seen.hasBeenIn ||= isIn;
    if (isIn && runner.isConversation) this.#noteEra(device, state, seen);
    // A power cut took a commit back that is read again: nobody is removed by that.
    const isBack = progress.lastCommit < (seen.state?.progress.lastCommit ?? 0);
    seen.state = state;
    seen.wasLost = runner.lost === 'group';
    this.#noteLine(device, runner, seen, isIn);
    if (group === seen.group || group === undefined) return;
    const before = seen.group;
    seen.group = group;
    seen.groups.push(group);
    if (seen.groups.length > GROUPS_KEPT) seen.groups.shift();
    if (before === undefined || isBack) return;
    noteGone(this.removedAt, runner, before, group);
    noteGone(this.addedAt, runner, group, before);
  }

  #noteEra(device: WorldDevice, { number, core, progress }: LogState, { state: last, wasLost }: Seen): void {
    if (core.continues !== undefined && !progress.isCreated) return;
    const generation = core.generation ?? 0;
    const key = eraOf(device, number, generation);
    // The first link is the founding's, or the one that came with the Welcome.
    const first = progress.links[0]?.[0] ?? progress.cursor;
    const era = this.#eras.get(key);
    const wasIn = last?.progress.isMember === true && last.progress.isCreated;
    if (era !== undefined && wasIn && first <= last.progress.cursor) return;
    // Its vault went back to where this was so already.
    if (
      last === undefined &&
      (era?.joinedAt === first || era?.holes.some(({ upTo }) => upTo === first) === true)
    )
      return;
    // Whoever was out comes in anew, also when the removal was read in the same breath.
    if (era !== undefined && wasIn && wasLost) {
      const after = Math.min(last.progress.suspect?.commit ?? Infinity, last.progress.cursor);
      era.holes.push({ after, upTo: first });
    } else {
      const joinedAt = first === 1 ? (era?.joinedAt ?? 0) : first;
      const isSame = era?.joinedAt === joinedAt;
      if (!isSame) this.#eras.set(key, { joinedAt, holes: [], continues: core.continues !== undefined });
    }
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

  // ---- profiles that go back, or are copied ------------------------------------------------------

  memoryOf(device: WorldDevice): Memory {
    const own = `${device.index}#`;
    const eras = new Map<string, Era>();
    for (const [key, era] of this.#eras)
      if (key.startsWith(own)) eras.set(key.slice(own.length), { ...era, holes: [...era.holes] });
    const logs = [...this.#seen]
      .filter(([place, { hasBeenIn }]) => place.startsWith(`${device.index}/`) && hasBeenIn)
      .map(([place]) => logAt(place));
    return { eras, logs };
  }

  /** The device's vault is now as it was then. What it could open and had read, it still once had. */
  remembers(device: WorldDevice, { eras, logs }: Memory): void {
    const own = `${device.index}#`;
    this.#eras = new Map([...this.#eras].filter(([key]) => !key.startsWith(own)));
    for (const [key, era] of eras) this.#eras.set(own + key, { ...era, holes: [...era.holes] });
    for (const [place, seen] of this.#seen) {
      if (!place.startsWith(`${device.index}/`)) continue;
      seen.state = undefined;
      seen.group = undefined;
      seen.hasBeenIn = logs.includes(logAt(place));
    }
  }
}

/** Of the devices with a leaf in the one group, those that have none in the other. */
function noteGone(at: Map<string, number>, { log, state }: LogRunner, from: Group, to: Group): void {
  const leaves = new Set(to.leaves.map(({ device }) => device));
  for (const { device } of from.leaves)
    if (!leaves.has(device)) at.set(`${log}/${device}`, state.progress.lastCommit);
}

/** A log on a device. */
export function placeOf(device: WorldDevice, log: LogId): string {
  return `${device.index}/${log}`;
}

export function logAt(place: string): LogId {
  return place.slice(place.indexOf('/') + 1) as LogId;
}

function eraOf(device: WorldDevice, number: number, generation: number): string {
  return `${device.index}#${number}#${generation}`;
}

function isInside({ progress, group, core }: LogState): boolean {
  return progress.isMember && (group !== undefined || core.kind === 'mailbox');
}
