/**
 * Behind a relay that lied, once it tells the truth again and everybody has said something (P5): nothing
 * forged is shown, nothing twice, nothing of one's own is lost; and where two devices differ, both say so.
 */
import { bytesToHex, equalBytes } from '../../../../src/lib/bytes';
import { holdsAt } from '../../../../src/domain/directory';
import { parseContent, parseEntry } from '../../../../src/domain/entry';
import type { DeviceId, LogId } from '../../../../src/domain/ids';
import type { ConversationView, StatusView } from '../../../../src/engine/views';
import { encodeCbor } from '../../../../src/protocol/codec';
import type { Progress } from '../../../../src/records/logRecords';
import { conversationViewKey, META, seqOfOrder, TOWN_LOG, VIEW } from '../../../../src/records/keys';
import { verifyEntry } from '../../../../src/sync/entrySeal';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { LogState } from '../../../../src/sync/logState';
import type { World } from '../world';
import type { WorldDevice } from '../worldDevice';
import type { Member } from './census';
import type { Court } from './court';
import type { Heard } from './heard';
import { boardAt, printOf, type Shown, type ShownByPlace } from './shown';
import { placeOf } from './witness';

/** What is needed to judge a relay's lies. */
export interface Lies extends Court {
  readonly world: World;
  readonly heard: Heard;
}

/** All that can be seen, by `placeOf`. */
export interface Sight {
  readonly shown: ShownByPlace;
  /** What a person sees that something is wrong by; undefined when nothing is to be seen. */
  readonly troubles: ReadonlyMap<string, string | undefined>;
  /** When the last request to be taken back was written. */
  readonly requests: ReadonlyMap<string, number | undefined>;
}

export async function sightOf(world: World, shown: ShownByPlace): Promise<Sight> {
  const troubles = new Map<string, string | undefined>();
  const requests = new Map<string, number | undefined>();
  for (const device of world.devices) {
    const asks = await device.records?.get<readonly { log: LogId; times: number[] }[]>('meta', META.back);
    for (const { log, times } of asks ?? []) requests.set(placeOf(device, log), times.at(-1));
    const status = await device.records?.get<StatusView>('views', VIEW.status);
    const general = status?.connection.state === 'online' ? status.problem : 'offline';
    for (const runner of device.engine?.runners.values() ?? []) {
      const place = placeOf(device, runner.log);
      const key = conversationViewKey(runner.state.number);
      const view = runner.isConversation
        ? await device.records?.get<ConversationView>('views', key)
        : undefined;
      const own = view === undefined || view.trouble === 'none' ? undefined : view.trouble;
      const gap = shown.get(place)?.find(({ item }) => item.content.type === 'gap');
      troubles.set(place, general ?? own ?? (view?.back && 'back') ?? (gap && 'gap in the timeline'));
    }
  }
  return { shown, troubles, requests };
}

/** Each item was signed by the device that it is shown as coming from, for this log. */
export async function verifyGenuine({ census, world, fault }: Lies, { shown }: Sight): Promise<void> {
  for (const [place, items] of shown) {
    const [index, log] = place.split('/') as [string, LogId];
    const name = world.devices[Number(index)]?.name;
    for (const { item, record } of items) {
      const wire = record?.proof === undefined ? undefined : parseEntry(record.proof.entry);
      if (record === undefined || item.content.type === 'gap') continue;
      if (wire?.ok !== true) {
        fault(`${name} shows ${printOf(item)} without a signature`);
        continue;
      }
      const author = census.holdersOf(bytesToHex(wire.value.device) as DeviceId)[0]?.engine?.identity;
      const tag = record.proof?.epochTag ?? new Uint8Array(0);
      if (author === undefined || author.person !== item.author)
        fault(`${name} shows ${printOf(item)} as somebody else’s`);
      else if (!(await verifyEntry(log, tag, author.signatureKey, wire.value)))
        fault(`${name} shows ${printOf(item)}, which its author never signed`);
    }
  }
}

/** Members of a log, two by two: whoever must know that they differ says so. */
export async function verifyToldApart(court: Lies, log: LogId, sight: Sight): Promise<void> {
  const { world } = court;
  const members = membersOf(world, log);
  const boards = new Map<WorldDevice, string>();
  for (const [device, runner] of members) boards.set(device, await boardAt(device, runner));
  for (const [one, other] of pairsOf(members)) {
    const difference = differenceOf(court, one, other, sight.shown, boards);
    if (difference === undefined) continue;
    for (const [told, about] of mustSay(one, other)) {
      const [device] = told;
      if (sight.troubles.get(placeOf(device, log)) !== undefined) continue;
      if (hasSaidNothing(court, about, device, sight)) continue;
      court.fault(
        `${device.name} says nothing; ${one[0].name} and ${other[0].name} differ in ${log.slice(0, 8)}: ${difference}`,
      );
    }
  }
}

/**
 * Both, when their histories differ. Whoever has only read less says that it is behind; the other one cannot
 * know. And nobody can judge what lies before its own coming in, of which it holds no link.
 */
function mustSay(one: Member, other: Member): readonly (readonly [told: Member, about: Member])[] {
  const [here, there] = [one, other].map(([, { state }]) => state.progress) as [Progress, Progress];
  const [behind, ahead] = here.cursor <= there.cursor ? [one, other] : [other, one];
  const { cursor, chain } = behind[1].state.progress;
  const link = ahead[1].state.progress.links.find(([seq]) => seq === cursor)?.[1];
  const isOnlyBehind = here.cursor !== there.cursor && (link === undefined || equalBytes(link, chain));
  return isOnlyBehind
    ? [[behind, ahead]]
    : [
        [one, other],
        [other, one],
      ];
}

/** By the device's own lights; whom the other one has put out of the town is not compared. */
function membersOf(world: World, log: LogId): readonly Member[] {
  return world.devices.flatMap((device) => {
    const runner = device.engine?.runnerOf(log);
    return runner?.state.progress.isMember === true ? [[device, runner] as const] : [];
  });
}

function pairsOf(members: readonly Member[]): readonly (readonly [Member, Member])[] {
  return members.flatMap((one, at) =>
    members
      .slice(at + 1)
      .flatMap((other): readonly (readonly [Member, Member])[] =>
        holdsThere(one[0], other[0]) && holdsThere(other[0], one[0]) ? [[one, other]] : [],
      ),
  );
}

function holdsThere(where: WorldDevice, device: WorldDevice): boolean {
  const id = device.engine?.identity?.device;
  const found = id === undefined ? undefined : where.engine?.directory().devices[id];
  return found !== undefined && holdsAt(found, where.engine?.townSeq() ?? 0);
}

/** Nobody is told of a delivery to whom this conversation shows as put out, or gone (SPEC A4). */
function isInRoster({ state: { fold } }: LogRunner, { engine }: WorldDevice): boolean {
  const person = engine?.identity?.person;
  return (
    fold.type === 'conversation' && person !== undefined && fold.conversation.roster[person] !== undefined
  );
}

function isPutOut(where: WorldDevice, device: WorldDevice): boolean {
  const id = device.engine?.identity?.device;
  return id !== undefined && where.engine?.directory().devices[id]?.to !== undefined;
}

/**
 * Nobody can hear of what a device has while that hands over nothing: a relay it has found lost gets nothing of
 * it (SPEC Q3), and one that has lost its place in a log has only its request (SPEC B1). True as long as nothing
 * of its that speaks of the difference has come to the other.
 */
function hasSaidNothing(
  { heard }: Lies,
  [about, { state, log }]: Member,
  to: WorldDevice,
  { shown, troubles, requests }: Sight,
): boolean {
  const { device } = about.engine?.identity ?? {};
  const at = requests.get(placeOf(about, log));
  const isOut = !state.progress.isMember || state.progress.trouble === 'needs-reentry';
  const isUnheard = device !== undefined && (at === undefined || !heard.hasHeard(to, log, device, at));
  if (troubles.get(placeOf(about, log)) !== 'relay-changed' && !(isOut && isUnheard)) return false;
  const links = new Map(to.engine?.runnerOf(log)?.state.progress.links ?? []);
  const differs = state.progress.links.find(([seq, link]) => !equalBytes(links.get(seq) ?? link, link));
  const from = differs?.[0] ?? Infinity;
  return (shown.get(placeOf(to, log)) ?? []).every(({ record }) => {
    const wire = record?.proof === undefined ? undefined : parseEntry(record.proof.entry);
    const content = wire?.ok === true ? parseContent(wire.value.content) : undefined;
    const isIts = wire?.ok === true && bytesToHex(wire.value.device) === device;
    return !isIts || content?.ok !== true || content.value.seenSeq < from;
  });
}

function differenceOf(
  court: Court,
  one: Member,
  other: Member,
  shown: ShownByPlace,
  boards: ReadonlyMap<WorldDevice, string>,
): string | undefined {
  const folds = [one, other].map(([, { state }]) => foldOf(state));
  return (
    missing(court, one, other, shown) ??
    missing(court, other, one, shown) ??
    (folds[0] === folds[1] ? undefined : 'folds') ??
    (boards.get(one[0]) === boards.get(other[0]) ? undefined : 'boards')
  );
}

/** What one shows and the other, who should have it, does not show there. */
function missing(court: Court, one: Member, other: Member, shown: ShownByPlace): string | undefined {
  const entriesOf = ([device, { log }]: Member) => (shown.get(placeOf(device, log)) ?? []).filter(isEntry);
  const has = new Map(entriesOf(other).map(({ item }) => [item.order, printOf(item)]));
  const { number } = other[1].state;
  for (const { item } of entriesOf(one)) {
    const isText = item.content.type === 'text';
    if (!court.witness.isEntitled(other[0], number, Math.floor(item.order), isText)) continue;
    // Whoever was taken back is handed texts, and what else was done only as its outcome (SPEC B5).
    if (!isText && seqOfOrder(item.order) <= cameBackAt(other)) continue;
    if (has.get(item.order) !== printOf(item))
      return `${other[0].name} has ${has.get(item.order) ?? 'nothing'} for ${printOf(item)} at ${item.order}`;
  }
  return undefined;
}

/** Its links begin where it came in, for the first time or again; 0 when that is longer ago. */
function cameBackAt([, { state }]: Member): number {
  const first = state.progress.links[0]?.[0] ?? 0;
  return first > 1 ? first : 0;
}

function isEntry({ item, record }: Shown): boolean {
  return record !== undefined && item.content.type !== 'gap';
}

/** To be compared. Relay times are the relay's word and no more. */
function foldOf({ fold }: LogState): string {
  const timeless: unknown = JSON.parse(JSON.stringify(fold), (key, value: unknown) =>
    key === 'addedAt' || key === 'createdAt' ? 0 : value,
  );
  return bytesToHex(encodeCbor(timeless));
}

/** The same of the town's directory. */
export function verifyTownToldApart(court: Lies, sight: Sight): void {
  const { world } = court;
  const towns = world.devices.flatMap((device): readonly Member[] => {
    const town = device.engine?.runners.get(TOWN_LOG);
    return device.isInTown && town !== undefined ? [[device, town]] : [];
  });
  const says = ([device, { log }]: Member): string | undefined => sight.troubles.get(placeOf(device, log));
  for (const one of towns)
    for (const other of towns)
      if (isPutOut(one[0], other[0]) && !isPutOut(other[0], one[0]))
        if (says(other) === undefined && says(one) !== 'relay-changed')
          court.fault(`${other[0].name} is in the town no more for ${one[0].name} and says nothing`);
  for (const [one, other] of pairsOf(towns)) {
    if (foldOf(one[1].state) === foldOf(other[1].state)) continue;
    for (const [told, about] of mustSay(one, other))
      if (says(told) === undefined && !hasSaidNothing(court, about, told[0], sight))
        court.fault(`${told[0].name} says nothing; ${one[0].name} and ${other[0].name} have other towns`);
  }
}

/** What is called delivered is with every other member who was in by then. */
export function verifyDelivered(court: Lies, { shown }: Sight): void {
  const { world } = court;
  for (const device of world.devices)
    for (const runner of device.engine?.conversations() ?? [])
      for (const { item } of shown.get(placeOf(device, runner.log)) ?? []) {
        if (item.content.type !== 'text' || (item.state !== 'delivered' && item.state !== 'read')) continue;
        for (const [other, there] of membersOf(world, runner.log)) {
          if (other === device || !holdsThere(device, other) || !isInRoster(runner, other)) continue;
          if (!court.witness.isEntitled(other, there.state.number, Math.floor(item.order), true)) continue;
          const has = (shown.get(placeOf(other, runner.log)) ?? []).some((one) => one.item.id === item.id);
          if (!has)
            court.fault(`${device.name} calls ${printOf(item)} ${item.state}, and ${other.name} has it not`);
        }
      }
}
