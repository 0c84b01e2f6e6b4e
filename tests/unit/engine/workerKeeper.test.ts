/** H1–H4: who hangs is replaced, who is only slow is not, and what hangs everybody is not fought. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/lib/services';
import type { WorkerQuestion, WorkerWord } from '../../../src/engine/engine.worker';
import { ASK_EVERY_MS } from '../../../src/engine/heartbeat';
import { WorkerKeeper, type KeptWorker } from '../../../src/engine/workerKeeper';
import { StandingClock } from '../sync/standingClock';

const MINUTE = 60_000;

/** Answers at once, or not at all. */
class FakeWorker implements KeptWorker {
  isTerminated = false;
  isHanging = false;
  questions = 0;
  readonly #errors: (() => void)[] = [];
  readonly #listeners: ((event: { readonly data: WorkerWord }) => void)[] = [];

  postMessage(question: WorkerQuestion): void {
    expect(question).toBe('alive?');
    this.questions++;
    if (!this.isHanging) this.say({ type: 'answer' });
  }
  terminate(): void {
    this.isTerminated = true;
  }
  addEventListener(type: 'error' | 'message', listener: never): void {
    if (type === 'error') this.#errors.push(listener);
    else this.#listeners.push(listener);
  }
  say(data: WorkerWord): void {
    for (const listener of this.#listeners) listener({ data });
  }
  fail(): void {
    for (const listener of this.#errors) listener();
  }
  /** Comes out of its loop and answers what it was asked meanwhile. */
  goOn(): void {
    this.isHanging = false;
    this.say({ type: 'answer' });
  }
}

let clock: StandingClock;
let workers: FakeWorker[];
let said: string[];
/** Whether a worker hangs from the moment it is loaded. */
let isPoisoned: boolean;
/** Whether the code of a worker is still on its way. */
let isLoading: boolean;
let keeper: WorkerKeeper;

beforeEach(() => {
  clock = new StandingClock();
  workers = [];
  said = [];
  isPoisoned = false;
  isLoading = false;
  keeper = keep(clock);
});

function keep(by: Clock): WorkerKeeper {
  return new WorkerKeeper({
    clock: by,
    startWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      queueMicrotask(() => {
        if (isLoading) return;
        worker.say({ type: 'loaded' });
        worker.isHanging = isPoisoned;
      });
      return worker;
    },
    onTooNew: () => said.push('too-new'),
    onStuck: () => said.push('stuck'),
    onWell: () => said.push('well'),
  });
}

const last = (): FakeWorker => workers.at(-1) as FakeWorker;
async function start(): Promise<FakeWorker> {
  keeper.start();
  await clock.pass(0);
  return last();
}

describe('a worker that hangs', () => {
  it('is replaced within a second, whenever it begins (H1)', async () => {
    await start();
    for (let begun = 0; begun < 1_000; begun += 37) {
      // Each after a healthy minute: the first in a row again.
      await clock.pass(MINUTE + begun);
      const worker = last();
      worker.isHanging = true;
      const count = workers.length;
      await clock.pass(1_000);
      expect(worker.isTerminated, `begun ${begun}`).toBe(true);
      expect(workers, `begun ${begun}`).toHaveLength(count + 1);
    }
    expect(said).not.toContain('stuck');
  });

  it('is not asked before its code is there, for which it has a minute', async () => {
    isLoading = true;
    const worker = await start();
    await clock.pass(MINUTE - 100);
    expect(worker.questions).toBe(0);
    expect(worker.isTerminated).toBe(false);
    await clock.pass(200);
    expect(worker.isTerminated).toBe(true);
  });

  it('says nothing any more once it was replaced', async () => {
    const old = await start();
    old.isHanging = true;
    await clock.pass(1_000);
    const now = last();
    old.goOn();
    old.say({ type: 'ended', reason: 'fenced' });
    old.fail();
    await clock.pass(5_000);
    expect(last()).toBe(now);
    expect(now.isTerminated).toBe(false);
  });
});

describe('a worker that is busy', () => {
  /** As a device does whose every start meets the same task of `ms`. */
  async function meetTask(ms: number): Promise<void> {
    for (let begun = workers.length; ; begun = workers.length) {
      const worker = last();
      worker.isHanging = true;
      for (let at = 0; at < ms && !worker.isTerminated; at += 100) await clock.pass(100);
      if (!worker.isTerminated) {
        worker.goOn();
        return;
      }
      while (workers.length === begun) await clock.pass(100);
    }
  }

  it.each([500, 3_000, 9_000])(
    'for %i ms comes through in the end, and nobody is alarmed (H2)',
    async (ms) => {
      await start();
      await meetTask(ms);
      expect(workers.length).toBeLessThanOrEqual(3);
      await clock.pass(2 * MINUTE);
      expect(last().isTerminated).toBe(false);
      expect(said).not.toContain('stuck');
    },
  );

  it('has that much time from then on, also after a healthy time (H2)', async () => {
    await start();
    await meetTask(3_000);
    await clock.pass(2 * MINUTE);
    const before = workers.length;
    for (let i = 0; i < 5; i++) {
      await meetTask(3_000);
      await clock.pass(2 * MINUTE);
    }
    expect(workers).toHaveLength(before);
  });

  it('is not blamed for the time this thread slept', async () => {
    let next: () => void = () => undefined;
    let now = 0;
    keeper = keep({
      now: () => now,
      after: (ms, run) => {
        if (ms === ASK_EVERY_MS) next = run;
        return () => undefined;
      },
    });
    const worker = await start();
    worker.isHanging = true;
    for (let i = 0; i < 2; i++) {
      // Timers of a frozen tab come late, and each only once; the answer lies behind them.
      now += 60 * MINUTE;
      next();
    }
    expect(worker.questions).toBe(1);
    expect(worker.isTerminated).toBe(false);
  });
});

describe('what hangs every worker', () => {
  it('is told, and tried less and less often, but never given up (H3)', async () => {
    isPoisoned = true;
    await start();
    await clock.pass(20_000);
    expect(said).toEqual(['stuck']);
    const early = workers.length;
    await clock.pass(60 * MINUTE);
    const later = workers.length - early;
    expect(said).toEqual(['stuck']);
    // A minute of patience and a minute of rest for each.
    expect(later).toBeLessThanOrEqual(40);
    expect(later).toBeGreaterThanOrEqual(20);
  });

  it('is over once a worker has been well for a minute (H4)', async () => {
    isPoisoned = true;
    await start();
    await clock.pass(5 * MINUTE);
    isPoisoned = false;
    await clock.pass(5 * MINUTE);
    expect(said).toEqual(['stuck', 'well']);
    // The next one counts as the first: replaced within a second.
    last().isHanging = true;
    const count = workers.length;
    await clock.pass(1_000);
    expect(workers).toHaveLength(count + 1);
  });
});

describe('a worker that ends', () => {
  it('is started again after a second', async () => {
    (await start()).say({ type: 'ended', reason: 'storage' });
    await clock.pass(900);
    expect(workers).toHaveLength(1);
    await clock.pass(200);
    expect(workers).toHaveLength(2);
    last().fail();
    await clock.pass(1_000);
    expect(workers).toHaveLength(3);
  });

  it('is not started again over a newer vault, nor by a tab that leads no more', async () => {
    (await start()).say({ type: 'ended', reason: 'too-new' });
    await clock.pass(MINUTE);
    expect(workers).toHaveLength(1);
    expect(said).toEqual(['too-new']);
    keeper.start();
    await clock.pass(0);
    last().fail();
    keeper.stop();
    await clock.pass(MINUTE);
    expect(workers).toHaveLength(2);
    expect(last().isTerminated).toBe(true);
    expect(clock.waiting).toBe(0);
  });
});
