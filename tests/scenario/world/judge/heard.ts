/**
 * Whose requests to be taken back each device has met in the log itself. Whoever has lost its place can say
 * what it has seen by its request only (SPEC B1); whoever came in behind that was handed a state in which the
 * request had been answered, and holds no link of before.
 */
import type { DeviceId, LogId } from '../../../../src/domain/ids';
import type { Returns } from '../../../../src/domain/back';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import { placeOf } from './witness';

interface Known {
  readonly cameIn: number;
  readonly returns: Returns;
}

export class Heard {
  readonly #world: World;
  readonly #known = new Map<string, Known>();
  /** `place/device`, with the time of the request. */
  readonly #requests = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  look(): void {
    for (const device of this.#world.devices)
      for (const { log, state } of device.engine?.runners.values() ?? []) {
        const place = placeOf(device, log);
        const known = this.#known.get(place);
        const returns = state.fold.returns ?? {};
        if (known?.returns === returns) continue;
        const cameIn = state.progress.links[0]?.[0] ?? 0;
        this.#known.set(place, { cameIn, returns });
        if (known?.cameIn !== cameIn) continue;
        for (const [name, { at }] of Object.entries(returns))
          if (known.returns[name]?.at !== at) this.#requests.add(`${place}/${name.split(':', 1)[0]}/${at}`);
      }
  }

  hasHeard(device: WorldDevice, log: LogId, of: DeviceId, at: number): boolean {
    return this.#requests.has(`${placeOf(device, log)}/${of}/${at}`);
  }
}
