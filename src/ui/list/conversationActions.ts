/** Pin, mute, archive: the same verbs in the list and in a conversation's own menu. */
import Archive from '@lucide/svelte/icons/archive';
import ArchiveRestore from '@lucide/svelte/icons/archive-restore';
import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import type { ConversationNumber } from '../../engine/views';
import type { MenuItem } from '../components/menuItem';
import { t } from '../i18n/t.svelte';
import type { App } from '../state/app.svelte';

export interface Flagged {
  readonly number: ConversationNumber;
  readonly title: string;
  readonly isPinned: boolean;
  readonly isMuted: boolean;
  readonly isArchived: boolean;
}

interface Flags {
  readonly pinned?: boolean;
  readonly muted?: boolean;
  readonly archived?: boolean;
}

export function flagItems(app: App, one: Flagged): readonly MenuItem[] {
  const words = t().list;
  return [
    {
      label: one.isPinned ? words.unpin : words.pin,
      icon: one.isPinned ? PinOff : Pin,
      onselect: () => void setFlags(app, one, { pinned: !one.isPinned }),
    },
    {
      label: one.isMuted ? words.unmute : words.mute,
      icon: one.isMuted ? Bell : BellOff,
      onselect: () => void setFlags(app, one, { muted: !one.isMuted }),
    },
    {
      label: one.isArchived ? words.unarchive : words.archive,
      icon: one.isArchived ? ArchiveRestore : Archive,
      onselect: () => void archive(app, one),
    },
  ];
}

async function archive(app: App, one: Flagged): Promise<void> {
  const archived = !one.isArchived;
  if (!(await setFlags(app, one, { archived }))) return;
  const text = archived ? t().list.didArchive(one.title) : t().list.didUnarchive(one.title);
  app.toasts.show(text, {
    label: t().common.undo,
    run: () => void setFlags(app, one, { archived: !archived }),
  });
}

async function setFlags(app: App, one: Flagged, flags: Flags): Promise<boolean> {
  const saved = await app.client.intend({ type: 'set-flags', conversation: one.number, ...flags });
  if (!saved.ok)
    app.toasts.show(
      saved.error.type === 'storage-full' ? t().common.saveFailed.full : t().common.saveFailed.failed,
    );
  return saved.ok;
}
