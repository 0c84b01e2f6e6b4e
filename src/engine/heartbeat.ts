/**
 * Whether a worker's event loop still turns: it is asked, and a worker that sits in an endless loop never
 * answers. It says nothing of whether the work gets anywhere, and a long task that will end looks the same
 * as one that will not: how long to wait is the caller's to decide (`workerKeeper.ts`).
 *
 * Silence is counted in questions of this thread, not in time: a tab that was frozen, throttled or busy
 * itself has asked nothing meanwhile, and so blames nobody.
 */
import type { Clock } from '../lib/services';

export const ASK_EVERY_MS = 200;

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Posts a question; the worker's answer comes back by `answered`. */
  ask(): void;
  /** After each question that found the one before unanswered. `ms`: for how long, by the count. */
  onSilence(ms: number): void;
  /** Again after a silence; `ms`: how long it was. */
  onAnswer(ms: number): void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #silent = 0;
  #isAnswered = true;
  #cancel: () => void = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#ask();
  }

  answered(): void {
    const silence = this.#silent;
    this.#isAnswered = true;
    this.#silent = 0;
    if (silence > 0) this.#options.onAnswer(silence);
  }

  stop(): void {
    this.#cancel();
  }

  #ask(): void {
    this.#cancel = this.#options.clock.after(ASK_EVERY_MS, () => {
      this.#ask();
      if (this.#isAnswered) {
        this.#isAnswered = false;
        this.#options.ask();
        return;
      }
      this.#silent += ASK_EVERY_MS;
      this.#options.onSilence(this.#silent);
    });
  }
}
