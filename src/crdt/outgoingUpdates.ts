/**
 * Own edits on their way into the vault: gathered for a moment, saved one after the other.
 *
 *   1.  A batch that was tried is tried again byte for byte, until it is saved: if a failed save did
 *       reach the vault after all, the repetition changes nothing.
 *   2.  Later edits wait behind it; a session's structs must arrive without a gap.
 */
import type { Bytes } from '../lib/bytes';
import { err, type Result } from '../lib/result';
import type { SaveFailure } from './documentChannel';

export interface SaveState {
  readonly isSaved: boolean;
  /** Why it is not: the last attempt failed; more will follow. */
  readonly failure: SaveFailure | undefined;
}

export interface OutgoingOptions {
  send(update: Bytes): Promise<Result<void, SaveFailure>>;
  /** Called with all that was gathered; undefined when it cannot be sent at all. */
  pack(updates: readonly Uint8Array[]): readonly Bytes[] | undefined;
  onUnsendable(): void;
  onState(state: SaveState): void;
}

const PAUSE_MS = 300;
const LONGEST_MS = 1_500;
const RETRY_MS = 3_000;

export class OutgoingUpdates {
  readonly #options: OutgoingOptions;
  #gathered: Uint8Array[] = [];
  #batches: Bytes[] = [];
  #running: Promise<void> | undefined;
  #failure: SaveFailure | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #longest: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  get state(): SaveState {
    return { isSaved: this.#gathered.length === 0 && this.#batches.length === 0, failure: this.#failure };
  }

  add(update: Uint8Array): void {
    if (this.#isClosed) return;
    const wasSaved = this.state.isSaved;
    this.#gathered.push(update);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.flush(), PAUSE_MS);
    this.#longest ??= setTimeout(() => void this.flush(), LONGEST_MS);
    if (wasSaved) this.#options.onState(this.state);
  }

  /** Resolves when everything added so far is saved, or the next save has failed. */
  flush(): Promise<void> {
    this.#stopTimers();
    this.#running ??= this.#drain().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Saves what is there; nothing is taken on any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  async #drain(): Promise<void> {
    if (this.state.isSaved) return;
    for (;;) {
      if (this.#batches.length === 0) this.#packGathered();
      const batch = this.#batches[0];
      if (batch === undefined) break;
      const result = await this.#send(batch);
      this.#failure = result.ok ? undefined : result.error;
      if (!result.ok) {
        if (!this.#isClosed) this.#retry ??= setTimeout(() => void this.flush(), RETRY_MS);
        break;
      }
      this.#batches.shift();
    }
    this.#options.onState(this.state);
  }

  #packGathered(): void {
    if (this.#gathered.length === 0) return;
    const packed = this.#options.pack(this.#gathered);
    this.#gathered = [];
    if (packed !== undefined) {
      this.#batches.push(...packed);
      return;
    }
    // Whatever came after it would leave a gap.
    this.#isClosed = true;
    this.#options.onUnsendable();
  }

  async #send(batch: Bytes): Promise<Result<void, SaveFailure>> {
    try {
      return await this.#options.send(batch);
    } catch (error) {
      return err({
        type: 'storage-failed',
        then: 'retry',
        detail: error instanceof Error ? error.message : 'send',
      });
    }
  }

  #stopTimers(): void {
    clearTimeout(this.#pause);
    clearTimeout(this.#longest);
    clearTimeout(this.#retry);
    this.#pause = this.#longest = this.#retry = undefined;
  }
}
