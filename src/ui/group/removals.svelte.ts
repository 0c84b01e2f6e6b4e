/**
 * Removing members with a way back: keys change when somebody is removed, so it is not sent before
 * the time for "Rückgängig" is over. Leaving the page sends what is left at once.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { PersonId } from '../../domain/ids';

export const UNDO_MS = 8_000;

export class Removals {
  readonly #timers = new SvelteMap<PersonId, ReturnType<typeof setTimeout>>();
  readonly #send: (person: PersonId) => void;
  readonly #waitMs: number;

  constructor(send: (person: PersonId) => void, waitMs = UNDO_MS) {
    this.#send = send;
    this.#waitMs = waitMs;
  }

  isPending(person: PersonId): boolean {
    return this.#timers.has(person);
  }
  begin(person: PersonId): void {
    if (this.#timers.has(person)) return;
    this.#timers.set(
      person,
      setTimeout(() => this.#finish(person), this.#waitMs),
    );
  }
  undo(person: PersonId): void {
    clearTimeout(this.#timers.get(person));
    this.#timers.delete(person);
  }
  finishAll(): void {
    for (const person of [...this.#timers.keys()]) this.#finish(person);
  }

  #finish(person: PersonId): void {
    clearTimeout(this.#timers.get(person));
    this.#timers.delete(person);
    this.#send(person);
  }
}
