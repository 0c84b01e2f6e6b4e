/** An own commit: made and durable first, then appended, adopted only when it is read back (SPEC I3). */
import { bytesToHex, type Bytes } from '../../lib/bytes';
import { isReturning } from '../../domain/back';
import { idToBytes } from '../../domain/ids';
import { isUnwelcomed, keyPackagesFor, type Correction, type Leaf } from '../../domain/target';
import { isOrphan } from '../../domain/welcomes';
import { appendResult, OP } from '../../protocol/frames';
import { dueCorrection, judgesLifetimes, prepareCommit, unfitPackages } from '../commitLoop';
import type { LogDesk } from '../logDesk';
import { withTrouble } from '../sighting';

/** A lifetime is judged by a clock, and clocks are set right. */
const JUDGED_FOR_MS = 3_600_000;

/** So long newcomers have to show that they were let in after all (SPEC J6, J7). */
const ORPHAN_WAIT_MS = 10_000;

/** Without the devices whose key packages cannot be used: they must not hold up the others. */
export function dueHere(desk: LogDesk): Correction {
  const { host, state, memory } = desk;
  const due = dueCorrection(state, host.directory(), host.town().seq);
  const isUnfit = (keyPackage: Bytes): boolean => {
    const judgedAt = memory.unfit.get(bytesToHex(keyPackage));
    return judgedAt !== undefined && Math.abs(desk.now - judgedAt) < JUDGED_FOR_MS;
  };
  const add = due.add.flatMap((device) => {
    const fit = keyPackagesFor(device, state.fold.returns).filter((keyPackage) => !isUnfit(keyPackage));
    return fit[0] === undefined ? [] : [{ ...device, facts: { ...device.facts, keyPackage: fit[0] } }];
  });
  return { add, remove: withoutPatience(desk, due.remove) };
}

/**
 * Orphans, and who has lost its Welcome, are waited for if they belong; whoever is to be put out, or has asked, is
 * not (SPEC G10, B4). And nobody can remove itself.
 */
function withoutPatience(
  { state, memory, host, now }: LogDesk,
  remove: Correction['remove'],
): Correction['remove'] {
  const { returns, silent } = state.fold;
  const directory = host.directory();
  const { seq } = host.town();
  const isWaitedFor = (leaf: Leaf): boolean =>
    isOrphan(returns, leaf) ||
    (!isReturning(returns, leaf) && isUnwelcomed(leaf, directory.devices[leaf.device], silent, seq));
  if (!remove.some(isWaitedFor)) {
    memory.orphansAt = undefined;
    return remove;
  }
  const at = (memory.orphansAt ??= now + ORPHAN_WAIT_MS);
  const belonging = { ...state, fold: { ...state.fold, returns: {}, silent: {} } };
  const out = dueCorrection(belonging, directory, seq).remove.map(({ leaf }) => leaf);
  const isDue = (leaf: Leaf): boolean =>
    !isWaitedFor(leaf) || out.includes(leaf.leaf) || (now >= at && leaf.device !== host.identity.device);
  return remove.filter(isDue);
}

export async function makeCommit(desk: LogDesk, correction: Correction): Promise<boolean> {
  const { state, host, memory } = desk;
  if (state.group === undefined) return false;
  const unfit = await unfitPackages(host.groups, correction, desk.now, judgesLifetimes(state));
  if (unfit.length > 0) {
    for (const keyPackage of unfit) memory.unfit.set(bytesToHex(keyPackage), desk.now);
    return true;
  }
  const { generation, seq, chain } = host.town();
  const position = { generation, seq, chain };
  const prepared = await prepareCommit(host.groups, host.self, state, state.group, correction, position);
  if (!prepared.ok) return desk.pauseCommits(0);
  memory.isSubmitted = false;
  return desk.save({ ...state, pendingCommit: prepared.value }, [], true);
}

export async function submitCommit(desk: LogDesk): Promise<boolean> {
  const { memory } = desk;
  const { core, pendingCommit, progress } = desk.state;
  if (pendingCommit === undefined) return false;
  const answer = await desk.host.relay.request(
    [
      OP.append,
      idToBytes(core.log),
      core.writeKey,
      Math.max(pendingCommit.afterCommit, progress.lastCommit),
      [pendingCommit.envelope],
    ],
    appendResult,
  );
  if (!answer.ok) return desk.failed(answer.error);
  const [accepted, refusal] = answer.value;
  // The relay lets nobody commit in a loop; messages go on meanwhile.
  if (refusal?.[0] === 'rate') return desk.pauseCommits(refusal[1]);
  if (refusal !== null) return desk.refused(refusal[0], refusal[1]);
  if ((accepted[0]?.[0] ?? Infinity) <= desk.state.progress.cursor) return passedElsewhere(desk);
  memory.isSubmitted = true;
  memory.commitTries = 0;
  desk.worked();
  memory.head = Math.max(memory.head, accepted[0]?.[0] ?? 0);
  return true;
}

/**
 * The relay has our commit where we have read something else (SPEC B1). Others went on from it; where there
 * are none, another commit is made.
 */
async function passedElsewhere(desk: LogDesk): Promise<boolean> {
  const isAlone = desk.state.group?.leaves.length === 1;
  const progress = withTrouble(desk.state.progress, isAlone ? 'forked' : 'needs-reentry');
  if (!(await desk.save({ ...desk.state, progress, pendingCommit: undefined }, []))) return false;
  desk.tell({});
  return desk.pauseCommits(0);
}
