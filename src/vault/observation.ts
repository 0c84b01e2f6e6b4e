/**
 * One observer's life: read, remember which ranges were read, read again when a batch touched one of
 * them. Both adapters use it; they differ only in how a read runs and how a batch is told.
 *
 * O1 At most one read runs at a time; whatever is told meanwhile leads to at most one more.
 * O2 A batch told at any moment after the read began is either in its answer or leads to another read.
 * O3 After `stop` nothing is called.
 *
 * Limit: a read that never ends mutes its observer. A rejection other than `VaultError` is a bug of
 * `read` and stays an unhandled rejection.
 */
import type { VaultFailure, VaultReader } from './vault';
import { VaultError } from './vaultFailure';
import { overlaps, type TouchedRange } from './vaultKeys';

export interface ObservationOptions<T> {
  readonly read: (reader: VaultReader) => Promise<T>;
  /** Runs `read` over one consistent state and puts every range it reads into `seen`. */
  readonly runRead: (read: (reader: VaultReader) => Promise<T>, seen: TouchedRange[]) => Promise<T>;
  readonly onValue: (value: T) => void;
  readonly onError: ((failure: VaultFailure) => void) | undefined;
}

export interface Observation {
  tell(touched: readonly TouchedRange[]): void;
  /** Reads again whatever was touched: something may have been missed. */
  refresh(): void;
  stop(): void;
}

type Outcome<T> = { readonly value: T } | { readonly failure: VaultFailure };

export function startObservation<T>(options: ObservationOptions<T>): Observation {
  let isStopped = false;
  let isScheduled = false;
  let isRunning = false;
  let mustRefresh = false;
  let told: TouchedRange[] = [];
  /** Undefined until a read succeeded: then everything counts. */
  let watched: readonly TouchedRange[] | undefined;

  function schedule(): void {
    if (isStopped || isScheduled || isRunning) return;
    isScheduled = true;
    queueMicrotask(() => void run());
  }

  async function run(): Promise<void> {
    isScheduled = false;
    if (isStopped) return;
    isRunning = true;
    mustRefresh = false;
    told = [];
    const seen: TouchedRange[] = [];
    let outcome: Outcome<T>;
    try {
      outcome = { value: await options.runRead(options.read, seen) };
      watched = seen;
    } catch (error) {
      watched = undefined;
      if (!(error instanceof VaultError)) throw error;
      outcome = { failure: error.failure };
    } finally {
      isRunning = false;
    }
    if (isStopped) return;
    if (mustRefresh || isWatched(told)) schedule();
    if ('value' in outcome) options.onValue(outcome.value);
    else options.onError?.(outcome.failure);
  }

  function isWatched(touched: readonly TouchedRange[]): boolean {
    const ranges = watched;
    if (ranges === undefined) return touched.length > 0;
    return touched.some((one) => ranges.some((other) => overlaps(one, other)));
  }

  schedule();
  return {
    tell(touched) {
      if (isRunning) told.push(...touched);
      else if (isWatched(touched)) schedule();
    },
    refresh() {
      mustRefresh = true;
      schedule();
    },
    stop() {
      isStopped = true;
    },
  };
}

/** A reader that notes down what it is asked. */
export function notingReader(reader: VaultReader, seen: TouchedRange[]): VaultReader {
  return {
    get(store, key) {
      seen.push({ store, from: key, to: key });
      return reader.get(store, key);
    },
    range(store, range) {
      seen.push({ store, from: range.from, to: range.to });
      return reader.range(store, range);
    },
  };
}
