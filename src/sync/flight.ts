/**
 * The outbox's way out (SPEC O1–O5): waiting entries are numbered, signed and sealed into a flight of
 * envelopes; the flight is durable before its first byte leaves, and the same bytes leave again until
 * the log shows them or a new epoch voids them.
 *
 * O1 Counter, salt, id and time of an entry never change, whatever is sealed around it; but a counter that a
 *    copy of the profile used, too, is given up (SPEC I8).
 * O2 One flight at a time and in order, so that nothing overtakes.
 */
import { err, ok, type Result } from '../lib/result';
import type { SecretKey } from '../crypto/secretKey';
import { basesOf } from '../domain/conversation';
import { encodeContent, encodeEntry, type EntryContent } from '../domain/entry';
import type { DeviceId } from '../domain/ids';
import type { EntryIntent, Flight, FlightEnvelope, Given } from '../records/logRecords';
import { sealEntries, signEntry, type SealFailure } from './entrySeal';
import type { Group, LogState } from './logState';

export interface WaitingIntent {
  readonly number: number;
  readonly intent: EntryIntent;
}

interface Author {
  readonly device: DeviceId;
  readonly secret: SecretKey;
}

export interface PreparedFlight {
  readonly flight: Flight;
  /** With their counters, to be stored with the flight. */
  readonly intents: readonly WaitingIntent[];
  readonly nextCounter: number;
}

/** Stays below the largest padding bucket with room for ids and signatures. */
const ENVELOPE_CONTENT_BYTES = 56 * 1024;
const ENTRY_OVERHEAD_BYTES = 160;
const NO_LINK = new Uint8Array(32);
const ENVELOPES_PER_FLIGHT = 32;
/** Small envelopes are read sooner; a burst of typing still shares one. */
const BURST_ENTRIES = 64;

export async function prepareFlight(
  state: LogState,
  group: Group,
  author: Author,
  waiting: readonly WaitingIntent[],
): Promise<Result<PreparedFlight, SealFailure & { readonly intent: number }>> {
  let nextCounter = state.progress.nextCounter;
  const numbered = waiting
    .slice(0, ENVELOPES_PER_FLIGHT * BURST_ENTRIES)
    .map(({ number, intent }) =>
      intent.counter === undefined
        ? { number, intent: { ...intent, counter: nextCounter++ } }
        : { number, intent: { ...intent, counter: intent.counter } },
    );
  const envelopes: FlightEnvelope[] = [];
  const taken: WaitingIntent[] = [];
  for (const batch of batches(numbered)) {
    const wires = await Promise.all(
      batch.map(async ({ intent }) =>
        signEntry(state.core.log, group.tag, author, {
          id: intent.entry,
          counter: intent.counter,
          salt: intent.salt,
          content: await contentOf(state, group, author, intent),
        }),
      ),
    );
    const sealed = await sealEntries(state.core.log, group, wires);
    if (!sealed.ok) return err({ ...sealed.error, intent: batch[0]?.number ?? 0 });
    envelopes.push({ bytes: sealed.value, intents: batch.map(({ number }) => number), seq: undefined });
    taken.push(...batch);
  }
  const numbers = new Set(taken.map(({ number }) => number));
  // Counters of those that did not fit are given again in the next flight, in the same order.
  const used = numbered.filter(({ number }) => numbers.has(number)).map(({ intent }) => intent.counter);
  return ok({
    flight: { afterCommit: state.progress.lastCommit, envelopes },
    intents: taken,
    nextCounter: Math.max(state.progress.nextCounter, ...used.map((counter) => counter + 1)),
  });
}

/** As it was before it was first sealed: only where nobody can have taken it under the counter it had. */
export function withoutCounter(intent: EntryIntent): EntryIntent {
  return { ...intent, counter: undefined, seq: undefined };
}

async function contentOf(
  state: LogState,
  group: Group,
  author: Author,
  intent: EntryIntent & { readonly counter: number },
): Promise<EntryContent> {
  const { cursor, chain } = state.progress;
  const { body, writtenAt, carried } = intent;
  const content = { body, writtenAt, seenSeq: cursor, seenChain: chain };
  if (carried === undefined) return content;
  const { log, epochTag, counter } = placeOf(state, group, author, carried, intent.counter);
  const old = { ...content, seenSeq: 0, seenChain: NO_LINK };
  const wire = await signEntry(log, epochTag, author, {
    id: intent.entry,
    counter,
    salt: intent.salt,
    content: old,
  });
  return { ...content, body: { kind: 'carried', log, epochTag, entry: encodeEntry(wire) } };
}

/**
 * Signed for the log that was lost, under the counter it had there: whoever has it already knows it. Where that
 * log is not continued, or something else of ours was read under that counter, for this one: then the id tells.
 */
function placeOf(
  { core: { log }, fold }: LogState,
  { tag: epochTag }: Group,
  { device }: Author,
  carried: Given | 'maybe',
  counter: number,
): Given {
  const bases = fold.type === 'town' ? [] : basesOf(fold.conversation.base);
  const isOpen = (given: Given) =>
    bases.some((base) => base.log === given.log && (base.counters[device] ?? 0) < given.counter);
  return carried !== 'maybe' && isOpen(carried) ? carried : { log, epochTag, counter };
}

/** As many as one flight carries: with thousands waiting, the rest is not even looked at. */
function batches<T extends WaitingIntent>(intents: readonly T[]): readonly (readonly T[])[] {
  const out: T[][] = [];
  let size = Infinity;
  for (const item of intents) {
    const weight = weightOf(item.intent);
    const open = out.at(-1);
    if (open === undefined || size + weight > ENVELOPE_CONTENT_BYTES || open.length >= BURST_ENTRIES) {
      if (out.length === ENVELOPES_PER_FLIGHT) break;
      out.push([item]);
      size = weight;
    } else {
      open.push(item);
      size += weight;
    }
  }
  return out;
}

function weightOf(intent: EntryIntent): number {
  const content = encodeContent({
    body: intent.body,
    writtenAt: 0,
    seenSeq: 0,
    seenChain: new Uint8Array(32),
  });
  return content.length + (intent.carried === undefined ? 1 : 2) * ENTRY_OVERHEAD_BYTES;
}
