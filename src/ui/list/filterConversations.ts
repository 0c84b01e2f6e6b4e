import type { ConversationNumber, ConversationSummary } from '../../engine/views';

export type ListFilter = 'all' | 'unread' | 'archived';

/** `open` stays in place while it is being read, or the row would vanish from under the finger. */
export function filterConversations(
  conversations: readonly ConversationSummary[],
  filter: ListFilter,
  open: ConversationNumber | undefined,
): readonly ConversationSummary[] {
  if (filter === 'archived') return conversations.filter((one) => one.isArchived);
  const active = conversations.filter((one) => !one.isArchived);
  return filter === 'unread' ? active.filter((one) => one.unread > 0 || one.number === open) : active;
}
