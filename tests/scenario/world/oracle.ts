/**
 * What must hold in a world, whatever happens in it. `look` is called after every step and only looks;
 * `isAtRest` says what is still on its way; `verify` compares everybody with everybody in the end.
 */
import { bytesToHex, equalBytes } from '../../../src/lib/bytes';
import { allDevicesAt, holdsAt, isAdminAt, type Directory } from '../../../src/domain/directory';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import { idToBytes } from '../../../src/domain/ids';
import { encodeCbor } from '../../../src/protocol/codec';
import { parseEnvelope } from '../../../src/protocol/envelope';
import { rowKey, TOWN_LOG, VIEW } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { expectedConversation } from '../../../src/engine/viewWriter';
import type { Engine } from '../../../src/engine/engine';
import type { StatusView, TimelineItem } from '../../../src/engine/views';
import { openEntries } from '../../../src/sync/entrySeal';
import type { Group, LogState } from '../../../src/sync/logState';
import type { LogRunner } from '../../../src/sync/logRunner';
import { BOARD } from './boardSession';
import { openDocumentChannel } from '../../../src/engine/clientDocument';
import { readBoard } from '../../../src/crdt/noticeBoard';
import * as Y from 'yjs';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

interface SavedText {
  readonly text: string;
  readonly device: WorldDevice;
  readonly number: number;
  /** Persons whose removal the writer knew of, having read the log up to here. */
  readonly withheldFrom: readonly PersonId[];
  readonly seenSeq: number;
}

interface Seen {
  state: LogState | undefined;
  group: Group | undefined;
  line: string;
  joinedAt: number;
  /** The highest cursor it ever had: a power cut may have taken it back since. */
  farthest: number;
  readonly groups: Group[];
}

/** Groups a device has held, kept to try them on what was not meant for it. */
const GROUPS_KEPT = 4;
/** Longer than a dead connection goes unnoticed (25 s until asked, 20 s for the answer). */
const BEHIND_MS = 60_000;

export class Oracle {
  readonly #world: World;
  readonly texts = new Map<string, SavedText>();
  readonly #mayVanish = new Set<string>();
  readonly #seen = new Map<string, Seen>();
  /** Last commit in force that took a device's leaf away, by log and device. */
  readonly #removedAt = new Map<string, number>();
  readonly #behindSince = new Map<string, { head: number; since: number }>();
  #written = 0;
  readonly faults: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  fault(what: string): void {
    if (this.faults.length < 40 && !this.faults.includes(what)) this.faults.push(what);
  }

  // ---- what people do ---------------------------------------------------------------------------

  async write(device: WorldDevice, number: number, padding: number): Promise<void> {
    if (device.client === undefined) return;
    const text = `${device.name}/${++this.#written}${' .'.repeat(padding / 2)}`;
    const withheldFrom = this.#knownOutsiders(device, number);
    const saved = await device.client.intend({ type: 'send-text', conversation: number, text });
    const seenSeq = device.engine?.runners.get(number)?.state.progress.cursor ?? 0;
    if (saved.ok) this.texts.set(text, { text, device, number, withheldFrom, seenSeq });
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

  // ---- after every step ---------------------------------------------------------------------------

  look(): void {
    for (const device of this.#world.devices) {
      const { engine } = device;
      if (engine === undefined) continue;
      for (const runner of engine.runners.values()) this.#lookAt(device, runner);
    }
  }

  #lookAt(device: WorldDevice, runner: LogRunner): void {
    const { state } = runner;
    const { group, progress } = state;
    const key = `${device.index}/${runner.log}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      seen = { state: undefined, group: undefined, line: '', joinedAt: 0, farthest: 0, groups: [] };
      this.#seen.set(key, seen);
    }
    if (state === seen.state) return;
    seen.state = state;
    seen.farthest = Math.max(seen.farthest, progress.cursor);
    const isIn = progress.isMember && (group !== undefined || state.core.kind === 'mailbox');
    // The first link is the founding's, or the one that came with the Welcome.
    const first = progress.links[0]?.[0] ?? progress.cursor;
    if (isIn && first !== 1) seen.joinedAt = first;
    this.#noteLine(device, runner, seen, isIn);
    if (group === seen.group || group === undefined) return;
    const before = seen.group;
    seen.group = group;
    seen.groups.push(group);
    if (seen.groups.length > GROUPS_KEPT) seen.groups.shift();
    if (before === undefined) return;
    const leaves = new Set(group.leaves.map(({ device: id }) => id));
    for (const { device: id } of before.leaves)
      if (!leaves.has(id)) this.#removedAt.set(`${runner.log}/${id}`, progress.lastCommit);
  }

  /** Into the world's log: where each log stands on each device. */
  #noteLine(device: WorldDevice, runner: LogRunner, seen: Seen, isIn: boolean): void {
    const { progress, fold, group, flight, pendingCommit, followUps } = runner.state;
    const roster = fold.type === 'conversation' ? Object.keys(fold.conversation.roster).length : '-';
    const line = [
      `${runner.log.slice(0, 8)} ${isIn ? 'in' : 'out'} @${progress.cursor}`,
      `roster ${roster} leaves ${group?.leaves.length ?? 0} flight ${flight?.envelopes.length ?? 0}`,
      `commit ${pendingCommit === undefined ? 0 : 1} mails ${followUps.mails.length} ${progress.trouble}`,
    ].join(' ');
    if (line !== seen.line) device.log(line);
    seen.line = line;
  }

  /** What a device shows at this moment must not be more than is true. */
  async probe(): Promise<void> {
    for (const device of this.#world.devices) {
      const { engine, records } = device;
      if (engine === undefined || records === undefined) continue;
      const status = await records.get<StatusView>('views', VIEW.status);
      await this.#probeBehind(device, engine, status);
      for (const runner of engine.conversations()) {
        const head = await this.#headOf(runner.log);
        for (const { intent } of engine.book.waiting(runner.state.number))
          if (intent.seq !== undefined && intent.seq > head)
            this.fault(`${device.name} calls handed over what the relay does not have`);
        for (const [other, [delivered]] of Object.entries(runner.state.progress.receipts)) {
          const index = this.#deviceOf(other as DeviceId)?.index;
          const cursor = this.#seen.get(`${index}/${runner.log}`)?.farthest;
          if (cursor !== undefined && delivered > cursor)
            this.fault(`${device.name} calls delivered what ${other} has not`);
        }
      }
    }
  }

  /** Who is behind says what it waits for. */
  async #probeBehind(device: WorldDevice, engine: Engine, status: StatusView | undefined): Promise<void> {
    const { now } = this.#world.scheduler;
    const isOnline = status?.connection.state === 'online';
    for (const runner of engine.conversations()) {
      const key = `${device.index}/${runner.log}`;
      const { progress } = runner.state;
      const head = await this.#headOf(runner.log);
      if (!this.#isValid(engine)) return;
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
        this.fault(`${device.name} is behind in ${runner.log.slice(0, 8)} and says nothing`);
    }
  }

  async #headOf(log: LogId): Promise<number> {
    const states = await this.#world.relay.store.watch([{ log: idToBytes(log), afterPut: Infinity }]);
    return states.ok ? (states.value[0]?.head ?? 0) : 0;
  }

  #deviceOf(id: DeviceId): WorldDevice | undefined {
    return this.#world.devices.find((device) => device.engine?.identity?.device === id);
  }

  #runnerOf(id: DeviceId, log: LogId): LogRunner | undefined {
    return this.#deviceOf(id)?.engine?.runnerOf(log);
  }

  // ---- at rest -------------------------------------------------------------------------------------

  /** The device that has folded most of the town, if it has folded all. */
  async #reference(): Promise<{ engine: Engine; directory: Directory; seq: number } | string> {
    let best: Engine | undefined;
    for (const { engine } of this.#world.devices)
      if (engine !== undefined && engine.townSeq() > (best?.townSeq() ?? -1)) best = engine;
    const town = best?.runners.get(TOWN_LOG);
    if (best === undefined || town === undefined) return 'nobody is in the town';
    if (best.townSeq() < (await this.#headOf(town.log))) return 'nobody has read the town';
    return { engine: best, directory: best.directory(), seq: best.townSeq() };
  }

  /** What is still on its way; undefined when nothing is. */
  async unrest(): Promise<string | undefined> {
    const reference = await this.#reference();
    if (typeof reference === 'string') return reference;
    const { directory, seq } = reference;
    const valid = allDevicesAt(directory, seq);
    for (const { facts } of valid) {
      const device = this.#deviceOf(facts.id);
      if (device?.engine === undefined) return `${facts.id} does not run`;
      const why = await this.#unrestOf(device.engine, seq);
      if (why !== undefined) return `${device.name}: ${why}`;
      // What the relay refused is asked for again after half a minute.
      const status = await device.records?.get<StatusView>('views', VIEW.status);
      if (status?.problem === 'not-admitted') return `${device.name}: not admitted`;
    }
    if (!(await this.#arePassesRight(directory, seq))) return 'other passes than the directory (K8)';
    for (const log of this.#conversationLogs()) {
      const why = await this.#unrestIn(log, directory, seq);
      if (why !== undefined) return `${log.slice(0, 8)}: ${why}`;
    }
    return undefined;
  }

  async #unrestOf(engine: Engine, seq: number): Promise<string | undefined> {
    if (engine.relay?.isOnline !== true) return 'offline';
    if (engine.townSeq() < seq) return 'behind in the town';
    if (engine.setup.phase !== 'ready') return `still ${engine.setup.phase}`;
    for (const runner of engine.runners.values()) {
      const { number, progress, flight, pendingCommit, followUps } = runner.state;
      if (!progress.isMember) continue;
      const name = `log ${number}`;
      if (!progress.isCreated) return `${name} is not created`;
      if (progress.cursor < (await this.#headOf(runner.log))) return `${name} is behind`;
      if (flight !== undefined) return `${name} has a flight`;
      if (pendingCommit !== undefined) return `${name} has a commit`;
      if (followUps.mails.length > 0) return `${name} has mail`;
      if (engine.book.waiting(number).length > 0) return `${name} has waiting entries`;
    }
    return undefined;
  }

  async #unrestIn(log: LogId, directory: Directory, seq: number): Promise<string | undefined> {
    const reference = await this.#referenceIn(log);
    if (reference === undefined) return undefined;
    const { fold, group } = reference.state;
    if (fold.type !== 'conversation' || group === undefined) return 'no fold';
    const persons = new Set(Object.keys(fold.conversation.roster));
    // The last one has left.
    if (persons.size === 0) return reference.state.progress.cursor > 0 ? undefined : 'not founded';
    const wanted = allDevicesAt(directory, seq).filter(({ person }) => persons.has(person));
    const leaves = group.leaves.map(({ device }) => device).sort();
    const ids = wanted.map(({ facts }) => facts.id).sort();
    // Whoever left before anybody else was in stays alone: nobody is left who could let others in.
    if (!ids.some((id) => leaves.includes(id))) return undefined;
    if (leaves.join() !== ids.join()) return `leaves ${leaves.length}, wanted ${ids.length}`;
    for (const { facts } of wanted) {
      const runner = this.#runnerOf(facts.id, log);
      const name = this.#deviceOf(facts.id)?.name ?? facts.id;
      if (runner?.state.progress.isMember !== true) return `${name} is not in`;
      if (runner.state.progress.cursor < reference.state.progress.cursor) return `${name} is behind`;
      if (!equalBytes(runner.state.group?.tag ?? new Uint8Array(0), group.tag)) return `${name}: other epoch`;
    }
    return undefined;
  }

  #conversationLogs(): ReadonlySet<LogId> {
    const logs = new Set<LogId>();
    for (const { engine } of this.#world.devices)
      for (const runner of engine?.conversations() ?? []) logs.add(runner.log);
    return logs;
  }

  async #referenceIn(log: LogId): Promise<LogRunner | undefined> {
    const head = await this.#headOf(log);
    return this.#membersOf(log)
      .map(([, runner]) => runner)
      .find(({ state }) => state.progress.cursor >= head && state.progress.isCreated);
  }

  #membersOf(log: LogId): readonly (readonly [WorldDevice, LogRunner])[] {
    return this.#world.devices.flatMap((device) => {
      const { engine } = device;
      const runner = engine !== undefined && this.#isValid(engine) ? engine.runnerOf(log) : undefined;
      return runner?.state.progress.isMember === true ? [[device, runner] as const] : [];
    });
  }

  /** In the town as far as anybody knows. */
  #isValid(engine: Engine): boolean {
    let best = engine;
    for (const { engine: other } of this.#world.devices)
      if (other !== undefined && other.townSeq() > best.townSeq()) best = other;
    const device = best.directory().devices[engine.identity?.device ?? ('' as DeviceId)];
    return device !== undefined && holdsAt(device, best.townSeq());
  }

  // ---- in the end ----------------------------------------------------------------------------------

  async verify(): Promise<void> {
    const reference = await this.#reference();
    if (typeof reference === 'string') {
      this.fault(reference);
      return;
    }
    await this.#verifyTown(reference.directory, reference.seq);
    const shown = new Map<string, readonly Shown[]>();
    for (const device of this.#world.devices)
      for (const runner of device.engine?.conversations() ?? [])
        shown.set(`${device.index}/${runner.log}`, await this.#shownAt(device, runner));
    for (const log of this.#conversationLogs()) await this.#verifyLog(log, shown);
    this.#verifyTexts(shown);
    await this.#verifyRemoved();
  }

  async #verifyTown(directory: Directory, seq: number): Promise<void> {
    const valid = allDevicesAt(directory, seq);
    const expected = bytesToHex(encodeCbor(directory));
    for (const { facts } of valid) {
      const device = this.#deviceOf(facts.id);
      const engine = device?.engine;
      if (device === undefined || engine === undefined || device.records === undefined) continue;
      if (bytesToHex(encodeCbor(engine.directory())) !== expected)
        this.fault(`${device.name} has folded another directory`);
      const status = await device.records.get<StatusView>('views', VIEW.status);
      // What was written into a conversation one was then put out of waits for good, and is counted.
      const waiting = engine.book.all().filter(({ intent }) => intent.body.kind === 'text').length;
      if (status?.waiting !== waiting)
        this.fault(`${device.name} says that ${status?.waiting} wait, and it is ${waiting}`);
      if (status?.problem !== undefined) this.fault(`${device.name} still says ${status.problem}`);
      if (status?.connection.state !== 'online') this.fault(`${device.name} does not say online`);
    }
    if (!(await this.#arePassesRight(directory, seq)))
      this.fault('the relay has other passes than the directory (K8)');
  }

  async #arePassesRight(directory: Directory, seq: number): Promise<boolean> {
    const passes = await this.#world.relay.store.passes();
    const held = (passes.ok ? passes.value : [])
      .map(({ key, isAdmin }) => `${bytesToHex(key)} ${isAdmin}`)
      .sort();
    const due = allDevicesAt(directory, seq)
      .map(({ facts, person }) => `${bytesToHex(facts.relayKey)} ${isAdminAt(directory, person, seq)}`)
      .sort();
    return held.join() === due.join();
  }

  async #shownAt(device: WorldDevice, runner: LogRunner): Promise<readonly Shown[]> {
    const { number } = runner.state;
    const { client, records } = device;
    if (client === undefined || records === undefined) return [];
    const pages = await records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(number, 0),
      to: rowKey(number, Number.MAX_SAFE_INTEGER),
    });
    const rows = new Map(pages.flatMap(({ value }) => value).map((record) => [record.order, record]));
    const items = await new Promise<readonly TimelineItem[]>((resolve) => {
      const timeline = client.openTimeline(number, {
        limit: 5_000,
        onChange: (window) => {
          resolve(window.items);
          queueMicrotask(() => timeline.close());
        },
      });
    });
    return items.map((item) => ({ item, record: rows.get(Math.floor(item.order)) }));
  }

  async #verifyLog(log: LogId, shown: ReadonlyMap<string, readonly Shown[]>): Promise<void> {
    const members = this.#membersOf(log);
    const [first] = members;
    if (first === undefined) return;
    const folds = members.map(([, { state }]) => bytesToHex(encodeCbor(plain(state.fold))));
    if (new Set(folds).size > 1) this.fault(`${log.slice(0, 8)}: the members' folds differ`);
    const boards = await Promise.all(members.map(([device, runner]) => this.#boardAt(device, runner)));
    if (new Set(boards).size > 1)
      this.fault(`${log.slice(0, 8)}: boards differ: ${[...new Set(boards)].join(' | ')}`);
    const truth = new Map<number, string>();
    for (const device of this.#world.devices)
      for (const { item, record } of shown.get(`${device.index}/${log}`) ?? []) {
        if (record === undefined || item.content.type === 'gap') continue;
        const print = printOf(item);
        const known = truth.get(item.order);
        if (known === undefined) truth.set(item.order, print);
        else if (known !== print)
          this.fault(`${device.name} shows ${print} where others show ${known} (${log.slice(0, 8)})`);
      }
    for (const [device, runner] of members) {
      const own = shown.get(`${device.index}/${log}`) ?? [];
      const orders = own.map(({ item }) => item.order);
      if (orders.some((order, index) => index > 0 && order <= (orders[index - 1] ?? 0)))
        this.fault(`${device.name}: the timeline is not in order`);
      const joinedAt = this.#seen.get(`${device.index}/${log}`)?.joinedAt ?? 0;
      const has = new Set(orders);
      for (const [order, print] of truth)
        if (Math.floor(order / 256) > joinedAt && !has.has(order))
          this.fault(
            `${device.name} (in since ${joinedAt}) misses ${print} at ${order} (${log.slice(0, 8)})`,
          );
      for (const { item } of own)
        if (item.content.type === 'gap') this.fault(`${device.name} shows a gap: ${item.content.reason}`);
      if (runner.state.progress.trouble !== 'none')
        this.fault(`${device.name} is in trouble: ${runner.state.progress.trouble} (${log.slice(0, 8)})`);
    }
  }

  async #boardAt(device: WorldDevice, runner: LogRunner): Promise<string> {
    const { records } = device;
    if (records === undefined) return '';
    const channel = openDocumentChannel(
      records,
      device.engine!.identity!.device,
      runner.state.number,
      BOARD,
      () => Promise.reject(new Error('only read')),
    );
    const doc = new Y.Doc();
    for (const update of await channel.load()) Y.applyUpdate(doc, update);
    return JSON.stringify(readBoard(doc));
  }

  #verifyTexts(shown: ReadonlyMap<string, readonly Shown[]>): void {
    const places = new Map<string, string[]>();
    for (const [place, items] of shown)
      for (const { item, record } of items)
        if (item.content.type === 'text') {
          const key = item.content.text;
          places.set(key, [...(places.get(key) ?? []), record === undefined ? `${place} waiting` : place]);
        }
    for (const [text, at] of places)
      if (new Set(at).size !== at.length) this.fault(`${text.slice(0, 20)} is shown twice: ${at.join()}`);
    for (const saved of this.texts.values()) this.#verifyText(saved, places.get(saved.text) ?? [], shown);
  }

  #verifyText(
    { text, device, number, withheldFrom, seenSeq }: SavedText,
    places: readonly string[],
    shown: ReadonlyMap<string, readonly Shown[]>,
  ): void {
    const name = text.slice(0, 20);
    const { engine } = device;
    if (engine === undefined) return;
    const runner = engine.runners.get(number);
    if (runner === undefined) {
      if (!this.#mayVanish.has(text)) this.fault(`${name} was saved in a conversation that is gone`);
      return;
    }
    const own = shown
      .get(`${device.index}/${runner.log}`)
      ?.find(({ item }) => item.content.type === 'text' && item.content.text === text);
    if (own === undefined) {
      if (!this.#mayVanish.has(text)) this.fault(`${name} was saved and is gone`);
      return;
    }
    const isInLog = places.some((place) => !place.endsWith('waiting'));
    if (own.item.state !== 'saved' && !isInLog)
      this.fault(`${name} is called ${own.item.state} and is nowhere`);
    if (this.#isValid(engine) && runner.state.progress.isMember && own.record === undefined)
      this.fault(`${name} still waits`);
    for (const place of places) {
      const index = Number(place.split('/')[0]);
      const person = this.#world.devices[index]?.engine?.identity?.person;
      // Who was taken back before the text reached the log reads it as every member does.
      const isBack = (this.#seen.get(place)?.joinedAt ?? 0) > seenSeq;
      if (person !== undefined && withheldFrom.includes(person) && !isBack)
        this.fault(`${name} was opened by ${this.#world.devices[index]?.name}, who had been removed`);
    }
  }

  /** Everything the relay stores, tried with every key a removed device has held (P7). */
  async #verifyRemoved(): Promise<void> {
    for (const [key, removedAt] of this.#removedAt) {
      const [log, id] = key.split('/') as [LogId, DeviceId];
      const device = this.#world.devices.find((one) => one.engine?.identity?.device === id);
      const isBack = this.#membersOf(log).some(([, { state }]) =>
        state.group?.leaves.some((leaf) => leaf.device === id),
      );
      if (device === undefined || isBack) continue;
      const seen = this.#seen.get(`${device.index}/${log}`);
      const page = await this.#world.relay.store.read(idToBytes(log), removedAt, Infinity);
      if (!page.ok || seen === undefined) continue;
      for (const row of page.value.envelopes) {
        const envelope = parseEnvelope(row.bytes);
        if (!envelope.ok || row.isCommit) continue;
        for (const group of seen.groups)
          if ((await openEntries(log, group, envelope.value)).ok)
            this.fault(`${device.name} was removed at ${removedAt} and opens ${row.seq}`);
      }
    }
  }
}

interface Shown {
  readonly item: TimelineItem;
  /** Undefined while it waits. */
  readonly record: TimelineRecord | undefined;
}

function printOf({ id, author, content }: TimelineItem): string {
  return JSON.stringify([id, author, content], (_, value: unknown) =>
    typeof value === 'string' && value.length > 60 ? value.slice(0, 60) : value,
  );
}

/** Without what is not defined, which CBOR cannot say. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
