/** What a device shows at a moment must not be more than is true, and not less than it knows. */
import type { DeviceId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { ConversationView, StatusView } from '../../../../src/engine/views';
import type { SealedRecords } from '../../../../src/records/sealedRecords';
import { conversationViewKey, VIEW } from '../../../../src/records/keys';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import { isEnded } from './census';
import type { Court } from './court';
import { placeOf } from './witness';

/** Longer than a dead connection goes unnoticed (25 s until asked, 20 s for the answer). */
const BEHIND_MS = 60_000;

export class Honesty {
  readonly #world: World;
  readonly #court: Court;
  readonly #silentSince = new Map<string, number>();
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
      await this.#probeLost(device, engine, records);
      this.#probeSuccession(device, engine, status);
      for (const runner of engine.conversations()) {
        const head = this.#knowsTheRelay(engine) ? await census.headOf(runner.log) : Infinity;
        for (const { intent } of engine.book.waiting(runner.state.number))
          if (intent.seq !== undefined && intent.seq > head)
            fault(`${device.name} calls handed over what the relay does not have`);
        for (const [other, [delivered]] of Object.entries(runner.state.progress.receipts)) {
          const cursors = census
            .holdersOf(other as DeviceId)
            .flatMap((holder) => witness.of(holder, runner.log)?.farthest ?? []);
          if (cursors.length > 0 && delivered > Math.max(...cursors))
            fault(
              `${device.name} calls delivered what ${other.slice(0, 8)} has not (${runner.log.slice(0, 8)})`,
            );
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
      if (!census.isValid(engine) || isEnded(device, runner.log)) continue;
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

  /** Who has lost its place in a conversation says so, and what it waits for (SPEC B). */
  async #probeLost(device: WorldDevice, engine: Engine, records: SealedRecords): Promise<void> {
    const { now } = this.#world.scheduler;
    for (const runner of engine.conversations()) {
      const key = placeOf(device, runner.log);
      const view = await records.get<ConversationView>('views', conversationViewKey(runner.state.number));
      const isSilent = runner.lost !== undefined && view?.back === undefined;
      if (!isSilent) this.#silentSince.delete(key);
      else if (!this.#silentSince.has(key)) this.#silentSince.set(key, now);
      else if (now - (this.#silentSince.get(key) ?? now) > BEHIND_MS)
        this.#court.fault(`${device.name} has lost ${runner.log.slice(0, 8)} and says nothing`);
    }
  }

  /** It cannot know yet that another relay stands there, or it knows that nothing of it counts (SPEC Q3). */
  #knowsTheRelay(engine: Engine): boolean {
    const { relay, scheduler } = this.#world;
    if (relay.replacedAt === undefined) return true;
    const since = Math.max(relay.replacedAt, relay.startedAt);
    const isMet = engine.relay?.isOnline === true && scheduler.now > since + BEHIND_MS;
    return isMet && !engine.succession.isLost;
  }

  /** Who hands nothing over because the relay is another one says so (SPEC Q3). */
  #probeSuccession(device: WorldDevice, engine: Engine, status: StatusView | undefined): void {
    const key = `${device.index}/relay`;
    const { now } = this.#world.scheduler;
    const isSilent =
      engine.relay?.isOnline === true && engine.succession.isLost && status?.problem !== 'relay-changed';
    if (!isSilent) this.#silentSince.delete(key);
    else if (!this.#silentSince.has(key)) this.#silentSince.set(key, now);
    else if (now - (this.#silentSince.get(key) ?? now) > BEHIND_MS)
      this.#court.fault(`${device.name} has lost the relay and says ${status?.problem ?? 'nothing'}`);
  }
}
