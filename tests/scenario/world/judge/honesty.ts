/** What a device shows at a moment must not be more than is true, and not less than it knows. */
import type { DeviceId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { StatusView } from '../../../../src/engine/views';
import { VIEW } from '../../../../src/records/keys';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import type { Court } from './court';
import { placeOf } from './witness';

/** Longer than a dead connection goes unnoticed (25 s until asked, 20 s for the answer). */
const BEHIND_MS = 60_000;

export class Honesty {
  readonly #world: World;
  readonly #court: Court;
  readonly #behindSince = new Map<string, { head: number; since: number }>();

  constructor(world: World, court: Court) {
    this.#world = world;
    this.#court = court;
  }

  async probe(): Promise<void> {
    const { census, witness, fault } = this.#court;
    for (const device of this.#world.devices) {
      const { engine, records } = device;
      if (engine === undefined || records === undefined) continue;
      const status = await records.get<StatusView>('views', VIEW.status);
      await this.#probeBehind(device, engine, status);
      for (const runner of engine.conversations()) {
        const head = await census.headOf(runner.log);
        for (const { intent } of engine.book.waiting(runner.state.number))
          if (intent.seq !== undefined && intent.seq > head)
            fault(`${device.name} calls handed over what the relay does not have`);
        for (const [other, [delivered]] of Object.entries(runner.state.progress.receipts)) {
          const cursors = census
            .holdersOf(other as DeviceId)
            .flatMap((holder) => witness.of(holder, runner.log)?.farthest ?? []);
          if (cursors.length > 0 && delivered > Math.max(...cursors))
            fault(`${device.name} calls delivered what ${other} has not`);
        }
      }
    }
  }

  /** Who is behind says what it waits for. */
  async #probeBehind(device: WorldDevice, engine: Engine, status: StatusView | undefined): Promise<void> {
    const { census, fault } = this.#court;
    const { now } = this.#world.scheduler;
    const isOnline = status?.connection.state === 'online';
    for (const runner of engine.conversations()) {
      const key = placeOf(device, runner.log);
      const { progress } = runner.state;
      const head = await census.headOf(runner.log);
      if (!census.isValid(engine)) return;
      const isSilent =
        isOnline &&
        status.problem === undefined &&
        progress.trouble === 'none' &&
        !runner.isCatchingUp &&
        progress.isMember;
      const before = this.#behindSince.get(key);
      if (!isSilent || progress.cursor >= head || (before !== undefined && progress.cursor >= before.head))
        this.#behindSince.delete(key);
      if (!isSilent || progress.cursor >= head) continue;
      const since = this.#behindSince.get(key);
      if (since === undefined) this.#behindSince.set(key, { head, since: now });
      else if (now - since.since > BEHIND_MS)
        fault(`${device.name} is behind in ${runner.log.slice(0, 8)} and says nothing`);
    }
  }
}
