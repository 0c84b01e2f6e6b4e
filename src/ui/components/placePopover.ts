/** Where a menu opens: below its button, or above when there is no room; never outside the window. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const gap = 4;
const margin = 8;

export function placePopover(
  anchor: Box,
  menu: Size,
  viewport: Size,
): { readonly left: number; readonly top: number } {
  const fitsBelow = anchor.bottom + gap + menu.height <= viewport.height - margin;
  const top = fitsBelow ? anchor.bottom + gap : anchor.top - gap - menu.height;
  const startsRight = anchor.left + menu.width <= viewport.width - margin;
  const left = startsRight ? anchor.left : anchor.right - menu.width;
  return {
    left: Math.max(margin, Math.min(left, viewport.width - menu.width - margin)),
    top: Math.max(margin, Math.min(top, viewport.height - menu.height - margin)),
  };
}
