/** One conversation's view as reactive state: undefined until the vault has answered, then a view or nothing. */
import type { AppClient } from '../../engine/client';
import type { ConversationNumber, ConversationView } from '../../engine/views';
import { Observed } from './observed.svelte';

export interface SeenConversation {
  readonly view: ConversationView | undefined;
}

export function watchConversation(
  client: Pick<AppClient, 'observeConversation'>,
  number: ConversationNumber,
): Observed<SeenConversation | undefined> {
  return new Observed<SeenConversation | undefined>(undefined, (on) =>
    client.observeConversation(number, (view) => on({ view })),
  );
}
