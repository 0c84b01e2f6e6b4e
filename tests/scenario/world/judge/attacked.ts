/**
 * Beside a hostile member (P6): the honest ones come to rest, show the same, and what they write arrives. What
 * it brought about may be marked, on all of them alike; in a log that has nobody else, it may withhold itself.
 */
import { bytesToHex } from '../../../../src/lib/bytes';
import type { LogId } from '../../../../src/domain/ids';
import { encodeCbor } from '../../../../src/protocol/codec';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import type { Member } from './census';
import type { Court } from './court';
import { plain } from './sameness';
import { boardAt, printOf, type ShownByPlace } from './shown';
import { placeOf } from './witness';

/** Honest members, as far as anybody knows. */
function honestIn({ census }: Court, log: LogId, hostile: WorldDevice): readonly Member[] {
  return census.membersOf(log).filter(([device]) => device !== hostile);
}

/** Nobody honest is in it besides: there the hostile one is the whole world. */
export function isAlone(court: Court, log: LogId, hostile: WorldDevice): boolean {
  return honestIn(court, log, hostile).length < 2;
}

/** What is still on its way among the honest; undefined when nothing is. */
export async function unrestOfHonest(
  court: Court,
  world: World,
  hostile: WorldDevice,
): Promise<string | undefined> {
  const { census } = court;
  for (const device of world.devices) {
    const { engine } = device;
    if (device === hostile || engine === undefined || !device.isInTown || !census.isValid(engine)) continue;
    if (engine.relay?.isOnline !== true) return `${device.name} is offline`;
    for (const runner of engine.runners.values()) {
      if (!runner.state.progress.isMember || isAlone(court, runner.log, hostile)) continue;
      const why = await unrestIn(court, runner);
      if (why !== undefined) return `${device.name}: ${runner.log.slice(0, 8)} ${why}`;
    }
  }
  return undefined;
}

async function unrestIn({ census }: Court, { log, state, lost }: LogRunner): Promise<string | undefined> {
  if (lost !== undefined) return `lost its ${lost}`;
  // Within seconds it either hears of somebody in its epoch, or asks to be taken back (SPEC B1).
  if (state.progress.suspect !== undefined) return 'suspects that others have gone on';
  if (state.progress.cursor < (await census.headOf(log))) return 'is behind';
  if (state.flight !== undefined) return 'has a flight';
  if (state.pendingCommit !== undefined) return 'has a commit';
  return undefined;
}

/** One directory, one fold, one epoch, one board and one timeline, marks included. */
export async function verifyHonest(
  court: Court,
  hostile: WorldDevice,
  log: LogId,
  shown: ShownByPlace,
): Promise<void> {
  const { fault } = court;
  const members = honestIn(court, log, hostile);
  const name = log.slice(0, 8);
  const folds = members.map(([, { state }]) => bytesToHex(encodeCbor(plain(state.fold))));
  if (new Set(folds).size > 1) fault(`${name}: the honest members’ folds differ`);
  const tags = members.map(([, { state }]) => bytesToHex(state.group?.tag ?? new Uint8Array(0)));
  if (new Set(tags).size > 1) fault(`${name}: the honest members are in several epochs`);
  const boards = await Promise.all(members.map(([device, runner]) => boardAt(device, runner)));
  if (new Set(boards).size > 1) fault(`${name}: boards differ: ${[...new Set(boards)].join(' | ')}`);
  for (const one of members)
    for (const other of members) if (one !== other) verifyShows(court, one, other, shown);
}

/** What one shows, the other shows there, too, if it was in by then. */
function verifyShows({ witness, fault }: Court, one: Member, other: Member, shown: ShownByPlace): void {
  const itemsOf = ([device, { log }]: Member) =>
    (shown.get(placeOf(device, log)) ?? []).filter(({ record }) => record !== undefined);
  const has = new Map(itemsOf(other).map(({ item }) => [item.order, printOf(item)]));
  const { number, progress } = other[1].state;
  const cameIn = progress.links[0]?.[0] ?? 0;
  for (const { item } of itemsOf(one)) {
    const order = Math.floor(item.order);
    const isText = item.content.type === 'text';
    if (!witness.isEntitled(other[0], number, order, isText)) continue;
    // Whoever was handed it, or joined behind it, has no marks and no effects of before.
    if (!isText && Math.floor(order / 256) <= (cameIn > 1 ? cameIn : 0)) continue;
    if (has.get(item.order) !== printOf(item) && !hasText(has, item.order, printOf(item)))
      fault(
        `${other[0].name} has ${has.get(item.order) ?? 'nothing'} for ${printOf(item)} of ${one[0].name} at ${item.order}`,
      );
  }
}

/** A mark before an item moves it by half an order; one who was handed the item has no mark. */
function hasText(has: ReadonlyMap<number, string>, order: number, print: string): boolean {
  return [Math.floor(order), Math.floor(order) + 0.5].some((at) => has.get(at) === print);
}
