/** Where a person may want to jump: people and conversations whose name fits what was typed. */
import type { ConversationSummary, PersonView } from '../../engine/views';
import { foldText } from './foldText';

export interface Targets {
  readonly persons: readonly PersonView[];
  readonly conversations: readonly ConversationSummary[];
}

/** Without a query: no people, and the newest conversations. Someone's direct conversation is found as the person. */
export function findTargets(
  query: string,
  persons: readonly PersonView[],
  conversations: readonly ConversationSummary[],
  limit = 5,
): Targets {
  const words = foldText(query).split(/\s+/).filter(Boolean);
  if (words.length === 0)
    return { persons: [], conversations: conversations.filter((x) => !x.isArchived).slice(0, limit) };
  const others = persons.filter((person) => person.isActive && !person.isMe);
  const names = new Set(others.map((person) => person.name));
  return {
    persons: best(words, others, (person) => person.name, limit),
    conversations: best(
      words,
      conversations.filter((x) => x.kind === 'group' || !names.has(x.title)),
      (x) => x.title,
      limit,
    ),
  };
}

function best<T>(
  words: readonly string[],
  all: readonly T[],
  nameOf: (item: T) => string,
  limit: number,
): readonly T[] {
  return all
    .map((item, index) => ({ item, index, rank: rank(words, foldText(nameOf(item))) }))
    .filter((x) => x.rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || a.index - b.index)
    .slice(0, limit)
    .map((x) => x.item);
}

/** 0: the name begins so. 1: its words begin so. 2: it contains all. Undefined: it does not fit. */
export function rank(words: readonly string[], name: string): 0 | 1 | 2 | undefined {
  if (!words.every((word) => name.includes(word))) return undefined;
  if (name.startsWith(words.join(' '))) return 0;
  const parts = name.split(/[^\p{L}\p{N}]+/u);
  return words.every((word) => parts.some((part) => part.startsWith(word))) ? 1 : 2;
}
