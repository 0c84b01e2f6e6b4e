/**
 * What of a directory goes over to the town's next log, and what a device must find unchanged before it
 * believes the next one (SPEC Q5–Q7). Pure.
 */
import { equalBytes } from '../lib/bytes';
import { MAX_GENERATION } from './body';
import { basesOf, type Base } from './conversation';
import { holdsAt, type ContinuedLog, type Directory, type Span } from './directory';
import type { DeviceId, LogId } from './ids';

/**
 * The same facts in a log that begins anew: what holds at `seq` holds from before its first entry, what
 * has ended never held there.
 */
export function rebaseDirectory(directory: Directory, seq: number): Directory {
  const persons = Object.entries(directory.persons).map(([id, person]) => [
    id,
    {
      ...person,
      ...rebased(person, seq),
      admin: person.admin.filter((span) => holdsAt(span, seq)).map(() => STILL),
    },
  ]);
  // Who lost mail (SPEC J7) is let into all that goes on by those who go on with it.
  const devices = Object.entries(directory.devices).map(([id, { mailLost: _, ...device }]) => [
    id,
    { ...device, ...rebased(device, seq) },
  ]);
  return {
    ...directory,
    persons: Object.fromEntries(persons) as Directory['persons'],
    devices: Object.fromEntries(devices) as Directory['devices'],
  };
}

const STILL: Span = { from: 0, to: undefined };
const NEVER: Span = { from: 0, to: 0 };

function rebased(span: Span, seq: number): Span {
  return holdsAt(span, seq) ? STILL : NEVER;
}

/**
 * An admin may have seen more or less than we have, but nobody may give a person we know another key or
 * another device: that would be somebody else speaking in their name.
 */
export function isFaithful(own: Directory, next: Directory): boolean {
  if (!equalBytes(own.founding, next.founding) || !equalBytes(own.rootKey, next.rootKey)) return false;
  return (Object.entries(next.devices) as [DeviceId, Directory['devices'][DeviceId]][]).every(
    ([id, { facts, person }]) => {
      const known = own.devices[id];
      if (known === undefined) return own.persons[person] === undefined;
      return (
        known.person === person &&
        equalBytes(known.facts.signatureKey, facts.signatureKey) &&
        equalBytes(known.facts.relayKey, facts.relayKey) &&
        known.facts.mailbox === facts.mailbox
      );
    },
  );
}

/**
 * What a conversation is continued from in the town that `next` describes: a directory that came from further
 * back does not know where its log had gone on, and others may wait with what that log continued (SPEC Q7).
 */
export function knownBase(own: Base, had: Base | undefined, known: Directory, next: Directory): Base {
  let base = own;
  for (const log of logsBefore(known, own.log)) {
    if (next.continued?.[log]?.log === base.log) break;
    const { later = [], ...last } = base;
    base = { log, counters: had?.log === log ? had.counters : {}, later: [last, ...later] };
  }
  return base;
}

/**
 * A member says what a base had gone on in (SPEC Q7). Believed only as far as the town's logs leave generations
 * between: nobody's words of another conversation may be carried here.
 */
export function withLaterBase(
  base: Base | undefined,
  { old, log }: { readonly old: LogId; readonly log: LogId },
  directory: Directory,
  generation: number,
): Base | undefined {
  const logs = basesOf(base).map((one) => one.log);
  if (base === undefined || !logs.includes(old) || logs.includes(log)) return base;
  const told = { ...base, later: [...(base.later ?? []), { log, counters: {} }] };
  return laterLogs(told, directory, generation).includes(log) ? told : base;
}

/** Of what is said that a base had gone on in, what is believed. */
export function laterLogs(
  base: Base | undefined,
  { continued = {} }: Directory,
  generation: number,
): readonly LogId[] {
  const begun = Object.values(continued).find(
    (next) => next.log === base?.log && next.generation < generation,
  );
  const between = generation - 1 - (begun?.generation ?? 0);
  return basesOf(base)
    .slice(1, 1 + Math.max(0, between))
    .map(({ log }) => log);
}

/** The logs that this one continues, the latest first: what was said there was said in this conversation. */
export function logsBefore(directory: Directory, log: LogId): readonly LogId[] {
  const before: LogId[] = [];
  for (let at: LogId | undefined = log; at !== undefined && before.length < MAX_GENERATION;) {
    const named: LogId = at;
    at = (Object.keys(directory.continued ?? {}) as LogId[]).find(
      (old) => directory.continued?.[old]?.log === named && !before.includes(old),
    );
    if (at !== undefined) before.push(at);
  }
  return before;
}

/**
 * Where a lost log goes on: the log to be claimed, and its claim in the town's present log, if there is one.
 * Earlier claims lead to logs that were lost as well.
 */
export function continuationOf(
  directory: Directory,
  lost: LogId,
): { readonly old: LogId; readonly next: ContinuedLog | undefined } {
  const generation = directory.continuation?.generation ?? 0;
  let old = lost;
  for (let steps = 0; steps < MAX_GENERATION; steps++) {
    const next = directory.continued?.[old];
    if (next === undefined || next.generation === generation) return { old, next };
    old = next.log;
  }
  return { old, next: undefined };
}
