/** The latest presence, at once and then at most once a second; leaving is said at once. */
import type { Bytes } from '../lib/bytes';
import { encodePresence, type PresenceEntry } from './presenceFrames';

const PAUSE_MS = 1_000;

export class OutgoingPresence {
  readonly #send: (bytes: Bytes) => void;
  #latest: PresenceEntry | undefined;
  #isDue = false;
  #wasAnnounced = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (bytes: Bytes) => void) {
    this.#send = send;
  }

  set(entry: PresenceEntry): void {
    this.#latest = entry;
    if (entry.state === 'null') {
      this.close();
      if (this.#wasAnnounced) this.#send(encodePresence(entry));
      this.#wasAnnounced = false;
      return;
    }
    this.announce();
  }

  /** Also for newcomers, who have not heard of us yet. */
  announce(): void {
    if (this.#latest === undefined || this.#latest.state === 'null') return;
    if (this.#timer !== undefined) {
      this.#isDue = true;
      return;
    }
    this.#wasAnnounced = true;
    this.#send(encodePresence(this.#latest));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.announce();
    }, PAUSE_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
  }
}
