/**
 * What a conversation's log says about itself: title, roster, roles (SPEC C1–C5). A pure fold; the
 * texts are rows of the timeline and need no state. An entry without the right has no effect.
 *
 * Any member may add persons and rename; the managers (whoever founded it) may remove; everybody may
 * leave. In a direct conversation the roster is the pair and never changes.
 */
import type { EntryBody } from './body';
import type { DeviceId, LogId, PersonId } from './ids';

export interface Conversation {
  readonly kind: 'direct' | 'group';
  readonly title: string | undefined;
  readonly roster: Readonly<Record<PersonId, 'member' | 'manager'>>;
  /** Who was removed or left, once: they are handed nothing of what was written without them (SPEC J4). */
  readonly former: readonly PersonId[];
  /** The log this one continues, and what of it its founder had: last counters by author (SPEC Q8). */
  readonly base?: Base;
}

export interface Base {
  readonly log: LogId;
  readonly counters: Readonly<Record<DeviceId, number>>;
  /** What it had gone on in before it was lost again, unknown to whoever took the town further: the oldest first. */
  readonly later?: readonly Base[];
}

/** All logs that are continued here, with what of each the founder had. */
export function basesOf(base: Base | undefined): readonly Base[] {
  return base === undefined ? [] : [base, ...(base.later ?? [])];
}

export interface ConversationStep {
  readonly author: PersonId;
  readonly body: EntryBody;
}

/** What an entry did, told to the timeline; undefined when it had no effect. */
export type Effect =
  | { readonly type: 'founded'; readonly persons: readonly PersonId[] }
  | { readonly type: 'renamed'; readonly title: string }
  | { readonly type: 'added'; readonly persons: readonly PersonId[] }
  | { readonly type: 'removed'; readonly persons: readonly PersonId[] }
  | { readonly type: 'left' }
  /** The conversation goes on in another log; nobody's deed. */
  | { readonly type: 'continued' };

export interface Folded {
  readonly conversation: Conversation;
  readonly effects: readonly Effect[];
}

export function foundConversation(kind: 'direct' | 'group', persons: readonly PersonId[]): Conversation {
  const roster = Object.fromEntries(persons.map((person) => [person, 'member' as const]));
  return { kind, title: undefined, roster, former: [] };
}

export function foldConversation(conversation: Conversation, step: ConversationStep): Folded {
  const { author, body } = step;
  const unchanged: Folded = { conversation, effects: [] };
  if (conversation.kind === 'direct') return unchanged;
  switch (body.kind) {
    case 'founded': {
      // The first one founds; whoever writes it manages.
      if (Object.keys(conversation.roster).length > 0) return unchanged;
      const roster: Record<PersonId, 'member' | 'manager'> = {};
      for (const person of body.persons) roster[person] = 'member';
      roster[author] = 'manager';
      return {
        conversation: { ...conversation, title: body.title, roster },
        effects: [{ type: 'founded', persons: body.persons }],
      };
    }
    case 'title':
      if (conversation.roster[author] === undefined || conversation.title === body.title) return unchanged;
      return {
        conversation: { ...conversation, title: body.title },
        effects: [{ type: 'renamed', title: body.title }],
      };
    case 'roster':
      return foldRoster(conversation, author, body);
    default:
      return unchanged;
  }
}

/** Of what was said in the log before, only removals still bind (SPEC Q8). */
export function foldCarried(conversation: Conversation, step: ConversationStep): Folded {
  const { author, body } = step;
  if (body.kind !== 'roster') return { conversation, effects: [] };
  return foldConversation(conversation, { author, body: { ...body, add: [] } });
}

function foldRoster(
  conversation: Conversation,
  author: PersonId,
  body: Extract<EntryBody, { kind: 'roster' }>,
): Folded {
  const role = conversation.roster[author];
  if (role === undefined) return { conversation, effects: [] };
  const roster: Record<PersonId, 'member' | 'manager'> = { ...conversation.roster };
  const effects: Effect[] = [];
  const added = once(body.add).filter((person) => roster[person] === undefined);
  for (const person of added) roster[person] = 'member';
  if (added.length > 0) effects.push({ type: 'added', persons: added });
  const removed = once(body.remove).filter(
    (person) => roster[person] !== undefined && person !== author && role === 'manager',
  );
  for (const person of removed) Reflect.deleteProperty(roster, person);
  if (removed.length > 0) effects.push({ type: 'removed', persons: removed });
  if (body.remove.includes(author)) {
    Reflect.deleteProperty(roster, author);
    effects.push({ type: 'left' });
    appointManager(roster);
  }
  if (effects.length === 0) return { conversation, effects };
  const gone = Object.keys(conversation.roster).filter((person) => roster[person as PersonId] === undefined);
  const former = [...new Set([...conversation.former, ...(gone as PersonId[])])];
  return { conversation: { ...conversation, roster, former }, effects };
}

function once(persons: readonly PersonId[]): readonly PersonId[] {
  return [...new Set(persons)];
}

/** A group is never left without a manager: the lowest id takes it, the same on every device. */
function appointManager(roster: Record<PersonId, 'member' | 'manager'>): void {
  const persons = Object.keys(roster).sort() as PersonId[];
  if (persons.some((person) => roster[person] === 'manager')) return;
  const first = persons[0];
  if (first !== undefined) roster[first] = 'manager';
}
