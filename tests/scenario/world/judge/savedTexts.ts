/** Texts whose saving succeeded: each is there once with everybody entitled, and with nobody else (P2, P7). */
import { holdsAt } from '../../../../src/domain/directory';
import type { PersonId } from '../../../../src/domain/ids';
import { expectedConversation } from '../../../../src/engine/viewWriter';
import { TOWN_LOG } from '../../../../src/records/keys';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import type { Court } from './court';
import type { ShownByPlace } from './shown';
import { logAt, placeOf } from './witness';

interface SavedText {
  readonly text: string;
  readonly device: WorldDevice;
  readonly number: number;
  /** Persons whose removal the writer knew of, having read the log up to here. */
  readonly withheldFrom: readonly PersonId[];
  readonly seenSeq: number;
}

export class SavedTexts {
  readonly #world: World;
  readonly #court: Court;
  readonly #texts = new Map<string, SavedText>();
  readonly #mayVanish = new Set<string>();
  #written = 0;

  constructor(world: World, court: Court) {
    this.#world = world;
    this.#court = court;
  }

  async write(device: WorldDevice, number: number, padding: number): Promise<void> {
    if (device.client === undefined) return;
    const text = `${device.name}/${++this.#written}${' .'.repeat(padding / 2)}`;
    const withheldFrom = this.#knownOutsiders(device, number);
    const saved = await device.client.intend({ type: 'send-text', conversation: number, text });
    const seenSeq = device.engine?.runners.get(number)?.state.progress.cursor ?? 0;
    if (saved.ok) this.#texts.set(text, { text, device, number, withheldFrom, seenSeq });
    this.#world.log(`${device.name} writes ${text.slice(0, 20)}${saved.ok ? '' : ', not saved'}`);
  }

  mayVanish(text: string): void {
    this.#mayVanish.add(text);
  }

  #knownOutsiders(device: WorldDevice, number: number): readonly PersonId[] {
    const { engine } = device;
    const runner = engine?.runners.get(number);
    if (engine === undefined || runner === undefined) return [];
    const { roster, former } = expectedConversation(engine.viewSource, runner);
    const directory = engine.directory();
    const goers = engine.book
      .waiting(TOWN_LOG)
      .flatMap(({ intent: { body } }) => (body.kind === 'town-person-removed' ? [body.person] : []));
    const gone = Object.values(directory.persons)
      .filter((person) => !holdsAt(person, engine.townSeq()))
      .map(({ id }) => id);
    return [...former.filter((person) => roster[person] === undefined), ...gone, ...goers].filter(
      (person) => person !== engine.identity?.person,
    );
  }

  /** `isExcused`: it says there that something is wrong, and may keep what it was to send. */
  verify(shown: ShownByPlace, isExcused: (place: string) => boolean = () => false): void {
    const places = new Map<string, string[]>();
    for (const [place, items] of shown)
      for (const { item, record } of items)
        if (item.content.type === 'text') {
          const key = item.content.text;
          places.set(key, [...(places.get(key) ?? []), record === undefined ? `${place} waiting` : place]);
        }
    for (const [text, at] of places)
      if (new Set(at).size !== at.length)
        this.#court.fault(`${text.slice(0, 20)} is shown twice: ${at.join()}`);
    for (const saved of this.#texts.values())
      this.#verifyText(saved, places.get(saved.text) ?? [], shown, isExcused);
  }

  #verifyText(
    saved: SavedText,
    places: readonly string[],
    shown: ShownByPlace,
    isExcused: (place: string) => boolean,
  ): void {
    const { text, device, number } = saved;
    const { census, fault } = this.#court;
    const name = text.slice(0, 20);
    const { engine } = device;
    if (engine === undefined) return;
    const runner = engine.runners.get(number);
    if (runner === undefined) {
      if (!this.#mayVanish.has(text)) fault(`${name} was saved in a conversation that is gone`);
      return;
    }
    const own = shown
      .get(placeOf(device, runner.log))
      ?.find(({ item }) => item.content.type === 'text' && item.content.text === text);
    if (own === undefined) {
      if (!this.#mayVanish.has(text)) fault(`${name} was saved and is gone`);
      return;
    }
    this.#verifyWithheld(saved, places);
    if (isExcused(placeOf(device, runner.log))) return;
    const isInLog = places.some((place) => !place.endsWith('waiting'));
    if (own.item.state !== 'saved' && !isInLog) fault(`${name} is called ${own.item.state} and is nowhere`);
    if (census.isValid(engine) && runner.state.progress.isMember && own.record === undefined)
      fault(`${name} still waits`);
  }

  #verifyWithheld({ text, withheldFrom, seenSeq }: SavedText, places: readonly string[]): void {
    const { witness, fault } = this.#court;
    for (const place of places) {
      const device = this.#world.devices[Number(place.split('/')[0])];
      const person = device?.engine?.identity?.person;
      // Who was taken back before the text reached the log reads it as every member does.
      const runner = device?.engine?.runnerOf(logAt(place));
      const isBack =
        device !== undefined && runner !== undefined && witness.lastInAt(device, runner) > seenSeq;
      if (person !== undefined && withheldFrom.includes(person) && !isBack)
        fault(`${text.slice(0, 20)} was opened by ${device?.name}, who had been removed`);
    }
  }
}
