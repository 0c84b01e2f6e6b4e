/** F6 and Shift+F6 go round the regions of the window, in reading order. */
export function cycleRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (region) => region.getClientRects().length > 0,
  );
  if (regions.length === 0) return;
  const current = regions.findIndex((region) => region.contains(document.activeElement));
  const next = current === -1 ? 0 : (current + step + regions.length) % regions.length;
  const region = regions[next];
  const entry = region?.querySelector<HTMLElement>('[data-region-entry]') ?? region;
  entry?.focus();
}

/** Up and down among the rows of a list, without leaving it. */
export function moveAmongRows(event: KeyboardEvent, list: HTMLElement): void {
  if (
    !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key) ||
    event.altKey ||
    event.ctrlKey ||
    event.metaKey
  )
    return;
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const wanted =
    { ArrowDown: at + 1, ArrowUp: at === -1 ? rows.length - 1 : at - 1, Home: 0, End: rows.length - 1 }[
      event.key
    ] ?? at;
  const row = rows[Math.max(0, Math.min(rows.length - 1, wanted))];
  if (!row) return;
  event.preventDefault();
  row.focus();
}
