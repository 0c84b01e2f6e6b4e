/**
 * Which tab runs the engine. The tab that holds the lock starts the worker; the others wait in line. A
 * browser may freeze a hidden tab for as long as it likes, so a leader also holds a second lock while
 * it is visible: a visible tab that finds that one free takes the lead over. The old leader's engine is
 * fenced off by the vault's term, whatever it still believes.
 */
import { platformClock } from './platform';
import { WorkerKeeper, type KeeperOptions } from './workerKeeper';

const ENGINE_LOCK = 'depesche-engine';
const VISIBLE_LOCK = 'depesche-visible';
const STEAL_CHECK_MS = 1_000;

export type LeaderOptions = Omit<KeeperOptions, 'clock'>;

export function takePartInLeading(options: LeaderOptions): void {
  new Leader(options).start();
}

class Leader {
  readonly #keeper: WorkerKeeper;
  #isLeading = false;
  #releaseVisible: (() => void) | undefined;
  /** Leaves the line, when this tab takes the lock instead of waiting for it. */
  #leaveLine: AbortController | undefined;

  constructor(options: LeaderOptions) {
    this.#keeper = new WorkerKeeper({ ...options, clock: platformClock });
  }

  start(): void {
    void this.#lead(false);
    document.addEventListener('visibilitychange', () => {
      this.#showOrHide();
    });
    // The lock's holder may be hidden from the start, or become hidden without a word.
    setInterval(() => {
      this.#showOrHide();
    }, STEAL_CHECK_MS * 5);
    this.#showOrHide();
  }

  async #lead(isSteal: boolean): Promise<void> {
    this.#leaveLine?.abort();
    const line = new AbortController();
    this.#leaveLine = line;
    const options: LockOptions = isSteal ? { steal: true } : { signal: line.signal };
    try {
      await navigator.locks.request(ENGINE_LOCK, options, () => this.#hold());
    } catch {
      if (line.signal.aborted) return;
      // Somebody visible took over: stop, and stand in line again.
      this.#keeper.stop();
      this.#isLeading = false;
      this.#releaseVisible?.();
      void this.#lead(false);
    }
  }

  /** Leads until the tab goes away or the lock is stolen: the promise never resolves by itself. */
  #hold(): Promise<never> {
    this.#isLeading = true;
    this.#keeper.start();
    this.#showOrHide();
    return new Promise<never>(() => undefined);
  }

  #showOrHide(): void {
    const isVisible = document.visibilityState === 'visible';
    if (this.#isLeading) {
      if (isVisible) this.#holdVisible();
      else this.#releaseVisible?.();
    } else if (isVisible) void this.#takeOverFromHidden();
  }

  #holdVisible(): void {
    if (this.#releaseVisible !== undefined) return;
    void navigator.locks.request(VISIBLE_LOCK, { mode: 'shared' }, () => {
      return new Promise<void>((resolve) => {
        this.#releaseVisible = () => {
          this.#releaseVisible = undefined;
          resolve();
        };
      });
    });
  }

  async #takeOverFromHidden(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, STEAL_CHECK_MS));
    const { held = [] } = await navigator.locks.query();
    const isLed = held.some((lock) => lock.name === ENGINE_LOCK);
    const isLeaderVisible = held.some((lock) => lock.name === VISIBLE_LOCK);
    if (!isLed || isLeaderVisible || this.#isLeading || document.visibilityState !== 'visible') return;
    void this.#lead(true);
  }
}
