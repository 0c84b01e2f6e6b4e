/** Everybody compared with everybody: one directory, one fold, one board, one timeline (P3). */
import { bytesToHex } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { StatusView, TimelineItem } from '../../../../src/engine/views';
import { encodeCbor } from '../../../../src/protocol/codec';
import { generationOfOrder, seqOfOrder, TOWN_LOG, VIEW } from '../../../../src/records/keys';
import type { World } from '../world';
import type { Member } from './census';
import type { Court } from './court';
import { boardAt, printOf, type ShownByPlace } from './shown';
import { placeOf } from './witness';

export async function verifyTown(court: Court, directory: Directory, seq: number): Promise<void> {
  const { census, excuses, fault } = court;
  const expected = bytesToHex(encodeCbor(directory));
  for (const { facts } of allDevicesAt(directory, seq))
    for (const device of census.holdersOf(facts.id)) {
      const { engine, records } = device;
      if (engine === undefined || records === undefined || excuses.isShutOutOfTown(device)) continue;
      const isEnded = engine.runners.get(TOWN_LOG)?.state.progress.isCopied === true;
      if (!isEnded && bytesToHex(encodeCbor(engine.directory())) !== expected)
        fault(`${device.name} has folded another directory`);
      const status = await records.get<StatusView>('views', VIEW.status);
      // What was written into a conversation one was then put out of waits for good, and is counted.
      const waiting = engine.book.all().filter(({ intent }) => intent.body.kind === 'text').length;
      if (status?.waiting !== waiting)
        fault(`${device.name} says that ${status?.waiting} wait, and it is ${waiting}`);
      if (status?.problem !== undefined) fault(`${device.name} still says ${status.problem}`);
      if (status?.connection.state !== 'online') fault(`${device.name} does not say online`);
    }
  if (!(await census.arePassesRight(directory, seq)))
    fault('the relay has other passes than the directory (K8)');
}

export async function verifyLog(court: Court, world: World, log: LogId, shown: ShownByPlace): Promise<void> {
  const { census, fault } = court;
  const members = census.membersOf(log);
  if (members.length === 0) return;
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
  for (const [order, item] of truth.byOrder) {
    const isText = item.content.type === 'text';
    // Carried over for those who lacked it; who had it, has it where it was said.
    const isHad = generation > 0 && isText && said.has(item.id);
    const isDue = witness.isEntitled(device, state.number, order, isText);
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
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
