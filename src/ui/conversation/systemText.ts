/** What happened, in a sentence. */
import type { PersonId } from '../../domain/ids';
import type { SystemEvent } from '../../engine/views';
import type { Messages } from '../i18n/de';

export interface Names {
  readonly me: PersonId | undefined;
  readonly nameOf: (person: PersonId) => string | undefined;
}

/** More than this many names are counted, not listed. */
const listed = 3;

export function systemText(event: SystemEvent, names: Names, messages: Messages, locale: string): string {
  const words = messages.conversation.system;
  if (event.type === 'history-from-here') return words.historyFromHere;
  if (event.type === 'begins-here') return words.beginsHere;
  if (event.type === 'continued') return words.continued;
  const isMe = event.by === names.me;
  const by = isMe ? messages.common.you : (names.nameOf(event.by) ?? messages.common.someone);
  switch (event.type) {
    case 'founded':
      return words.founded(by, isMe);
    case 'renamed':
      return words.renamed(by, isMe, event.title);
    case 'added':
      return words.added(by, isMe, nameList(event.persons, names, messages, locale));
    case 'removed':
      return words.removed(by, isMe, nameList(event.persons, names, messages, locale));
    case 'left':
      return words.left(by, isMe);
    case 'board-changed':
      return words.boardChanged(by, isMe);
  }
}

function nameList(persons: readonly PersonId[], names: Names, messages: Messages, locale: string): string {
  const words = messages.conversation.system;
  const all = persons.map((person) =>
    person === names.me ? words.youObject : (names.nameOf(person) ?? messages.common.someone),
  );
  const format = new Intl.ListFormat(locale, { type: 'conjunction' });
  if (all.length <= listed + 1) return format.format(all);
  return words.andMore(all.slice(0, listed).join(', '), all.length - listed);
}
