/** The one line of a conversation in the list. */
import type { ConversationSummary } from '../../engine/views';
import { systemText, type Names } from '../conversation/systemText';
import type { Messages } from '../i18n/de';

export interface Preview {
  readonly text: string;
  readonly isDraft: boolean;
}

export function previewOf(
  conversation: ConversationSummary,
  draft: string | undefined,
  names: Names,
  messages: Messages,
  locale: string,
): Preview {
  if (draft !== undefined && draft.trim() !== '') return { text: oneLine(draft), isDraft: true };
  return { text: lastText(conversation, names, messages, locale), isDraft: false };
}

function lastText(
  conversation: ConversationSummary,
  names: Names,
  messages: Messages,
  locale: string,
): string {
  const { preview } = conversation;
  if (!preview) return messages.list.nothingYet;
  if (preview.system) return systemText(preview.system, names, messages, locale);
  if (preview.text === undefined) return messages.list.unknownKind;
  const text = oneLine(preview.text);
  if (preview.isMine) return messages.list.you(text);
  return conversation.kind === 'group' && preview.authorName !== undefined
    ? messages.list.by(preview.authorName, text)
    : text;
}

function oneLine(text: string): string {
  return text.slice(0, 300).replace(/\s+/gu, ' ').trim();
}
