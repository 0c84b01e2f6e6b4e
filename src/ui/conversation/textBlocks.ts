/** Personal text blocks: kept on this device, newest last. */
import { t } from '../i18n/t.svelte';
import type { App } from '../state/app.svelte';

export async function saveBlocks(app: App, blocks: readonly string[]): Promise<boolean> {
  const saved = await app.client.saveTextBlocks(blocks);
  if (!saved.ok)
    app.toasts.show(
      saved.error.type === 'storage-full' ? t().common.saveFailed.full : t().common.saveFailed.failed,
    );
  return saved.ok;
}

export async function keepAsBlock(app: App, text: string): Promise<void> {
  const block = text.trim();
  const blocks = app.textBlocks.current;
  if (block === '' || blocks.includes(block)) return;
  if (!(await saveBlocks(app, [...blocks, block]))) return;
  app.toasts.show(t().conversation.blocks.kept, {
    label: t().common.undo,
    run: () =>
      void saveBlocks(
        app,
        app.textBlocks.current.filter((one) => one !== block),
      ),
  });
}

export async function removeBlock(app: App, block: string): Promise<void> {
  const before = app.textBlocks.current;
  if (
    !(await saveBlocks(
      app,
      before.filter((one) => one !== block),
    ))
  )
    return;
  app.toasts.show(t().conversation.blocks.removed, {
    label: t().common.undo,
    run: () => void saveBlocks(app, before),
  });
}
