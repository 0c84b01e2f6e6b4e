/**
 * Where the protocol cannot keep a promise. Each excuse names one device and one log, and is void as soon
 * as the device is in all the same. What is not built (SPEC, "Not built yet"): a way back into a group
 * conversation that a device's vault knows nothing of, and into the town by somebody who has never been in.
 */
import { devicesOfAt } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { WorldDevice } from '../worldDevice';
import type { Census } from './census';
import { placeOf, type Memory, type Witness } from './witness';

export class Excuses {
  readonly #witness: Witness;
  readonly #census: Census;
  readonly #wentBack = new Set<WorldDevice>();
  readonly #unknown = new Set<string>();
  readonly #outOfTown = new Set<WorldDevice>();

  constructor(witness: Witness, census: Census) {
    this.#witness = witness;
    this.#census = census;
  }

  /** The Welcome into it was lost on its way. A pair's conversation is asked for by its claim (SPEC B1). */
  welcomeLost(device: WorldDevice, log: LogId, kind: 'town' | 'direct' | 'group'): void {
    if (kind === 'town' && !device.isInTown) this.#outOfTown.add(device);
    if (kind === 'group') this.#unknown.add(placeOf(device, log));
  }

  /** Its vault went back to before it was in some groups. Called while the witness remembers them. */
  wentBack(device: WorldDevice, before: Memory, now: Memory): void {
    this.#wentBack.add(device);
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

  /**
   * A profile that went back behind its own request to be taken back takes itself for a copy that was left
   * behind, as nothing tells the two apart (SPEC B7).
   */
  mayBeEnded(device: WorldDevice): boolean {
    return this.#wentBack.has(device);
  }

  /**
   * It was never begun, because the one who was to let us in has no device in the town any more. Or: who is in it has lost it, and nobody is left who could take anybody back: the profile of the last one who
   * had the group's state went back behind it.
   */
  isDead(log: LogId): boolean {
    const members = this.#census.membersOf(log);
    if (members.length > 0 && members.every(([device, runner]) => isWithoutPartner(device, runner)))
      return true;
    const isLost = members.length > 0 && members.every(([, runner]) => runner.lost === 'group');
    return isLost && members.some(([device]) => this.#wentBack.has(device));
  }
}

function isWithoutPartner({ engine }: WorldDevice, { state: { core, progress } }: LogRunner): boolean {
  if (engine === undefined || core.partner === undefined || progress.isCreated) return false;
  return devicesOfAt(engine.directory(), core.partner, engine.townSeq()).length === 0;
}
