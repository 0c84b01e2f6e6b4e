/**
 * A finger that rests on something opens what a right click opens. Android says so with `contextmenu`, which
 * must be handled beside this; iOS has no event for it. What lifting the finger would still do (the mouse events
 * and the click that follow a touch) is swallowed.
 */
import type { Attachment } from 'svelte/attachments';

const restMs = 500;
/** A finger is never quite still; more than this many pixels is scrolling. */
const tremble = 10;

export function longPress(onpress: (target: EventTarget | null) => void): Attachment<HTMLElement> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let from = { x: 0, y: 0 };
    let wasHeld = false;

    const down = (event: PointerEvent): void => {
      wasHeld = false;
      clearTimeout(timer);
      if (event.pointerType !== 'touch' || !event.isPrimary) return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => {
        wasHeld = true;
        onpress(event.target);
      }, restMs);
    };
    const move = (event: PointerEvent): void => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > tremble) clearTimeout(timer);
    };
    const up = (): void => clearTimeout(timer);
    const lift = (event: TouchEvent): void => {
      if (wasHeld && event.cancelable) event.preventDefault();
    };
    const click = (event: MouseEvent): void => {
      if (!wasHeld) return;
      wasHeld = false;
      event.preventDefault();
      event.stopPropagation();
    };

    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('touchend', lift, { passive: false });
    element.addEventListener('click', click, { capture: true });
    return () => {
      clearTimeout(timer);
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('touchend', lift);
      element.removeEventListener('click', click, { capture: true });
    };
  };
}
