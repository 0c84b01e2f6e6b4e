/** Lets a textarea be as high as its text, up to `maxRows` lines; after that it scrolls. */
import type { Attachment } from 'svelte/attachments';

export function autosize(text: () => string, maxRows: number): Attachment<HTMLTextAreaElement> {
  return (area) => {
    text();
    const style = getComputedStyle(area);
    const line = parseFloat(style.lineHeight);
    const frame = parseFloat(style.borderTopWidth) + parseFloat(style.borderBottomWidth);
    const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const most = Math.round(line * maxRows + padding + frame);
    area.style.height = 'auto';
    const wanted = area.scrollHeight + frame;
    area.style.height = `${Math.min(wanted, most)}px`;
    area.style.overflowY = wanted > most ? 'auto' : 'hidden';
  };
}
