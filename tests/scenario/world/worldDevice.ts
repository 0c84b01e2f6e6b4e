/**
 * A phone or PC of the world: a disk that stays, engines that come and go on it, one person's tab, a
 * line that may be cut, and a clock that may be wrong.
 */
import type { SealedRecords as Records } from '../../../src/records/sealedRecords';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { seededRandom } from '../../../src/crypto/random';
import { VaultClient } from '../../../src/engine/vaultClient';
import type { DeviceId } from '../../../src/domain/ids';
import type { Engine } from '../../../src/engine/engine';
import type { SocketEvents } from '../../../src/lib/services';
import { createMemoryVault, type MemoryFaults } from '../../../src/vault/memoryVault';
import { MemoryStore, type MemorySnapshot } from '../../../src/vault/memoryStore';
import { fateOf, type AnswerFate, type BadAnswer } from './badAnswers';
import type { BoardSession } from './boardSession';
import { Dice } from './dice';
import { Life, type LifeHost, type Trap } from './life';
import { Wire } from './wire';
import type { World } from './world';

const RESTART_MS = 1_000;
export const ORIGIN = 'http://town.test';

export class WorldDevice {
  readonly world: World;
  readonly index: number;
  readonly name: string;
  readonly dice: Dice;
  store: MemoryStore;
  life: Life | undefined;
  /** Engines that were led past while they slept. */
  readonly sleepers: Life[] = [];
  client: VaultClient | undefined;
  records: Records | undefined;
  isReachable = true;
  isDiskFull = false;
  skew = 0;
  /** Waits for the request whose answer it spoils. */
  badAnswer: BadAnswer | undefined;
  /** The link by which it joins, once it has one. */
  link: string | undefined;
  readonly boards = new Map<number, BoardSession>();
  #lives = 0;
  #isInTown = false;
  #deviceId: DeviceId | undefined;

  constructor(world: World, index: number, snapshot?: MemorySnapshot) {
    this.world = world;
    this.index = index;
    this.name = NAMES[index] ?? `device${index}`;
    this.dice = new Dice(world.seed, 1_000 + index);
    this.store = snapshot === undefined ? new MemoryStore() : MemoryStore.fromSnapshot(snapshot);
  }

  /** The engine, when the person could see it work. */
  get engine(): Engine | undefined {
    return this.life?.awake;
  }

  get isRunning(): boolean {
    return this.life !== undefined && !this.life.isDead;
  }

  now(): number {
    return this.world.scheduler.now + this.skew;
  }

  log(line: string): void {
    this.world.log(`${this.name} ${line}`);
  }

  // ---- life and death ------------------------------------------------------------------------

  /** The app is opened: a tab, and an engine unless one leads already. */
  async open(): Promise<void> {
    if (this.isRunning) return;
    await this.#openTab();
    this.startEngine();
  }

  async #openTab(): Promise<void> {
    const faults: MemoryFaults = { failWrite: () => (this.isDiskFull ? 'storage-full' : undefined) };
    const records = await SealedRecords.over(createMemoryVault({ store: this.store, faults }));
    // A full disk when the first key is to be written: the app does not open.
    if (!records.ok) return;
    this.records = records.value;
    this.client = new VaultClient({
      records: records.value,
      clock: { now: () => this.now(), after: () => () => undefined },
      random: seededRandom(`${this.world.seed}/${this.name}/tab/${this.#lives}`),
      origin: ORIGIN,
      onErased: () => undefined,
    });
  }

  startEngine(): void {
    this.#lives += 1;
    const { world } = this;
    const host: LifeHost = {
      scheduler: world.scheduler,
      store: this.store,
      faults: this.#faults(),
      now: () => this.now(),
      randomSeed: () => `${world.seed}/${this.name}/${this.#lives}`,
      connect: (life, address, events) => this.#connect(life, address, events),
      ended: (life, reason) => {
        this.#ended(life, reason);
      },
      log: (line) => {
        this.log(line);
      },
    };
    this.life = new Life(host);
    this.log(`engine ${this.#lives} starts`);
    this.life.start();
  }

  #faults(): MemoryFaults {
    const isFull = { failWrite: () => (this.isDiskFull ? ('storage-full' as const) : undefined) };
    if (!this.world.hasSlowVaults) return isFull;
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        this.world.scheduler.in(this.dice.below(4), resolve);
      });
    return { ...isFull, pause };
  }

  /** As engine/leader.ts does it: what ended is started again after a second, unless another one leads. */
  #ended(life: Life, reason: string): void {
    this.log(`engine ended: ${reason}`);
    if (this.life !== life) return;
    this.world.scheduler.in(RESTART_MS, () => {
      if (this.life === life && this.client !== undefined) this.startEngine();
    });
  }

  /** The browser dies, tab and engine alike. Of unflushed batches the last `lose` are gone. */
  crash(lose: number): void {
    this.log(`crashes, losing ${Math.min(lose, this.store.unsynced)}`);
    for (const life of [this.life, ...this.sleepers.splice(0)]) life?.die();
    this.life = undefined;
    this.client = undefined;
    this.records = undefined;
    this.boards.clear();
    this.store.crash(lose);
  }

  /** The profile is what it was then. */
  goBack(disk: MemorySnapshot): void {
    this.log('goes back');
    this.crash(0);
    this.store = MemoryStore.fromSnapshot(disk);
  }

  setTrap(trap: Trap | undefined): void {
    if (this.life !== undefined) this.life.trap = trap;
  }

  /** Its person is in the town and was not put out, as far as the device knows. */
  get isInTown(): boolean {
    if (this.engine !== undefined) this.#isInTown = this.engine.setup.phase === 'ready';
    return this.#isInTown;
  }

  /** What it is called in the town, also while it is off. */
  get deviceId(): DeviceId | undefined {
    if (this.engine !== undefined) this.#deviceId = this.engine.identity?.device;
    return this.#deviceId;
  }

  /** The leading tab is frozen; a visible one takes the lead over. */
  stealLead(): void {
    const { life } = this;
    if (life === undefined || life.isDead) return;
    life.freeze();
    this.sleepers.push(life);
    this.startEngine();
  }

  wakeSleepers(): void {
    for (const life of this.sleepers.splice(0)) life.thaw();
  }

  /** A copy of the disk as it is now, for clones and rollbacks. */
  snapshot(): MemorySnapshot {
    return this.store.snapshot();
  }

  // ---- the line --------------------------------------------------------------------------------

  #connect(life: Life, address: string, events: SocketEvents): Wire {
    const { world } = this;
    const wire = new Wire(
      {
        scheduler: world.scheduler,
        dice: this.dice,
        relay: world.between.relayOf?.(this) ?? world.relay,
        host: new URL(address).host,
        slowness: world.slowness,
        isReachable: () => this.isReachable,
        deliver: (run) => life.deliver(run),
        up: (frame) => world.between.up(this, frame),
        down: (frame) => world.between.down(this, frame),
        log: (line) => {
          this.log(line);
        },
        closed: (closed) => life.wires.delete(closed),
        fateOfAnswer: (frame) => this.#fateOfAnswer(frame),
      },
      events,
    );
    life.wires.add(wire);
    return wire;
  }

  #fateOfAnswer(frame: Uint8Array): AnswerFate | undefined {
    if (this.badAnswer === undefined) return undefined;
    const fate = fateOf(this.badAnswer, frame);
    if (fate !== undefined) this.badAnswer = undefined;
    return fate;
  }

  get wires(): readonly Wire[] {
    return [this.life, ...this.sleepers].flatMap((life) => [...(life?.wires ?? [])]);
  }

  goOffline(): void {
    this.isReachable = false;
    for (const wire of this.wires) wire.cut();
  }

  /** As the browser's `online` event (engine.worker.ts). */
  goOnline(): void {
    this.isReachable = true;
    this.engine?.connectNow();
  }
}

const NAMES = ['anna', 'bert', 'cem', 'dora', 'emil', 'fatma', 'gero', 'hanna'];
