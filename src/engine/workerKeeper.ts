/**
 * Keeps one engine worker alive in the tab that leads: starts it again when it ends, and replaces it when it
 * hangs (`heartbeat.ts`). Nothing is lost by that: whatever the worker has not stored has not happened, and
 * the old one is fenced off by the vault's term (SPEC V3).
 *
 * H1 The first hang is replaced within a second.
 * H2 A task that is long but ends is not killed for ever: each hang in a row is given four times as long, up
 *    to a minute, and a tab remembers the longest silence that ended by itself.
 * H3 What hangs every new worker, too, is not fought: at the third in a row `onStuck` says so, and each start
 *    waits longer, up to a minute. In between the engine works as far as it comes.
 * H4 A worker that has answered for a minute is well: `onWell`, and the count begins anew.
 *
 * Limits: until its code has been loaded, which may take a network, a worker has a minute; an engine that waits for something that never comes
 * answers all the same. An old worker that hangs inside a transaction holds it until the browser has killed it
 * (Chromium: 2 s).
 */
import type { Clock } from '../lib/services';
import type { WorkerQuestion, WorkerWord } from './engine.worker';
import { ASK_EVERY_MS, Heartbeat } from './heartbeat';

const RESTART_MS = 1_000;
const FIRST_PATIENCE_MS = 3 * ASK_EVERY_MS;
const PATIENCE_GROWTH = 4;
const STUCK_AFTER = 3;
const LONGEST_MS = 60_000;
const WELL_AFTER_MS = 60_000;

/** What is used of a `Worker`. */
export interface KeptWorker {
  postMessage(question: WorkerQuestion): void;
  terminate(): void;
  addEventListener(type: 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: WorkerWord }) => void): void;
}

export interface KeeperOptions {
  readonly clock: Clock;
  startWorker(): KeptWorker;
  /** The vault was written by a newer version of the app: no worker is started any more. */
  onTooNew(): void;
  onStuck(): void;
  onWell(): void;
}

export class WorkerKeeper {
  readonly #options: KeeperOptions;
  #worker: KeptWorker | undefined;
  #heartbeat: Heartbeat | undefined;
  #isKeeping = false;
  #patience = FIRST_PATIENCE_MS;
  #longestEnded = 0;
  #hangs = 0;
  /** Of loading, then of becoming well. */
  #cancelDeadline: () => void = () => undefined;
  #cancelStart: () => void = () => undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isKeeping = true;
    this.#startWorker();
  }

  stop(): void {
    this.#isKeeping = false;
    this.#cancelStart();
    this.#endWorker();
  }

  #startWorker(): void {
    const worker = this.#options.startWorker();
    this.#worker = worker;
    this.#cancelDeadline = this.#options.clock.after(LONGEST_MS, () => {
      this.#hung();
    });
    worker.addEventListener('error', () => {
      if (this.#worker === worker) this.#replace(RESTART_MS);
    });
    worker.addEventListener('message', ({ data }) => {
      if (this.#worker === worker) this.#heard(worker, data);
    });
  }

  #heard(worker: KeptWorker, word: WorkerWord): void {
    switch (word.type) {
      case 'loaded':
        this.#watch(worker);
        return;
      case 'answer':
        this.#heartbeat?.answered();
        return;
      case 'running':
        return;
      case 'ended':
        if (word.reason !== 'too-new') this.#replace(RESTART_MS);
        else {
          this.stop();
          this.#options.onTooNew();
        }
    }
  }

  #watch(worker: KeptWorker): void {
    const { clock } = this.#options;
    this.#heartbeat = new Heartbeat({
      clock,
      ask: () => {
        worker.postMessage('alive?');
      },
      onSilence: (ms) => {
        this.#cancelDeadline();
        if (ms >= this.#patience) this.#hung();
      },
      onAnswer: (ms) => {
        this.#longestEnded = Math.max(this.#longestEnded, ms);
        this.#awaitWell();
      },
    });
    this.#awaitWell();
  }

  /** H4. */
  #awaitWell(): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#options.clock.after(WELL_AFTER_MS, () => {
      this.#hangs = 0;
      this.#patience = Math.min(LONGEST_MS, Math.max(FIRST_PATIENCE_MS, 2 * this.#longestEnded));
      this.#options.onWell();
    });
  }

  #hung(): void {
    this.#hangs += 1;
    this.#patience = Math.min(LONGEST_MS, this.#patience * PATIENCE_GROWTH);
    // H1: the first one at once; H3: 1 s, 2 s, 4 s …
    const wait = this.#hangs === 1 ? 0 : Math.min(LONGEST_MS, RESTART_MS * 2 ** (this.#hangs - 2));
    if (this.#hangs === STUCK_AFTER) this.#options.onStuck();
    this.#replace(wait);
  }

  #replace(waitMs: number): void {
    this.#endWorker();
    if (!this.#isKeeping) return;
    if (waitMs === 0) this.#startWorker();
    else
      this.#cancelStart = this.#options.clock.after(waitMs, () => {
        this.#startWorker();
      });
  }

  #endWorker(): void {
    this.#cancelDeadline();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
