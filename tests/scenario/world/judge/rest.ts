/** What is still on its way in a world. */
import { equalBytes } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { StatusView } from '../../../../src/engine/views';
import { TOWN_LOG, VIEW } from '../../../../src/records/keys';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { WorldDevice } from '../worldDevice';
import { isEnded } from './census';
import type { Court } from './court';

/** One thing that is; undefined when nothing is. */
export async function unrest({ census, excuses }: Court): Promise<string | undefined> {
  const reference = await census.reference();
  if (typeof reference === 'string') return reference;
  const { engine: farthest, directory, seq } = reference;
  for (const { facts } of allDevicesAt(directory, seq)) {
    const holders = census.holdersOf(facts.id);
    if (holders.length === 0) return `${facts.id} does not run`;
    for (const device of holders) {
      const town = device.engine?.runners.get(TOWN_LOG);
      if (town !== undefined && isEnded(device, town.log)) continue;
      const why = await unrestOf({ census, excuses }, device, farthest);
      if (why !== undefined) return `${device.name}: ${why}`;
    }
  }
  if (!(await census.arePassesRight(directory, seq))) return 'other passes than the directory (K8)';
  for (const log of census.conversationLogs()) {
    const why = await unrestIn({ census, excuses }, log, directory, seq);
    if (why !== undefined) return `${log.slice(0, 8)}: ${why}`;
  }
  return undefined;
}

async function unrestOf(
  { census, excuses }: Pick<Court, 'census' | 'excuses'>,
  device: WorldDevice,
  farthest: Engine,
): Promise<string | undefined> {
  const { engine, records } = device;
  if (engine === undefined) return 'does not run';
  if (engine.relay?.isOnline !== true) return 'offline';
  // What the relay refused is asked for again after half a minute.
  const status = await records?.get<StatusView>('views', VIEW.status);
  if (status?.problem === 'not-admitted') return 'not admitted';
  if (engine.succession.isLost) return 'at another relay';
  if (engine.generation < farthest.generation) return 'not in the next town';
  if (engine.townSeq() < farthest.townSeq()) return 'behind in the town';
  if (engine.setup.phase !== 'ready') return `still ${engine.setup.phase}`;
  for (const runner of engine.runners.values()) {
    const { number, core, progress, flight, pendingCommit, followUps } = runner.state;
    if (!progress.isMember || progress.isCopied || excuses.isDead(runner.log)) continue;
    if (census.isPutOutUnheard(device, runner)) continue;
    const name = `log ${number}`;
    if (runner.lost !== undefined) return `${name} is lost`;
    if (!progress.isCreated) return `${name} is not created`;
    if (progress.cursor < (await census.headOf(runner.log))) return `${name} is behind`;
    if (core.continues !== undefined && progress.cursor > 0 && progress.hasCarried !== true)
      return `${name} has not carried over`;
    if (flight !== undefined) return `${name} has a flight`;
    if (pendingCommit !== undefined) return `${name} has a commit`;
    if (followUps.mails.length > 0) return `${name} has mail`;
    if (engine.book.waiting(number).length > 0) return `${name} has waiting entries`;
  }
  return undefined;
}

async function unrestIn(
  { census, excuses }: Pick<Court, 'census' | 'excuses'>,
  log: LogId,
  directory: Directory,
  seq: number,
): Promise<string | undefined> {
  const reference = await census.referenceIn(log);
  if (reference === undefined || excuses.isDead(log)) return undefined;
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
  // Nor could those who never heard of it.
  const isHeardOf = ids.some((id) => census.holdersOf(id).some((device) => !excuses.isShutOut(device, log)));
  if (!isHeardOf) return undefined;
  if (leaves.join() !== ids.join()) return `leaves ${leaves.length}, wanted ${ids.length}`;
  for (const { facts } of wanted) {
    const holders = census.holdersOf(facts.id).filter((device) => !excuses.isShutOut(device, log));
    for (const device of holders) {
      const why = behindIn(device, log, reference);
      if (why !== undefined) return `${device.name}: ${why}`;
    }
  }
  return undefined;
}

function behindIn(device: WorldDevice, log: LogId, reference: LogRunner): string | undefined {
  if (isEnded(device, log)) return undefined;
  const state = device.engine?.runnerOf(log)?.state;
  if (state?.progress.isMember !== true) return 'not in';
  if (state.progress.cursor < reference.state.progress.cursor) return 'behind';
  const tag = reference.state.group?.tag ?? new Uint8Array(0);
  return equalBytes(state.group?.tag ?? new Uint8Array(0), tag) ? undefined : 'other epoch';
}
