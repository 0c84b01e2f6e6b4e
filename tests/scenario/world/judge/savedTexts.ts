/** Texts whose saving succeeded: each is there once with everybody entitled, and with nobody else (P2, P7). */
import { holdsAt } from '../../../../src/domain/directory';
import type { LogId, PersonId } from '../../../../src/domain/ids';
import { logsBefore } from '../../../../src/domain/succession';
import type { Engine } from '../../../../src/engine/engine';
import { expectedConversation } from '../../../../src/engine/viewWriter';
import type { StoredIntent } from '../../../../src/engine/setupRecords';
import { createMemoryVault } from '../../../../src/vault/memoryVault';
import { SealedRecords } from '../../../../src/records/sealedRecords';
import type { Bytes } from '../../../../src/lib/bytes';
import { parseContent, parseEntry } from '../../../../src/domain/entry';
import { FIRST_CONVERSATION, LAST_CONVERSATION, rowKey, TOWN_LOG } from '../../../../src/records/keys';
import type { TimelineRecord } from '../../../../src/records/logRecords';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import type { Court } from './court';
import type { ShownByPlace } from './shown';
import { logAt, placeOf } from './witness';

interface SavedText {
  /** It was the n-th of this world. */
  readonly nth: number;
  readonly text: string;
  readonly device: WorldDevice;
  readonly number: number;
  readonly log: LogId | undefined;
  /** Persons whose removal the writer knew of, having read the log up to here. */
  readonly withheldFrom: readonly PersonId[];
  readonly seenSeq: number;
}

export class SavedTexts {
  readonly #world: World;
  readonly #court: Court;
  readonly #texts = new Map<string, SavedText>();
  readonly #mayVanish = new Set<string>();
  /** Handed over, and then lost to their authors, whose profiles went back. */
  readonly #forgotten = new Set<string>();
  readonly #gone = new Map<WorldDevice, Set<PersonId>>();
  #written = 0;
  /** So many had been written when the relay was replaced. */
  #ofLostRelay = 0;

  constructor(world: World, court: Court) {
    this.#world = world;
    this.#court = court;
  }

  async write(device: WorldDevice, number: number, padding: number): Promise<void> {
    if (device.client === undefined) return;
    const text = `${device.name}/${++this.#written}${' .'.repeat(padding / 2)}`;
    const withheldFrom = this.#knownOutsiders(device, number);
    const saved = await device.client.intend({ type: 'send-text', conversation: number, text });
    const runner = device.engine?.runners.get(number);
    const seenSeq = runner?.state.progress.cursor ?? 0;
    const nth = this.#written;
    if (saved.ok)
      this.#texts.set(text, { nth, text, device, number, log: runner?.log, withheldFrom, seenSeq });
    this.#world.log(`${device.name} writes ${text.slice(0, 20)}${saved.ok ? '' : ', not saved'}`);
  }

  mayVanish(text: string): void {
    this.#mayVanish.add(text);
  }

  get count(): number {
    return this.#written;
  }

  /**
   * Its vault goes back to when `since` texts had been written. What was saved there after that and not yet
   * handed over is nowhere else; what was handed over must come back, unless there is no way back for it.
   */
  async goesBack(device: WorldDevice, since: number): Promise<void> {
    this.#gone.delete(device);
    const waiting = await waitingTexts(device);
    for (const { nth, text, device: author } of this.#texts.values())
      if (author === device && nth > since) (waiting.has(text) ? this.#mayVanish : this.#forgotten).add(text);
    if (this.#ofLostRelay > 0) await this.#excuseUnheld(device);
  }

  /** What a device has lost and only the old relay had is nowhere any more. */
  async relayReplaced(): Promise<void> {
    this.#ofLostRelay = this.#written;
    await this.#excuseUnheld();
  }

  /** `going`: its vault is about to go. */
  async #excuseUnheld(going?: WorldDevice): Promise<void> {
    const held = new Set<string>();
    for (const device of this.#world.devices)
      if (device !== going) for (const text of await storedTexts(device)) held.add(text);
    for (const text of this.#forgotten)
      if (!held.has(text) && (this.#texts.get(text)?.nth ?? Infinity) <= this.#ofLostRelay)
        this.#mayVanish.add(text);
  }

  /** Persons whose removal from the town a device has read of: it keeps that in mind at the next relay. */
  noteRemovals(): void {
    for (const device of this.#world.devices) {
      const engine = device.life?.engine;
      if (engine === undefined) continue;
      const gone = this.#gone.get(device) ?? new Set();
      this.#gone.set(device, gone);
      for (const person of Object.values(engine.directory().persons))
        if (!holdsAt(person, engine.townSeq())) gone.add(person.id);
    }
  }

  #knownOutsiders(device: WorldDevice, number: number): readonly PersonId[] {
    const { engine } = device;
    const runner = engine?.runners.get(number);
    if (engine === undefined || runner === undefined) return [];
    const { roster, former } = expectedConversation(engine.viewSource, runner);
    const goers = engine.book
      .waiting(TOWN_LOG)
      .flatMap(({ intent: { body } }) => (body.kind === 'town-person-removed' ? [body.person] : []));
    this.noteRemovals();
    const gone = this.#gone.get(device) ?? [];
    return [...former.filter((person) => roster[person] === undefined), ...gone, ...goers].filter(
      (person) => person !== engine.identity?.person,
    );
  }

  /**
   * `isExcused`: it says there that something is wrong, and may keep what it was to send. `liar`: whatever
   * that one writes and shows is its own business.
   */
  verify(shown: ShownByPlace, isExcused: (place: string) => boolean = () => false, liar?: WorldDevice): void {
    const places = new Map<string, string[]>();
    for (const [place, items] of shown)
      for (const { item, record } of liar !== undefined && place.startsWith(`${liar.index}/`) ? [] : items)
        if (item.content.type === 'text') {
          const key = item.content.text;
          places.set(key, [...(places.get(key) ?? []), record === undefined ? `${place} waiting` : place]);
        }
    for (const [text, at] of places)
      if (new Set(at).size !== at.length)
        this.#court.fault(`${text.slice(0, 20)} is shown twice: ${at.join()}`);
    for (const saved of this.#texts.values())
      if (saved.device !== liar) this.#verifyText(saved, places.get(saved.text) ?? [], shown, isExcused);
  }

  #verifyText(
    saved: SavedText,
    places: readonly string[],
    shown: ShownByPlace,
    isExcused: (place: string) => boolean,
  ): void {
    const { text, device, number, log } = saved;
    const { census, excuses, fault } = this.#court;
    const name = text.slice(0, 20);
    const { engine } = device;
    if (engine === undefined) return;
    const runner =
      engine.runners.get(number) ?? (log === undefined ? undefined : conversationOf(engine, log));
    const own =
      runner &&
      shown
        .get(placeOf(device, runner.log))
        ?.find(({ item }) => item.content.type === 'text' && item.content.text === text);
    if (runner === undefined || own === undefined) {
      if (!this.#mayVanish.has(text) && !this.#isWithOthers(saved, runner, places))
        fault(`${name} was saved and is gone${runner === undefined ? ', as its conversation is' : ''}`);
      return;
    }
    this.#verifyWithheld(saved, places);
    if (isExcused(placeOf(device, runner.log))) return;
    const isInLog = places.some((place) => !place.endsWith('waiting'));
    if (own.item.state !== 'saved' && !isInLog) fault(`${name} is called ${own.item.state} and is nowhere`);
    const hasLeft = isOutOfRoster(runner, engine.identity?.person);
    const isIn = census.isMember(device, runner.log) && !hasLeft && !excuses.isDead(runner.log);
    if (isIn && own.record === undefined) fault(`${name} still waits`);
  }

  /**
   * Its author's profile went back behind it, and the author has since been out, or does not know of the
   * group any more: it is not handed back to them, but everybody who was in has it.
   */
  #isWithOthers(saved: SavedText, runner: LogRunner | undefined, places: readonly string[]): boolean {
    const { text, device, log, seenSeq } = saved;
    const { census, excuses, witness } = this.#court;
    const { engine } = device;
    if (!this.#forgotten.has(text) || engine === undefined || log === undefined) return false;
    // Nobody is left who has it and could hand it back.
    if (runner !== undefined && excuses.isDead(runner.log)) return true;
    const isIn = runner !== undefined && census.isMember(device, runner.log);
    const isInAnew = isIn && witness.joinedAt(device, runner) > seenSeq;
    if (isIn ? !isInAnew : census.isValid(engine) && runner === undefined && !excuses.isShutOut(device, log))
      return false;
    const had = census.membersOf(log).filter(([other, at]) => witness.joinedAt(other, at) <= seenSeq);
    return had.every(([other]) => places.includes(placeOf(other, log)));
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

/** Under whatever number: a profile that went back behind its beginning comes into what continues it (SPEC Q7). */
function conversationOf(engine: Engine, log: LogId): LogRunner | undefined {
  const directory = engine.directory();
  const goesOnIn = (runner: LogRunner) => logsBefore(directory, runner.log).includes(log);
  return engine.runnerOf(log) ?? engine.conversations().find(goesOnIn);
}

/** It has left, or was put out, and nobody has taken its leaf away: what it wrote behind that waits for good. */
function isOutOfRoster({ state: { fold } }: LogRunner, person: PersonId | undefined): boolean {
  return (
    fold.type === 'conversation' && person !== undefined && fold.conversation.roster[person] === undefined
  );
}

/** Of its vault, whether an engine runs over it or not: those that the relay has not acknowledged. */
async function waitingTexts(device: WorldDevice): Promise<ReadonlySet<string>> {
  const texts = new Set<string>();
  const records = await SealedRecords.over(createMemoryVault({ store: device.store }));
  if (!records.ok) return texts;
  const rows = await records.value.vault.range('intents', { from: [0, 0], to: [END, 0] });
  for (const { value } of await records.value.openIntents<StoredIntent>(rows)) {
    if (value.type === 'ask' && value.intent.type === 'send-text') texts.add(value.intent.text);
    if (value.type === 'entry' && value.body.kind === 'text' && value.seq === undefined)
      texts.add(value.body.text);
  }
  return texts;
}

/** Of its vault: those that it has read in a log. */
async function storedTexts(device: WorldDevice): Promise<readonly string[]> {
  const records = await SealedRecords.over(createMemoryVault({ store: device.store }));
  if (!records.ok) return [];
  const all = { from: rowKey(FIRST_CONVERSATION, 0), to: rowKey(LAST_CONVERSATION, END) };
  const pages = await records.value.range<readonly TimelineRecord[]>('rows', all);
  return pages.flatMap(({ value }) => value).flatMap(({ proof }) => textIn(proof?.entry) ?? []);
}

function textIn(bytes: Bytes | undefined): string | undefined {
  const entry = bytes === undefined ? undefined : parseEntry(bytes);
  const content = entry?.ok === true ? parseContent(entry.value.content) : undefined;
  const body = content?.ok === true ? content.value.body : undefined;
  return body?.kind === 'text' ? body.text : undefined;
}

const END = Number.MAX_SAFE_INTEGER;
