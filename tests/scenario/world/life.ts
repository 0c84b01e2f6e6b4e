/**
 * One run of a device's engine: from a start to its death. It can be frozen, as browsers freeze hidden
 * tabs, and it can die or freeze right before or behind a write to the vault. What is dead answers
 * nothing and does nothing; what is frozen finds everything as it was when it wakes.
 */
import type { Clock, Network } from '../../../src/lib/services';
import { seededRandom } from '../../../src/crypto/random';
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import * as canonicalDoc from '../../../src/crdt/canonicalDoc';
import { Engine } from '../../../src/engine/engine';
import { createMemoryVault, type MemoryFaults } from '../../../src/vault/memoryVault';
import type { MemoryStore } from '../../../src/vault/memoryStore';
import type { Vault } from '../../../src/vault/vault';
import type { Scheduler } from './scheduler';
import type { Wire } from './wire';

export interface LifeHost {
  readonly scheduler: Scheduler;
  readonly store: MemoryStore;
  readonly faults: MemoryFaults;
  now(): number;
  randomSeed(): string;
  connect(life: Life, ...args: Parameters<Network['connect']>): Wire;
  /** The engine has ended by itself. */
  ended(life: Life, reason: string): void;
  log(line: string): void;
}

/** What happens at the n-th write from now on. */
export interface Trap {
  writes: number;
  readonly when: 'before' | 'behind';
  readonly spring: () => void;
}

const NEVER = new Promise<never>(() => undefined);

export class Life {
  readonly wires = new Set<Wire>();
  engine: Engine | undefined;
  trap: Trap | undefined;
  isDead = false;
  #thawed: Promise<void> | undefined;
  #thaw: () => void = () => undefined;
  #held: (() => void)[] = [];
  readonly #host: LifeHost;
  readonly #vault: Vault;

  constructor(host: LifeHost) {
    this.#host = host;
    this.#vault = createMemoryVault({ store: host.store, faults: host.faults });
  }

  get isFrozen(): boolean {
    return this.#thawed !== undefined;
  }

  /** A ready engine that neither sleeps nor is dead. */
  get awake(): Engine | undefined {
    return this.isDead || this.isFrozen ? undefined : this.engine;
  }

  start(): void {
    const host = this.#host;
    const clock: Clock = {
      now: () => host.now(),
      after: (ms, callback) => host.scheduler.in(ms, () => this.deliver(callback)),
    };
    const random = seededRandom(host.randomSeed());
    void Engine.start({
      vault: this.#guarded(),
      network: { connect: (address, events) => host.connect(this, address, events) },
      clock,
      random,
      groups: createTsMlsGroupCrypto({ now: () => clock.now(), random }),
      loadCanonicalDoc: () => Promise.resolve(canonicalDoc),
      onEnd: (reason) => {
        this.#end(reason);
      },
    }).then(
      (engine) => {
        if (engine instanceof Engine) this.engine = engine;
        else this.#end(engine.type);
      },
      () => {
        this.#end('storage');
      },
    );
  }

  #end(reason: string): void {
    if (this.isDead) return;
    this.die();
    this.#host.ended(this, reason);
  }

  /** Nothing is finished; nothing is told to anybody. */
  die(): void {
    this.isDead = true;
    this.engine?.stop();
    this.#vault.close();
    this.#held = [];
    for (const wire of [...this.wires]) wire.abandon();
    this.wires.clear();
  }

  freeze(): void {
    if (this.isFrozen || this.isDead) return;
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.#thawed = undefined;
    this.#thaw();
    for (const run of this.#held.splice(0)) this.deliver(run);
  }

  deliver(run: () => void): void {
    if (this.isDead) return;
    if (this.isFrozen) this.#held.push(run);
    else run();
  }

  async #alive(): Promise<void> {
    while (this.isFrozen) await this.#thawed;
    if (this.isDead) await NEVER;
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    await this.#alive();
    const value = await read().catch(async (error: unknown) => {
      await this.#alive();
      throw error;
    });
    await this.#alive();
    return value;
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    await this.#alive();
    const { trap } = this;
    const isSprung = trap !== undefined && trap.writes-- <= 0;
    if (isSprung) this.trap = undefined;
    if (isSprung && trap.when === 'before') {
      trap.spring();
      await this.#alive();
    }
    const answer = await write();
    if (isSprung && trap.when === 'behind') trap.spring();
    await this.#alive();
    return answer;
  }

  #guarded(): Vault {
    const vault = this.#vault;
    return {
      get: (store, key) => this.#read(() => vault.get(store, key)),
      range: (store, range) => this.#read(() => vault.range(store, range)),
      logVersion: (log) => this.#read(() => vault.logVersion(log)),
      commit: (batch) => this.#write(() => vault.commit(batch)),
      addIntent: (value) => this.#write(() => vault.addIntent(value)),
      takeLead: () => this.#write(() => vault.takeLead()),
      sealKey: (create) => this.#write(() => vault.sealKey(create)),
      observe: (read, onValue, onError) =>
        vault.observe(
          read,
          (value) => this.deliver(() => onValue(value)),
          (failure) => this.deliver(() => onError?.(failure)),
        ),
      observeRefusals: (onRefused) =>
        vault.observeRefusals((refusal) => this.deliver(() => onRefused(refusal))),
      close: () => {
        vault.close();
      },
      erase: () => vault.erase(),
    };
  }
}
