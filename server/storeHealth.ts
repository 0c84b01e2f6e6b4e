/** Whether the store took the last write it was given: what `/readyz` says. */
import type { LogStore, StoreFailure, StoreResult } from './stores/logStore';

export class StoreHealth {
  readonly #store: LogStore;
  #isWell = true;

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** Of a write: what it came to. */
  note(result: StoreResult<unknown>): void {
    this.noteFailure(result.ok ? undefined : result.error);
  }

  /** A refusal that is not about the disk says nothing about it. */
  noteFailure(failure: StoreFailure | undefined): void {
    if (failure?.type === 'storage') this.#isWell = false;
    else if (failure === undefined) this.#isWell = true;
  }

  /** After trouble the store is asked to write a trifle. */
  async isWell(): Promise<boolean> {
    if (!this.#isWell) this.note(await this.#store.probe());
    return this.#isWell;
  }
}
