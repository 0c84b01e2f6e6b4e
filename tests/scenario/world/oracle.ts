/**
 * What must hold in a world, whatever happens in it. `look` is called after every step and only looks;
 * `probe` asks now and then whether what is shown is true; `unrest` says what is still on its way;
 * `verify` compares everybody with everybody in the end. Who judges what is in `judge/`.
 */
import type { LogId } from '../../../src/domain/ids';
import type { Engine } from '../../../src/engine/engine';
import { TOWN_LOG } from '../../../src/records/keys';
import { isAlone, unrestOfHonest, verifyHonest } from './judge/attacked';
import { Census } from './judge/census';
import type { Court } from './judge/court';
import { Excuses } from './judge/excuses';
import { Heard } from './judge/heard';
import { Honesty } from './judge/honesty';
import {
  sightOf,
  verifyDelivered,
  verifyGenuine,
  verifyToldApart,
  verifyTownToldApart,
} from './judge/liedTo';
import { Leaves } from './judge/leaves';
import { verifyRemoved } from './judge/removed';
import { unrest } from './judge/rest';
import { verifyEnded, verifyLog, verifyNobodyForgotten, verifyTown } from './judge/sameness';
import { SavedTexts } from './judge/savedTexts';
import { shownAt, type Shown, type ShownByPlace } from './judge/shown';
import { placeOf, Witness, type Memory } from './judge/witness';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

/** What a device knew at a moment. */
export interface Remembered {
  readonly places: Memory;
  /** How many texts had been saved in this world. */
  readonly texts: number;
}

export class Oracle {
  readonly faults: string[] = [];
  readonly #world: World;
  readonly #court: Court;
  readonly #honesty: Honesty;
  readonly #texts: SavedTexts;
  readonly #heard: Heard;
  readonly #leaves: Leaves;

  constructor(world: World) {
    this.#world = world;
    const witness = new Witness(world);
    const census = new Census(world);
    this.#court = {
      census,
      witness,
      excuses: new Excuses(witness, census),
      fault: (what) => {
        this.fault(what);
      },
    };
    this.#honesty = new Honesty(world, this.#court);
    this.#texts = new SavedTexts(world, this.#court);
    this.#heard = new Heard(world);
    this.#leaves = new Leaves(world);
  }

  fault(what: string): void {
    if (this.faults.length < 40 && !this.faults.includes(what)) this.faults.push(what);
  }

  /** `padding`: characters beside the text's own name. */
  write(device: WorldDevice, number: number, padding: number): Promise<void> {
    return this.#texts.write(device, number, padding);
  }

  mayVanish(text: string): void {
    this.#texts.mayVanish(text);
  }

  /** To be kept beside a copy of its vault. */
  rememberedBy(device: WorldDevice): Remembered {
    return { places: this.#court.witness.memoryOf(device), texts: this.#texts.count };
  }

  /** Called while the vault is still as it was. */
  async goesBack(device: WorldDevice, then: Remembered): Promise<void> {
    const { witness, excuses } = this.#court;
    await this.#texts.goesBack(device, then.texts);
    excuses.wentBack(device, witness.memoryOf(device), then.places);
    witness.remembers(device, then.places);
  }

  /** `twin` begins with what `device` had at that moment. */
  isCopied(device: WorldDevice, twin: WorldDevice, then: Remembered): void {
    this.#court.excuses.isCopied(device, twin);
    this.#court.witness.remembers(twin, then.places);
  }

  /**
   * `replace` puts another relay in the place of the one there is. What that one alone knew is gone with it:
   * of removals, those behind the end of what the new one has.
   */
  async relayReplaced(replace: () => void): Promise<void> {
    const { census, witness } = this.#court;
    await verifyRemoved(this.#court, this.#world);
    this.#texts.noteRemovals();
    replace();
    await this.#texts.relayReplaced();
    for (const changes of [witness.removedAt, witness.addedAt])
      for (const [key, at] of changes)
        if (at > (await census.headOf(key.split('/')[0] as LogId))) changes.delete(key);
  }

  /** In the town as far as anybody knows. */
  isValid(engine: Engine): boolean {
    return this.#court.census.isValid(engine);
  }

  look(): void {
    this.#court.witness.look();
    this.#heard.look();
    this.#leaves.look((what) => {
      this.fault(what);
    });
  }

  probe(): Promise<void> {
    return this.#honesty.probe();
  }

  unrest(): Promise<string | undefined> {
    return unrest(this.#court);
  }

  async verify(): Promise<void> {
    const court = this.#court;
    const reference = await court.census.reference();
    if (typeof reference === 'string') {
      this.fault(reference);
      return;
    }
    await verifyTown(court, reference.directory, reference.seq);
    await verifyEnded(court, this.#world);
    verifyNobodyForgotten(court, this.#world, reference.directory);
    const shown = await this.#shown();
    for (const log of court.census.conversationLogs()) await verifyLog(court, this.#world, log, shown);
    this.#texts.verify(shown);
    await verifyRemoved(court, this.#world);
  }
  /** As `verify`, when the relay has lied: what cannot be must at least be seen. */
  async verifyLiedTo(): Promise<void> {
    const lies = { ...this.#court, world: this.#world, heard: this.#heard };
    const sight = await sightOf(this.#world, await this.#shown());
    await verifyGenuine(lies, sight);
    verifyDelivered(lies, sight);
    verifyTownToldApart(lies, sight);
    for (const log of lies.census.conversationLogs()) await verifyToldApart(lies, log, sight);
    this.#texts.verify(sight.shown, (place) => sight.troubles.get(place) !== undefined);
    await verifyRemoved(lies, this.#world);
  }

  unrestOfHonest(hostile: WorldDevice): Promise<string | undefined> {
    return unrestOfHonest(this.#court, this.#world, hostile);
  }

  /** As `verify`, among the honest members beside a hostile one. */
  async verifyAttacked(hostile: WorldDevice): Promise<void> {
    const court = this.#court;
    const shown = await this.#shown();
    const lies = { ...court, world: this.#world, heard: this.#heard };
    await verifyGenuine(lies, await sightOf(this.#world, shown));
    for (const log of [...court.census.conversationLogs(), ...this.#towns()])
      await verifyHonest(court, hostile, log, shown);
    const excused = (place: string) => isAlone(court, place.split('/')[1] as LogId, hostile);
    this.#texts.verify(shown, excused, hostile);
    await verifyRemoved(court, this.#world, hostile.engine?.identity?.device);
  }

  #towns(): ReadonlySet<LogId> {
    const towns = this.#world.devices.flatMap(({ engine }) => engine?.runners.get(TOWN_LOG)?.log ?? []);
    return new Set(towns);
  }

  async #shown(): Promise<ShownByPlace> {
    const shown = new Map<string, readonly Shown[]>();
    for (const device of this.#world.devices)
      for (const runner of device.engine?.conversations() ?? [])
        shown.set(placeOf(device, runner.log), await shownAt(device, runner));
    return shown;
  }
}
