/**
 * Binds an input or textarea to a text that others edit too. What the field shows and what the user
 * typed are told apart: an edit goes out as the difference to what was on the screen, and changes by
 * others come in around the caret, which stays with its characters. While an input method composes a
 * character, the field belongs to it alone.
 */
import { untrack } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import { boardTextDiff, moveSelection } from '../../crdt/textSplice';

type TextField = HTMLInputElement | HTMLTextAreaElement;

export interface SharedText {
  /** What the document says; read reactively. */
  read(): string;
  edit(wanted: string, edit: { readonly base: string; readonly caret: number }): void;
}

export function sharedTextField({ read, edit }: SharedText): Attachment<TextField> {
  return (field) => {
    let shown = untrack(read);
    let isComposing = false;
    field.value = shown;

    const show = (text: string) => {
      if (isComposing || text === field.value) {
        if (!isComposing) shown = text;
        return;
      }
      const selection = moveSelection(
        { start: field.selectionStart ?? 0, end: field.selectionEnd ?? 0 },
        boardTextDiff(field.value, text),
      );
      const direction = field.selectionDirection ?? 'none';
      const top = field.scrollTop;
      field.value = text;
      shown = text;
      // Setting the selection would take the focus along in Safari.
      if (field.ownerDocument.activeElement === field) field.setSelectionRange(selection.start, selection.end, direction);
      field.scrollTop = top;
    };

    const take = () => {
      const wanted = field.value;
      if (isComposing || wanted === shown) return;
      const base = shown;
      shown = wanted;
      edit(wanted, { base, caret: field.selectionStart ?? wanted.length });
      show(untrack(read));
    };
    const compose = () => (isComposing = true);
    const composed = () => {
      isComposing = false;
      take();
      show(untrack(read));
    };

    field.addEventListener('input', take);
    field.addEventListener('compositionstart', compose);
    field.addEventListener('compositionend', composed);
    $effect(() => show(read()));
    return () => {
      field.removeEventListener('input', take);
      field.removeEventListener('compositionstart', compose);
      field.removeEventListener('compositionend', composed);
    };
  };
}
