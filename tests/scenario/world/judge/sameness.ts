/** Everybody compared with everybody: one directory, one fold, one board, one timeline (P3). */
import { bytesToHex } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { StatusView } from '../../../../src/engine/views';
import { encodeCbor } from '../../../../src/protocol/codec';
import { VIEW } from '../../../../src/records/keys';
import type { World } from '../world';
import type { Member } from './census';
import type { Court } from './court';
import { boardAt, printOf, type ShownByPlace } from './shown';
import { placeOf } from './witness';

export async function verifyTown(court: Court, directory: Directory, seq: number): Promise<void> {
  const { census, fault } = court;
  const expected = bytesToHex(encodeCbor(directory));
  for (const { facts } of allDevicesAt(directory, seq)) {
    const device = census.deviceOf(facts.id);
    const engine = device?.engine;
    if (device === undefined || engine === undefined || device.records === undefined) continue;
    if (bytesToHex(encodeCbor(engine.directory())) !== expected)
      fault(`${device.name} has folded another directory`);
    const status = await device.records.get<StatusView>('views', VIEW.status);
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

/** What anybody shows, by order. */
function truthOf(
  { fault }: Court,
  world: World,
  log: LogId,
  shown: ShownByPlace,
): ReadonlyMap<number, string> {
  const truth = new Map<number, string>();
  for (const device of world.devices)
    for (const { item, record } of shown.get(placeOf(device, log)) ?? []) {
      if (record === undefined || item.content.type === 'gap') continue;
      const print = printOf(item);
      const known = truth.get(item.order);
      if (known === undefined) truth.set(item.order, print);
      else if (known !== print)
        fault(`${device.name} shows ${print} where others show ${known} (${log.slice(0, 8)})`);
    }
  return truth;
}

function verifyTimeline(
  { witness, fault }: Court,
  [device, runner]: Member,
  truth: ReadonlyMap<number, string>,
  shown: ShownByPlace,
): void {
  const { log, state } = runner;
  const own = shown.get(placeOf(device, log)) ?? [];
  const orders = own.map(({ item }) => item.order);
  if (orders.some((order, index) => index > 0 && order <= (orders[index - 1] ?? 0)))
    fault(`${device.name}: the timeline is not in order`);
  const joinedAt = witness.of(device, log)?.joinedAt ?? 0;
  const has = new Set(orders);
  for (const [order, print] of truth)
    if (Math.floor(order / 256) > joinedAt && !has.has(order))
      fault(`${device.name} (in since ${joinedAt}) misses ${print} at ${order} (${log.slice(0, 8)})`);
  for (const { item } of own)
    if (item.content.type === 'gap') fault(`${device.name} shows a gap: ${item.content.reason}`);
  if (state.progress.trouble !== 'none')
    fault(`${device.name} is in trouble: ${state.progress.trouble} (${log.slice(0, 8)})`);
}

/** Without what is not defined, which CBOR cannot say. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
