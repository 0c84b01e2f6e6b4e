/** Takes back an own message that waits; its text can be picked up again, so no question is asked before. */
import type { EntryId } from '../../domain/ids';
import type { ConversationNumber } from '../../engine/views';
import { t } from '../i18n/t.svelte';
import type { App } from '../state/app.svelte';

export async function withdraw(
  app: App,
  conversation: ConversationNumber,
  entry: EntryId,
  text: string,
): Promise<void> {
  const saved = await app.client.intend({ type: 'cancel-entry', conversation, entry });
  if (!saved.ok) {
    app.toasts.show(
      saved.error.type === 'storage-full' ? t().common.saveFailed.full : t().common.saveFailed.failed,
    );
    return;
  }
  app.toasts.show(t().conversation.message.withdrawn, {
    label: t().conversation.message.toDraft,
    run: () => app.composers.pickUp(conversation, text),
  });
}
