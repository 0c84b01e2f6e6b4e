/** Who is in a world's town and its logs, as far as anybody knows, and what the relay has of them. */
import { bytesToHex } from '../../../../src/lib/bytes';
import { allDevicesAt, holdsAt, isAdminAt, type Directory } from '../../../../src/domain/directory';
import { idToBytes, type DeviceId, type LogId } from '../../../../src/domain/ids';
import { continuationOf } from '../../../../src/domain/succession';
import type { Engine } from '../../../../src/engine/engine';
import { TOWN_LOG } from '../../../../src/records/keys';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';

export type Member = readonly [WorldDevice, LogRunner];

export interface Reference {
  readonly engine: Engine;
  readonly directory: Directory;
  readonly seq: number;
}

export class Census {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async headOf(log: LogId): Promise<number> {
    const states = await this.#world.relay.store.watch([{ log: idToBytes(log), afterPut: Infinity }]);
    return states.ok ? (states.value[0]?.head ?? 0) : 0;
  }

  /** Whoever speaks as this device: more than one when its profile was copied. */
  holdersOf(id: DeviceId): readonly WorldDevice[] {
    return this.#world.devices.filter((device) => device.deviceId === id);
  }

  /** The device that has folded most of the town, if it has folded all; else why there is none. */
  async reference(): Promise<Reference | string> {
    const best = this.#farthest();
    const town = best?.runners.get(TOWN_LOG);
    if (best === undefined || town === undefined) return 'nobody is in the town';
    if (best.townSeq() < (await this.headOf(town.log))) return 'nobody has read the town';
    return { engine: best, directory: best.directory(), seq: best.townSeq() };
  }

  #farthest(): Engine | undefined {
    let best: Engine | undefined;
    for (const { engine } of this.#world.devices)
      if (engine !== undefined && (best === undefined || isFarther(engine, best))) best = engine;
    return best;
  }

  /** In the town as far as anybody knows. */
  isValid(engine: Engine): boolean {
    const best = this.#farthest() ?? engine;
    const device = best.directory().devices[engine.identity?.device ?? ('' as DeviceId)];
    return device !== undefined && holdsAt(device, best.townSeq());
  }

  conversationLogs(): ReadonlySet<LogId> {
    const logs = new Set<LogId>();
    for (const { engine } of this.#world.devices)
      for (const runner of engine?.conversations() ?? []) logs.add(runner.log);
    return logs;
  }

  membersOf(log: LogId): readonly Member[] {
    return this.#world.devices.flatMap((device) => {
      const { engine } = device;
      const runner = engine !== undefined && this.isValid(engine) ? engine.runnerOf(log) : undefined;
      if (runner?.state.progress.isMember !== true || isEnded(device, log)) return [];
      return this.isPutOutUnheard(device, runner) ? [] : [[device, runner] as const];
    });
  }

  /**
   * It has lost its place there, or waits for what continues it, and was put out before it came back: nobody takes
   * it back, and it cannot read why.
   */
  isPutOutUnheard({ engine }: WorldDevice, { state: { core, progress }, lost }: LogRunner): boolean {
    const person = engine?.identity?.person;
    if (engine === undefined || person === undefined) return false;
    const isWaiting = core.continues !== undefined && !progress.isCreated;
    const next = isWaiting ? continuationOf(engine.directory(), core.continues.log).next : undefined;
    const log = lost === 'group' ? core.log : next?.log;
    return this.#world.devices.some(({ engine: other }) => {
      const runner = log === undefined ? undefined : other?.runnerOf(log);
      const fold = runner?.state.fold;
      const isHeld = runner?.lost === undefined && runner?.state.progress.isMember === true;
      return isHeld && fold?.type === 'conversation' && fold.conversation.roster[person] === undefined;
    });
  }

  isMember(device: WorldDevice, log: LogId): boolean {
    return this.membersOf(log).some(([member]) => member === device);
  }

  /** A member that has read the log to its head. */
  async referenceIn(log: LogId): Promise<LogRunner | undefined> {
    const head = await this.headOf(log);
    return this.membersOf(log)
      .map(([, runner]) => runner)
      .find(({ state }) => state.progress.cursor >= head && state.progress.isCreated);
  }

  /** K8. */
  async arePassesRight(directory: Directory, seq: number): Promise<boolean> {
    const passes = await this.#world.relay.store.passes();
    const held = (passes.ok ? passes.value : [])
      .map(({ key, isAdmin }) => `${bytesToHex(key)} ${isAdmin}`)
      .sort();
    const due = allDevicesAt(directory, seq)
      .map(({ facts, person }) => `${bytesToHex(facts.relayKey)} ${isAdminAt(directory, person, seq)}`)
      .sort();
    return held.join() === due.join();
  }
}

/** It has found that a copy of its profile has taken its place there, or in the town and so everywhere (SPEC B7). */
export function isEnded({ engine }: WorldDevice, log: LogId): boolean {
  const runners = [engine?.runners.get(TOWN_LOG), engine?.runnerOf(log)];
  return runners.some((runner) => runner?.state.progress.isCopied === true);
}

/** A later generation's log begins anew, and counts from there. */
function isFarther(one: Engine, other: Engine): boolean {
  return one.generation === other.generation
    ? one.townSeq() > other.townSeq()
    : one.generation > other.generation;
}
