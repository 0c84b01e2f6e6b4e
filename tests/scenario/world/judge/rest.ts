/** What is still on its way in a world. */
import { equalBytes } from '../../../../src/lib/bytes';
import { allDevicesAt, type Directory } from '../../../../src/domain/directory';
import type { LogId } from '../../../../src/domain/ids';
import type { Engine } from '../../../../src/engine/engine';
import type { StatusView } from '../../../../src/engine/views';
import { VIEW } from '../../../../src/records/keys';
import type { Census } from './census';

/** One thing that is; undefined when nothing is. */
export async function unrest(census: Census): Promise<string | undefined> {
  const reference = await census.reference();
  if (typeof reference === 'string') return reference;
  const { directory, seq } = reference;
  const valid = allDevicesAt(directory, seq);
  for (const { facts } of valid) {
    const device = census.deviceOf(facts.id);
    if (device?.engine === undefined) return `${facts.id} does not run`;
    const why = await unrestOf(census, device.engine, seq);
    if (why !== undefined) return `${device.name}: ${why}`;
    // What the relay refused is asked for again after half a minute.
    const status = await device.records?.get<StatusView>('views', VIEW.status);
    if (status?.problem === 'not-admitted') return `${device.name}: not admitted`;
  }
  if (!(await census.arePassesRight(directory, seq))) return 'other passes than the directory (K8)';
  for (const log of census.conversationLogs()) {
    const why = await unrestIn(census, log, directory, seq);
    if (why !== undefined) return `${log.slice(0, 8)}: ${why}`;
  }
  return undefined;
}

async function unrestOf(census: Census, engine: Engine, seq: number): Promise<string | undefined> {
  if (engine.relay?.isOnline !== true) return 'offline';
  if (engine.townSeq() < seq) return 'behind in the town';
  if (engine.setup.phase !== 'ready') return `still ${engine.setup.phase}`;
  for (const runner of engine.runners.values()) {
    const { number, progress, flight, pendingCommit, followUps } = runner.state;
    if (!progress.isMember) continue;
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
  census: Census,
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
  if (leaves.join() !== ids.join()) return `leaves ${leaves.length}, wanted ${ids.length}`;
  for (const { facts } of wanted) {
    const runner = census.runnerOf(facts.id, log);
    const name = census.deviceOf(facts.id)?.name ?? facts.id;
    if (runner?.state.progress.isMember !== true) return `${name} is not in`;
    if (runner.state.progress.cursor < reference.state.progress.cursor) return `${name} is behind`;
    if (!equalBytes(runner.state.group?.tag ?? new Uint8Array(0), group.tag)) return `${name}: other epoch`;
  }
  return undefined;
}
