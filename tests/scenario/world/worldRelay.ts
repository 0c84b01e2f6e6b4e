/** The relay of a world: the real logic over a store that outlives it, killed and started at will. */
import { Relay } from '../../../server/relay';
import type { Peer } from '../../../server/peer';
import type { Session } from '../../../server/session';
import type { LogStore } from '../../../server/stores/logStore';
import type { Scheduler } from './scheduler';
import { withFullDisk, type RelayBackup, type RelayDisk } from './stores';

export interface RelayLine {
  readonly session: Session;
  receive(frame: Uint8Array): void;
  hangUp(): void;
}

export class WorldRelay {
  isFull = false;
  /** When another one took the place of the first, ms of the world. */
  replacedAt: number | undefined;
  startedAt = 0;
  #disk: RelayDisk;
  readonly #scheduler: Scheduler;
  readonly #cuts = new Set<() => void>();
  #relay: Relay | undefined;

  constructor(scheduler: Scheduler, disk: RelayDisk) {
    this.#scheduler = scheduler;
    this.#disk = disk;
  }

  get store(): LogStore {
    return this.#disk.store;
  }

  backup(): RelayBackup {
    return this.#disk.backup();
  }

  /** The machine is gone; what stands at its address now has this disk, and is to be started. */
  replace(disk: RelayDisk): void {
    this.kill();
    this.#disk = disk;
    this.replacedAt = this.#scheduler.now;
  }

  get isUp(): boolean {
    return this.#relay !== undefined;
  }

  async start(): Promise<void> {
    const scheduler = this.#scheduler;
    const relay: Relay = new Relay({
      store: withFullDisk(this.store, () => this.isFull),
      now: () => scheduler.now,
      // What a relay has gathered and not yet written dies with it.
      schedule: (run) =>
        void scheduler.in(0, () => {
          if (this.#relay === relay) run();
        }),
    });
    await relay.open();
    this.#relay = relay;
    this.startedAt = scheduler.now;
  }

  /** As SIGKILL: nothing is finished; all connections break. */
  kill(): void {
    this.#relay = undefined;
    for (const cut of [...this.#cuts]) cut();
    this.#cuts.clear();
  }

  /** `cut` is called when the relay dies under the connection. */
  connect(peer: Peer, host: string, cut: () => void): RelayLine | undefined {
    const relay = this.#relay;
    if (relay === undefined) return undefined;
    const session = relay.connect(peer, host);
    this.#cuts.add(cut);
    return {
      session,
      receive: (frame) => {
        if (this.#relay === relay) void relay.receive(session, frame);
      },
      hangUp: () => {
        this.#cuts.delete(cut);
        relay.disconnect(session);
      },
    };
  }
}
