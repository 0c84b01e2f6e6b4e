/**
 * Where the protocol cannot keep a promise. Each excuse names one device and one log, and is void as soon
 * as the device is in all the same. What is not built (SPEC, "Not built yet"): a way back into a group
 * conversation that a device's vault knows nothing of, and into the town by somebody who has never been in.
 */
import type { LogId } from '../../../../src/domain/ids';
import type { WorldDevice } from '../worldDevice';
import { placeOf, type Memory, type Witness } from './witness';

export class Excuses {
  readonly #witness: Witness;
  readonly #unknown = new Set<string>();
  readonly #outOfTown = new Set<WorldDevice>();

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  /** The Welcome into it was lost on its way. A pair's conversation is asked for by its claim (SPEC B1). */
  welcomeLost(device: WorldDevice, log: LogId, kind: 'town' | 'direct' | 'group'): void {
    if (kind === 'town' && !device.isInTown) this.#outOfTown.add(device);
    if (kind === 'group') this.#unknown.add(placeOf(device, log));
  }

  /** Its vault went back to before it was in some groups. Called while the witness remembers them. */
  wentBack(device: WorldDevice, before: Memory, now: Memory): void {
    for (const log of before.logs)
      if (!now.logs.includes(log) && this.#witness.of(device, log)?.state?.core.kind === 'group')
        this.#unknown.add(placeOf(device, log));
  }

  isShutOutOfTown(device: WorldDevice): boolean {
    return this.#outOfTown.has(device) && !device.isInTown;
  }

  isShutOut(device: WorldDevice, log: LogId): boolean {
    if (this.isShutOutOfTown(device)) return true;
    return this.#unknown.has(placeOf(device, log)) && this.#witness.of(device, log)?.hasBeenIn !== true;
  }
}
