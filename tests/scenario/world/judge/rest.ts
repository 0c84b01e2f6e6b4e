/** What is still on its way in a world. */
import { equalBytes } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { StatusView } from '../../../../src/engine/views';
import { TOWN_LOG, VIEW } from '../../../../src/records/keys';
import type { LogRunner } from '../../../../src/sync/logRunner';
import type { WorldDevice } from '../worldDevice';
import type { Census } from './census';
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
      if (excuses.isShutOutOfTown(device)) continue;
      const why = await unrestOf(census, device, farthest);
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
  census: Census,
  { engine, records }: WorldDevice,
  farthest: Engine,
): Promise<string | undefined> {
  if (engine === undefined) return 'does not run';
  if (engine.relay?.isOnline !== true) return 'offline';
  // What the relay refused is asked for again after half a minute.
  const status = await records?.get<StatusView>('views', VIEW.status);
  if (status?.problem === 'not-admitted') return 'not admitted';
  const isEnded = engine.runners.get(TOWN_LOG)?.state.progress.isCopied === true;
  if (engine.generation < farthest.generation) return 'not in the next town';
  if (!isEnded && engine.townSeq() < farthest.townSeq()) return 'behind in the town';
  if (engine.setup.phase !== 'ready') return `still ${engine.setup.phase}`;
  for (const runner of engine.runners.values()) {
    const { number, progress, flight, pendingCommit, followUps } = runner.state;
    if (!progress.isMember || progress.isCopied) continue;
    const name = `log ${number}`;
    if (!progress.isCreated) return `${name} is not created`;
    if (progress.cursor < (await census.headOf(runner.log))) return `${name} is behind`;
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

function behindIn({ engine }: WorldDevice, log: LogId, reference: LogRunner): string | undefined {
  const state = engine?.runnerOf(log)?.state;
  // A copy of a profile whose place the other one has taken (SPEC B7).
  if (state?.progress.isCopied === true) return undefined;
  if (state?.progress.isMember !== true) return 'not in';
  if (state.progress.cursor < reference.state.progress.cursor) return 'behind';
  const tag = reference.state.group?.tag ?? new Uint8Array(0);
  return equalBytes(state.group?.tag ?? new Uint8Array(0), tag) ? undefined : 'other epoch';
}
