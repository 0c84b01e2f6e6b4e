/** As high as its text, again whenever the column gets another width (a phone that is turned). */
import { innerWidth } from 'svelte/reactivity/window';
import type { Attachment } from 'svelte/attachments';
import { autosize } from '../components/autosize';

export function fitted(text: () => string, maxRows: number): Attachment<HTMLTextAreaElement> {
  return autosize(() => {
    void innerWidth.current;
    return text();
  }, maxRows);
}
