/** "Now" for words such as „Gestern“: moves once a minute, and at once when the page comes back. */
import { createSubscriber } from 'svelte/reactivity';

export class ScreenClock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 60_000);
    const onVisible = () => {
      if (document.visibilityState === 'visible') update();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  });

  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}
