/**
 * Arrow up and down go from message to message inside the history; from the history itself to the last or the
 * first one in sight. Answers whether the key was meant for it.
 */
export function moveAmongMessages(event: KeyboardEvent, scroller: HTMLElement): boolean {
  if ((event.key !== 'ArrowUp' && event.key !== 'ArrowDown') || hasModifier(event)) return false;
  const isUp = event.key === 'ArrowUp';
  const messages = [...scroller.querySelectorAll<HTMLElement>('article')];
  const current = event.target instanceof Element ? event.target.closest('article') : undefined;
  const next = current
    ? messages[messages.indexOf(current) + (isUp ? -1 : 1)]
    : inSight(messages, scroller.getBoundingClientRect())[isUp ? 'last' : 'first'];
  if (!next) return false;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
}

function inSight(
  messages: readonly HTMLElement[],
  frame: DOMRect,
): { readonly first: HTMLElement | undefined; readonly last: HTMLElement | undefined } {
  const seen = messages.filter((message) => {
    const { top, bottom } = message.getBoundingClientRect();
    return bottom > frame.top && top < frame.bottom;
  });
  return { first: seen[0], last: seen.at(-1) };
}
