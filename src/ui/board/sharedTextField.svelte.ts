/** Attaches a TextBinding to a field and feeds it with what the document says. */
import { untrack } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import { TextBinding, type EditText } from './textBinding';

export interface SharedText {
  /** What the document says; read reactively. */
  read(): string;
  readonly edit: EditText;
}

export function sharedTextField({
  read,
  edit,
}: SharedText): Attachment<HTMLInputElement | HTMLTextAreaElement> {
  return (field) => {
    const binding = new TextBinding(
      field,
      untrack(read),
      edit,
      () => field.ownerDocument.activeElement === field,
    );
    const take = () => binding.take();
    const compose = () => binding.beginComposing();
    const composed = () => binding.endComposing(untrack(read));
    field.addEventListener('input', take);
    field.addEventListener('compositionstart', compose);
    field.addEventListener('compositionend', composed);
    $effect(() => binding.show(read()));
    return () => {
      field.removeEventListener('input', take);
      field.removeEventListener('compositionstart', compose);
      field.removeEventListener('compositionend', composed);
    };
  };
}
