/** A view of the vault as reactive state: observed while somebody reads it in an effect or a template. */
import { createSubscriber } from 'svelte/reactivity';
import type { Stop } from '../../engine/client';

export class Observed<T> {
  #current: T;
  readonly #subscribe: () => void;

  constructor(initial: T, observe: (onValue: (value: T) => void) => Stop) {
    this.#current = initial;
    this.#subscribe = createSubscriber((update) =>
      observe((value) => {
        this.#current = value;
        update();
      }),
    );
  }

  /** Outside of effects: the last value seen. */
  get current(): T {
    this.#subscribe();
    return this.#current;
  }
}
