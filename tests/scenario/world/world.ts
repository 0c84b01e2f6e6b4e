/**
 * A town in one process and in one order: the real engines, the real relay, and around them a network,
 * clocks, disks and people that one number decides. Nothing in it sleeps and nothing waits for the
 * platform, so the same number gives the same run, byte for byte.
 */
import { createHash } from 'node:crypto';
import { bytesToHex } from '../../../src/lib/bytes';
import type { MemoryLogs } from '../../../server/stores/memoryLogStore';
import { NOBODY_BETWEEN, type Between } from './between';
import { Confirmation } from './confirmation';
import { Dice } from './dice';
import { Oracle } from './oracle';
import type { Plan } from './plan';
import { Scheduler } from './scheduler';
import { copyLogs, openDisk, type StoreKind } from './stores';
import { WorldDevice } from './worldDevice';
import { WorldRelay } from './worldRelay';
import type { MemorySnapshot } from '../../../src/vault/memoryStore';

/** A town at a moment: its disks and its relay. */
export interface TownSnapshot {
  readonly now: number;
  readonly disks: readonly MemorySnapshot[];
  readonly logs: MemoryLogs;
}

export type WorldOptions = Pick<Plan, 'seed' | 'store' | 'hasSlowVaults' | 'slowness'>;

export class World {
  readonly seed: number;
  readonly storeKind: StoreKind;
  readonly hasSlowVaults: boolean;
  readonly slowness: number;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  /** The relay's database, while it is the memory's. */
  readonly logs: MemoryLogs;
  readonly relay: WorldRelay;
  readonly devices: WorldDevice[] = [];
  readonly oracle: Oracle;
  readonly confirmation: Confirmation;
  between: Between = NOBODY_BETWEEN;
  boardsOpened = 0;
  busyUntil = 0;
  readonly lines: string[] = [];

  private constructor(
    options: WorldOptions,
    logs: MemoryLogs,
    now: number,
    relay: (scheduler: Scheduler) => WorldRelay,
  ) {
    this.logs = logs;
    this.seed = options.seed;
    this.storeKind = options.store;
    this.hasSlowVaults = options.hasSlowVaults;
    this.slowness = options.slowness;
    this.scheduler = new Scheduler(now);
    this.dice = new Dice(options.seed, 2);
    this.relay = relay(this.scheduler);
    this.oracle = new Oracle(this);
    this.confirmation = new Confirmation(this);
  }

  static async open(options: WorldOptions, town: TownSnapshot): Promise<World> {
    const logs = copyLogs(town.logs);
    const disk = openDisk(options.store, logs);
    const world = new World(options, logs, town.now, (scheduler) => new WorldRelay(scheduler, disk));
    await world.relay.start();
    for (const disk of town.disks) world.addDevice(disk);
    return world;
  }

  addDevice(disk?: MemorySnapshot): WorldDevice {
    const device = new WorldDevice(this, this.devices.length, disk);
    this.devices.push(device);
    return device;
  }

  /** Devices at which a person of the town could sit down now. */
  seated(): readonly WorldDevice[] {
    return this.devices.filter((device) => device.client !== undefined && device.isInTown);
  }

  log(line: string): void {
    this.lines.push(`${this.scheduler.now - START} ${line}`);
  }

  get fingerprint(): string {
    const hash = createHash('sha256');
    for (const line of this.lines) hash.update(line).update('\n');
    return bytesToHex(hash.digest());
  }

  later(ms: number, run: () => void | Promise<void>): void {
    this.scheduler.in(ms, run);
  }

  /** The day is not over before that has happened. */
  onThisDay(ms: number, run: () => void | Promise<void>): void {
    this.busyUntil = Math.max(this.busyUntil, this.scheduler.now + ms + 1_000);
    this.scheduler.in(ms, run);
  }

  /** Up to so many milliseconds from now. */
  async run(ms: number): Promise<void> {
    const end = this.scheduler.now + ms;
    while (await this.scheduler.step(end)) this.oracle.look();
  }

  /** What people do when something is broken: they wait, charge, connect, make room. */
  async heal(): Promise<void> {
    this.log('healing');
    this.between = NOBODY_BETWEEN;
    this.relay.isFull = false;
    if (!this.relay.isUp) await this.relay.start();
    for (const device of this.devices) {
      device.isDiskFull = false;
      // Whoever sets the clock opens the app anew; its line breaks.
      if (device.skew !== 0) for (const wire of device.wires) wire.cut();
      device.skew = 0;
      device.setTrap(undefined);
      device.wakeSleepers();
      await device.open();
      device.goOnline();
    }
  }
}

/** A day in November. */
export const START = 1_795_000_000_000;
