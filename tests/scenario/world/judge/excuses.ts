/**
 * Where the protocol cannot keep a promise. Each excuse names one device and one log, and is void as soon
 * as the device is in all the same. What is not built (SPEC, "Not built yet"): a way back into a group
 * conversation that a device's vault knows nothing of, though it was in and was heard there.
 */
import { devicesOfAt, pairKey } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { WorldDevice } from '../worldDevice';
import { isEnded, type Census, type Member } from './census';
import { placeOf, type Memory, type Witness } from './witness';

export class Excuses {
  readonly #witness: Witness;
  readonly #census: Census;
  readonly #wentBack = new Set<WorldDevice>();
  readonly #unknown = new Set<string>();
  /** Those that share one profile. */
  readonly #copies = new Map<WorldDevice, Set<WorldDevice>>();

  constructor(witness: Witness, census: Census) {
    this.#witness = witness;
    this.#census = census;
  }

  /** Its vault went back to before it was in some groups. Called while the witness remembers them. */
  wentBack(device: WorldDevice, before: Memory, now: Memory): void {
    this.#wentBack.add(device);
    for (const log of before.logs)
      if (!now.logs.includes(log) && this.#witness.of(device, log)?.state?.core.kind === 'group')
        this.#unknown.add(placeOf(device, log));
  }

  isCopied(device: WorldDevice, twin: WorldDevice): void {
    const copies = (this.#copies.get(device) ?? new Set([device])).add(twin);
    for (const copy of copies) this.#copies.set(copy, copies);
    if (this.#wentBack.has(device)) this.#wentBack.add(twin);
  }

  /** Devices with one profile of which one must go on: none of them went back behind its own request. */
  get copies(): readonly ReadonlySet<WorldDevice>[] {
    return [...new Set(this.#copies.values())].filter(
      (set) => ![...set].some((device) => this.#wentBack.has(device)),
    );
  }

  isShutOut(device: WorldDevice, log: LogId): boolean {
    if (this.#witness.of(device, log)?.hasBeenIn === true) return false;
    return this.#isUnknown(device, log) || this.#isTwinsOnly(device, log);
  }

  /** Copies have one mailbox: what is lost there is lost for all of them. */
  #isUnknown(device: WorldDevice, log: LogId): boolean {
    return [device, ...(this.#copies.get(device) ?? [])].some((copy) =>
      this.#unknown.has(placeOf(copy, log)),
    );
  }

  /** The pair's claim is for a log that only a copy had, which ended before it let the other one in (SPEC D7). */
  #isBehindEndedClaim([{ engine }, { log, state }]: Member): boolean {
    const { core, progress } = state;
    const own = engine?.identity?.person;
    if (engine === undefined || own === undefined || core.partner === undefined || progress.isCreated)
      return false;
    const claimed = engine.directory().claims[pairKey(own, core.partner)];
    if (claimed === undefined || claimed === log || this.#census.membersOf(claimed).length > 0) return false;
    return [...this.#copies.keys()].some((device) => this.#witness.of(device, claimed)?.hasBeenIn === true);
  }

  /** Only the copy of its profile was ever let in: it knows the group as little as a profile that went back. */
  #isTwinsOnly(device: WorldDevice, log: LogId): boolean {
    const seen = [...(this.#copies.get(device) ?? [])].flatMap((copy) => this.#witness.of(copy, log) ?? []);
    return seen.some(({ hasBeenIn, state }) => hasBeenIn && state?.core.kind === 'group');
  }

  /**
   * A profile that went back behind its own request to be taken back takes itself for a copy that was left
   * behind, as nothing tells the two apart (SPEC B7).
   */
  mayBeEnded(device: WorldDevice): boolean {
    return this.#wentBack.has(device) || this.#copies.has(device);
  }

  /**
   * It was never begun, because the one who was to let us in has no device in the town any more. Or: who is in it has lost it, and nobody is left who could take anybody back: the profile of the last one who
   * had the group's state went back behind it.
   */
  isDead(log: LogId): boolean {
    const members = this.#census.membersOf(log);
    if (members.length > 0 && members.every(([device, runner]) => isWithoutPartner(device, runner)))
      return true;
    if (members.length > 0 && members.every((member) => this.#isBehindEndedClaim(member))) return true;
    const holding = members.filter(([device, runner]) => isRostered(device, runner));
    // All who belong are copies that have ended each other, or went back behind their own request (SPEC B7).
    if (members.length > 0 && holding.length === 0)
      return [...this.#copies.keys(), ...this.#wentBack].some((device) => isEnded(device, log));
    const isLost = holding.length > 0 && holding.every(([, runner]) => runner.lost === 'group');
    return isLost && holding.some(([device]) => this.#wentBack.has(device) || this.#copies.has(device));
  }
}

/** By its own fold: who has left keeps a leaf until another one takes it, and takes nobody back. */
function isRostered({ engine }: WorldDevice, { state: { fold } }: LogRunner): boolean {
  const person = engine?.identity?.person;
  if (fold.type !== 'conversation' || person === undefined) return true;
  return fold.conversation.roster[person] !== undefined;
}

function isWithoutPartner({ engine }: WorldDevice, { state: { core, progress } }: LogRunner): boolean {
  if (engine === undefined || core.partner === undefined || progress.isCreated) return false;
  return devicesOfAt(engine.directory(), core.partner, engine.townSeq()).length === 0;
}
