/** The line of truth: what it says, and whether it has anything to say at all. */
import type { StatusProblem, StatusView } from '../../engine/views';
import type { Messages } from '../i18n/de';

export interface StatusLine {
  readonly tone: 'quiet' | 'waiting' | 'alarm';
  readonly text: string;
}

/** A short dip is not worth a word. */
const patienceMs = 4_000;

const ALARMS: ReadonlySet<StatusProblem> = new Set([
  'storage-full',
  'storage-failed',
  'engine-stuck',
  'copied',
  'relay-changed',
  'not-admitted',
]);

type Words = Messages['shell']['status'];

export function statusLine(status: StatusView, now: number, words: Words): StatusLine | undefined {
  if (status.problem !== undefined && status.problem !== 'town-differs')
    return { tone: isAlarm(status.problem) ? 'alarm' : 'waiting', text: problemText(status.problem, words) };
  const { connection, waiting } = status;
  if (connection.state === 'offline')
    return { tone: 'waiting', text: waiting > 0 ? words.offlineWaiting(waiting) : words.offline };
  if (connection.state === 'connecting') {
    if (waiting > 0 && isOverdue(status.waitingSince, now))
      return { tone: 'waiting', text: words.connectingWaiting(waiting) };
    return connection.since > 0 && isOverdue(connection.since, now)
      ? { tone: 'quiet', text: words.connecting }
      : undefined;
  }
  if (waiting > 0 && isOverdue(status.waitingSince, now))
    return { tone: 'quiet', text: words.handingOver(waiting) };
  // It stays, and hides nothing that changes.
  return status.problem && { tone: 'waiting', text: problemText(status.problem, words) };
}

function isOverdue(since: number | undefined, now: number): boolean {
  return since !== undefined && now - since > patienceMs;
}

function isAlarm(problem: StatusProblem): boolean {
  return ALARMS.has(problem);
}

export function problemText(problem: StatusProblem, words: Words): string {
  return {
    'storage-full': words.storageFull,
    'storage-failed': words.storageFailed,
    'engine-stuck': words.engineStuck,
    copied: words.copied,
    'not-admitted': words.notAdmitted,
    'relay-storage': words.relayStorage,
    'clock-wrong': words.clockWrong,
    'version-too-old': words.versionTooOld,
    'relay-changed': words.relayChanged,
    'town-differs': words.townDiffers,
  }[problem];
}

export function problemHelp(problem: StatusProblem, words: Messages['shell']['queue']['help']): string {
  return {
    'storage-full': words.storageFull,
    'storage-failed': words.storageFailed,
    'engine-stuck': words.engineStuck,
    copied: words.copied,
    'not-admitted': words.notAdmitted,
    'relay-storage': words.relayStorage,
    'clock-wrong': words.clockWrong,
    'version-too-old': words.versionTooOld,
    'relay-changed': words.relayChanged,
    'town-differs': words.townDiffers,
  }[problem];
}
