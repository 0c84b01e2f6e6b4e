/** Everybody compared with everybody: one directory, one fold, one board, one timeline (P3). */
import { bytesToHex, equalBytes } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import { parseContent, parseEntry } from '../../../../src/domain/entry';
import type { LogId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { ConversationView, StatusView, TimelineItem } from '../../../../src/engine/views';
import { encodeCbor } from '../../../../src/protocol/codec';
import {
  conversationViewKey,
  generationOfOrder,
  seqOfOrder,
  TOWN_LOG,
  VIEW,
} from '../../../../src/records/keys';
import type { World } from '../world';
import { isEnded, type Member } from './census';
import type { Court } from './court';
import { boardAt, printOf, type ShownByPlace } from './shown';
import { placeOf } from './witness';

export async function verifyTown(court: Court, directory: Directory, seq: number): Promise<void> {
  const { census, fault } = court;
  const expected = bytesToHex(encodeCbor(directory));
  for (const { facts } of allDevicesAt(directory, seq))
    for (const device of census.holdersOf(facts.id)) {
      const { engine, records } = device;
      if (engine === undefined || records === undefined) continue;
      const town = engine.runners.get(TOWN_LOG);
      const isOut = town === undefined || isEnded(device, town.log);
      if (!isOut && bytesToHex(encodeCbor(engine.directory())) !== expected)
        fault(`${device.name} has folded another directory`);
      const status = await records.get<StatusView>('views', VIEW.status);
      // What was written into a conversation one was then put out of waits for good, and is counted. Whoever is
      // ended reads back no more what it had handed over.
      const waiting = engine.book
        .all()
        .filter(({ intent }) => intent.body.kind === 'text' && !(isOut && intent.seq !== undefined)).length;
      if (status?.waiting !== waiting)
        fault(`${device.name} says that ${status?.waiting} wait, and it is ${waiting}`);
      if (status?.problem !== (isOut && engine.back.isEnded ? 'copied' : undefined))
        fault(`${device.name} still says ${status?.problem ?? 'nothing'}`);
      if (status?.connection.state !== 'online') fault(`${device.name} does not say online`);
    }
  if (!(await census.arePassesRight(directory, seq)))
    fault('the relay has other passes than the directory (K8)');
}

/** Only who may have been copied finds itself ended, and each conversation of it says so; one goes on (SPEC B7). */
export async function verifyEnded({ excuses, fault }: Court, world: World): Promise<void> {
  for (const copies of excuses.copies)
    if ([...copies].every(({ engine }) => engine?.back.isEnded === true))
      fault(`${[...copies].map(({ name }) => name).join()} have all ended each other`);
  for (const device of world.devices) {
    const { engine, records } = device;
    for (const runner of engine?.runners.values() ?? []) {
      if (!isEnded(device, runner.log)) continue;
      if (!excuses.mayBeEnded(device))
        fault(`${device.name} takes itself for a copy (${runner.log.slice(0, 8)})`);
      const key = conversationViewKey(runner.state.number);
      const view = await records?.get<ConversationView>('views', key);
      if (runner.isConversation && view?.back?.waitsFor !== 'nothing')
        fault(`${device.name} is ended in ${runner.log.slice(0, 8)} and does not say so`);
    }
  }
}

/**
 * Whoever came to the town is known to it, or was admitted behind what the admin had read who took the town to
 * another relay (SPEC Q6): nothing could say so to that admin, and the newcomer has to be invited again.
 */
export function verifyNobodyForgotten({ fault }: Court, world: World, directory: Directory): void {
  for (const device of world.devices) {
    const { engine } = device;
    const id = engine?.identity?.device;
    if (engine === undefined || id === undefined || engine.setup.phase !== 'ready') continue;
    const admission = engine.directory().devices[id];
    if (directory.devices[id] !== undefined || admission === undefined) continue;
    const left = leftAt(engine, directory);
    if (left === undefined || left >= admission.from)
      fault(`${device.name} was admitted at ${admission.from} and is in no directory`);
  }
}

/**
 * How much of this device's town log the one had read who went on elsewhere. After several moves only the
 * last one can still be asked: 0. Undefined when nobody went on without this device.
 */
function leftAt(engine: Engine, { continuation }: Directory): number | undefined {
  const town = engine.runners.get(TOWN_LOG)?.state;
  if (continuation === undefined || town === undefined || continuation.generation <= engine.generation)
    return undefined;
  if (continuation.old !== town.core.log) return 0;
  const statement = parseEntry(continuation.statement);
  const content = statement.ok ? parseContent(statement.value.content) : undefined;
  const body = content?.ok === true ? content.value.body : undefined;
  if (body?.kind !== 'town-continued') return undefined;
  const link = town.progress.links.find(([seq]) => seq === body.seq)?.[1];
  // The log went on in another way at a relay that had been restored.
  if (link !== undefined && !equalBytes(link, body.chain)) return 0;
  return body.seq;
}

export async function verifyLog(court: Court, world: World, log: LogId, shown: ShownByPlace): Promise<void> {
  const { census, excuses, fault } = court;
  const members = census.membersOf(log);
  if (members.length === 0 || excuses.isDead(log)) return;
  const folds = members.map(([, { state }]) => bytesToHex(encodeCbor(plain(state.fold))));
  if (new Set(folds).size > 1) fault(`${log.slice(0, 8)}: the members' folds differ`);
  const boards = await Promise.all(members.map(([device, runner]) => boardAt(device, runner)));
  if (new Set(boards).size > 1)
    fault(`${log.slice(0, 8)}: boards differ: ${[...new Set(boards)].join(' | ')}`);
  const truth = truthOf(court, world, log, shown);
  for (const member of members) verifyTimeline(court, member, truth, shown);
}

/** What anybody shows. */
interface Truth {
  /** Items of the log itself, by order: each stands in one place for all. */
  readonly byOrder: ReadonlyMap<number, TimelineItem>;
  /**
   * Texts of the logs that this one continues, by id, with the place of each in the log it was said in. Of
   * what a lost relay had only texts are handed on, and each stays where its reader has it (SPEC Q7, Q8).
   */
  readonly before: ReadonlyMap<string, { readonly item: TimelineItem; readonly orders: Set<number> }>;
}

/** Members', and of the log itself also what former members still show. */
function truthOf({ census, fault }: Court, world: World, log: LogId, shown: ShownByPlace): Truth {
  const byOrder = new Map<number, TimelineItem>();
  const before = new Map<string, { readonly item: TimelineItem; readonly orders: Set<number> }>();
  for (const device of world.devices) {
    const runner = device.engine?.runnerOf(log);
    const generation = runner?.state.core.generation ?? 0;
    for (const { item, record } of shown.get(placeOf(device, log)) ?? []) {
      if (record === undefined || item.content.type === 'gap') continue;
      if (isBefore(item.order, generation)) {
        if (item.content.type !== 'text' || !census.isMember(device, log)) continue;
        const known = before.get(item.id) ?? { item, orders: new Set<number>() };
        before.set(item.id, known);
        if (generationOfOrder(item.order) < generation) known.orders.add(item.order);
        if (printOf(item) !== printOf(known.item))
          fault(`${device.name} shows ${printOf(item)} where others show ${printOf(known.item)}`);
        continue;
      }
      const known = byOrder.get(item.order);
      if (known === undefined) byOrder.set(item.order, item);
      else if (printOf(known) !== printOf(item))
        fault(
          `${device.name} shows ${printOf(item)} where others show ${printOf(known)} (${log.slice(0, 8)})`,
        );
    }
  }
  return { byOrder, before };
}

/** In front of the first envelope of the town's present generation. */
function isBefore(order: number, generation: number): boolean {
  return generation > 0 && seqOfOrder(order, generation) === 0;
}

function verifyTimeline(
  { witness, fault }: Court,
  [device, runner]: Member,
  truth: Truth,
  shown: ShownByPlace,
): void {
  const { log, state } = runner;
  const own = shown.get(placeOf(device, log)) ?? [];
  const orders = own.map(({ item }) => item.order);
  if (orders.some((order, index) => index > 0 && order <= (orders[index - 1] ?? 0)))
    fault(`${device.name}: the timeline is not in order`);
  const has = new Set(orders);
  const said = new Set<string>(own.map(({ item }) => item.id));
  const { generation = 0 } = state.core;
  const misses = (item: TimelineItem, order: number): void => {
    const since = witness.joinedAt(device, runner);
    fault(`${device.name} (in since ${since}) misses ${printOf(item)} at ${order} (${log.slice(0, 8)})`);
  };
  // Put out of the log before it came over to it: a former member is handed nothing (SPEC B5, J4).
  const person = device.engine?.identity?.person;
  const isFormer = [...truth.byOrder].some(
    ([order, { content }]) =>
      content.type === 'system' &&
      content.event.type === 'removed' &&
      content.event.persons.some((one) => one === person) &&
      seqOfOrder(order, generation) <= witness.joinedAt(device, runner),
  );
  for (const [order, item] of truth.byOrder) {
    const isText = item.content.type === 'text';
    // Carried over for those who lacked it; who had it, has it where it was said.
    const isHad = generation > 0 && said.has(item.id);
    const isFromBefore = seqOfOrder(order, generation) <= witness.joinedAt(device, runner);
    const isDue = !(isFormer && isFromBefore) && witness.isEntitled(device, state.number, order, isText);
    if (isDue && !has.has(order) && !isHad) misses(item, order);
  }
  for (const [id, { item, orders: places }] of truth.before)
    if (!said.has(id))
      for (const order of places)
        if (witness.isEntitled(device, state.number, order, true)) misses(item, order);
  for (const { item } of own)
    if (item.content.type === 'gap') fault(`${device.name} shows a gap: ${item.content.reason}`);
  if (state.progress.trouble !== 'none')
    fault(`${device.name} is in trouble: ${state.progress.trouble} (${log.slice(0, 8)})`);
}

/** Without what is not defined, which CBOR cannot say. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
