/**
 * Who is looking at the board and where: person id and field, nothing else. No names travel; the
 * screen knows its own. Limits: presence is not signed per person, so it is a hint and never proof.
 */
import type { Awareness } from 'y-protocols/awareness';
import * as v from 'valibot';
import { personIdSchema, type PersonId } from '../domain/ids';

export interface Presence {
  readonly person: PersonId;
  /** 'title', 'text' or an item's id; undefined while only reading. */
  readonly field: string | undefined;
}

const presenceSchema = v.object({
  person: personIdSchema,
  field: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
});

export function setPresence(awareness: Awareness, { person, field }: Presence): void {
  awareness.setLocalState(field === undefined ? { person } : { person, field });
}

export function clearPresence(awareness: Awareness): void {
  awareness.setLocalState(null);
}

/** The others, each person once per field; own other devices included. */
export function readPresence(awareness: Awareness): readonly Presence[] {
  const seen = new Map<string, Presence>();
  for (const [client, state] of awareness.getStates()) {
    if (client === awareness.clientID) continue;
    const presence = parsePresence(state);
    if (presence) seen.set(`${presence.person} ${presence.field ?? ''}`, presence);
  }
  return [...seen.values()];
}

export function parsePresence(state: unknown): Presence | undefined {
  const parsed = v.safeParse(presenceSchema, state);
  return parsed.success ? { person: parsed.output.person, field: parsed.output.field } : undefined;
}

/** Calls back at once and after every change. Answers the way to stop. */
export function observePresence(
  awareness: Awareness,
  onValue: (presence: readonly Presence[]) => void,
): () => void {
  const read = (): void => onValue(readPresence(awareness));
  awareness.on('change', read);
  read();
  return () => awareness.off('change', read);
}
