/** Entries leave: sealed into a durable flight, handed over, and marked as handed over (SPEC O2–O4, S4). */
import type { Bytes } from '../../lib/bytes';
import { idToBytes } from '../../domain/ids';
import { appendResult, OP } from '../../protocol/frames';
import type { FlightEnvelope } from '../../records/logRecords';
import { prepareFlight, type WaitingIntent } from '../flight';
import type { SealFailure } from '../entrySeal';
import type { LogDesk } from '../logDesk';
import type { LogState } from '../logState';
import { withTrouble } from '../sighting';

/** One append stays far below the relay's largest frame, and passes a slow line before the answer is due. */
const APPEND_BYTES = 256 * 1024;

export async function seal(desk: LogDesk): Promise<boolean> {
  const { state, host } = desk;
  if (state.group === undefined) return false;
  const author = { device: host.identity.device, secret: host.self.signatureSecret };
  const waiting = upToRemoval(basesFirst(state, host.waitingIntents(state.number)));
  const prepared = await prepareFlight(state, state.group, author, waiting);
  if (!prepared.ok) return dropTooLarge(desk, prepared.error);
  const { flight, intents, nextCounter } = prepared.value;
  return saveWithIntents(
    desk,
    { ...state, flight, progress: { ...state.progress, nextCounter } },
    intents,
    true,
  );
}

/**
 * An entry that fits into no envelope can never leave. It becomes a void one, so that what was written
 * behind it goes on, and the conversation says so.
 */
async function dropTooLarge(
  desk: LogDesk,
  { type, intent: number }: SealFailure & { readonly intent: number },
): Promise<boolean> {
  const found = desk.host.waitingIntents(desk.state.number).find((waiting) => waiting.number === number);
  if (type !== 'too-large' || found === undefined) return false;
  const voided: WaitingIntent = { number, intent: { ...found.intent, body: { kind: 'void' } } };
  if (!(await saveWithIntents(desk, desk.state, [voided], true))) return false;
  desk.showRefusal('too-large');
  return true;
}

export async function fly(desk: LogDesk): Promise<boolean> {
  const { core, flight, progress } = desk.state;
  if (flight === undefined) return false;
  const unacknowledged = oneAppend(flight.envelopes.filter((envelope) => envelope.seq === undefined));
  const answer = await desk.host.relay.request(
    [
      OP.append,
      idToBytes(core.log),
      core.writeKey,
      Math.max(flight.afterCommit, progress.lastCommit),
      unacknowledged.map(({ bytes }) => bytes),
    ],
    appendResult,
  );
  if (!answer.ok) return desk.failed(answer.error);
  const [accepted, refusal] = answer.value;
  if (accepted.some(([seq]) => seq <= progress.cursor)) {
    // We have passed that place without meeting them: they are sealed again, under the same counters. Where
    // nothing was redacted we were shown something else there (SPEC E7).
    const progress = desk.state.progress.wasRedacted
      ? desk.state.progress
      : withTrouble(desk.state.progress, 'forked');
    if (!(await desk.save({ ...desk.state, progress, flight: undefined }, []))) return false;
    desk.tell({});
    return desk.pauseSealing();
  }
  const acks = unacknowledged
    .slice(0, accepted.length)
    .map(({ bytes }, index) => ({ bytes, seq: accepted[index]?.[0] ?? 0 }));
  await acknowledged(desk, acks);
  if (refusal !== null) return desk.refused(refusal[0], refusal[1]);
  desk.worked();
  return true;
}

/** The envelopes are durable at the relay: their entries are "übergeben". */
async function acknowledged(
  desk: LogDesk,
  acks: readonly { readonly bytes: Bytes; readonly seq: number }[],
): Promise<void> {
  const { flight } = desk.state;
  if (acks.length === 0 || flight === undefined) return;
  const seqByBytes = new Map(acks.map(({ bytes, seq }) => [bytes, seq]));
  const envelopes = flight.envelopes.map((envelope) => ({
    ...envelope,
    seq: seqByBytes.get(envelope.bytes) ?? envelope.seq,
  }));
  // Those of the flight that were acknowledged before are written already.
  const seqByIntent = new Map(
    envelopes.flatMap(({ bytes, intents, seq }) =>
      seqByBytes.has(bytes) ? intents.map((intent) => [intent, seq] as const) : [],
    ),
  );
  const intents = desk.host.waitingIntents(desk.state.number).flatMap(({ number, intent }) => {
    const seq = seqByIntent.get(number);
    return seq === undefined ? [] : [{ number, intent: { ...intent, seq } }];
  });
  desk.memory.head = Math.max(desk.memory.head, ...acks.map(({ seq }) => seq));
  await saveWithIntents(desk, { ...desk.state, flight: { ...flight, envelopes } }, intents);
}

/** Read to the head: what was acknowledged but is not there was never handed over, and leaves again. */
export async function forgetFalseAcks(desk: LogDesk): Promise<boolean> {
  const { flight, pendingCommit, number } = desk.state;
  const isCommitLost = desk.memory.isSubmitted && pendingCommit !== undefined;
  desk.memory.isSubmitted = false;
  const lost = new Set(flight?.envelopes.flatMap(({ seq, intents }) => (seq === undefined ? [] : intents)));
  if (flight === undefined || lost.size === 0) return isCommitLost ? desk.pause() : true;
  const envelopes = flight.envelopes.map((envelope) => ({ ...envelope, seq: undefined }));
  const intents = desk.host
    .waitingIntents(number)
    .flatMap((waiting) =>
      lost.has(waiting.number) ? { ...waiting, intent: { ...waiting.intent, seq: undefined } } : [],
    );
  if (!(await saveWithIntents(desk, { ...desk.state, flight: { ...flight, envelopes } }, intents)))
    return false;
  return desk.pause();
}

async function saveWithIntents(
  desk: LogDesk,
  next: LogState,
  intents: readonly WaitingIntent[],
  isStrict = false,
): Promise<boolean> {
  const writes = await Promise.all(
    intents.map(({ number, intent }) => desk.host.records.putIntent(number, intent)),
  );
  if (!(await desk.save(next, writes, isStrict))) return false;
  for (const { number, intent } of intents) desk.host.intentChanged(number, intent);
  return true;
}

/** The first envelopes that fit into one append; never none. */
function oneAppend(envelopes: readonly FlightEnvelope[]): readonly FlightEnvelope[] {
  let size = 0;
  const end = envelopes.findIndex(({ bytes }) => (size += bytes.length) > APPEND_BYTES);
  return end < 0 ? envelopes : envelopes.slice(0, Math.max(1, end));
}

/** SPEC Q7: what is carried over counts only behind the word that its log belongs here. */
function basesFirst({ fold }: LogState, waiting: readonly WaitingIntent[]): readonly WaitingIntent[] {
  const bases = waiting.filter(({ intent }) => intent.body.kind === 'town-log-continued');
  return fold.type === 'town' || bases.length === 0 ? waiting : bases;
}

/** SPEC G10: what was written after a removal waits for the epoch without the removed. */
function upToRemoval(waiting: readonly WaitingIntent[]): readonly WaitingIntent[] {
  const at = waiting.findIndex(
    ({ intent }) => intent.body.kind === 'roster' && intent.body.remove.length > 0,
  );
  return at < 0 ? waiting : waiting.slice(0, at + 1);
}
