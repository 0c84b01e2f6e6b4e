/** Which branches of our own code have run, by V8's own counters: a new one makes an input worth keeping. */
import { Session } from 'node:inspector';

interface CoverageReport {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** Ours, and the libraries that read for us. */
const WATCHED = /\/(src|server|ts-mls|cborg|yjs|lib0)\//;

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#post('Profiler.enable');
    await this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get size(): number {
    return this.#seen.size;
  }

  /** How many branches ran for the first time since it was last asked. */
  async takeNew(): Promise<number> {
    const before = this.#seen.size;
    const report = (await this.#post('Profiler.takePreciseCoverage')) as CoverageReport;
    for (const { url, functions } of report.result) {
      if (!WATCHED.test(url)) continue;
      for (const { ranges } of functions)
        for (const { startOffset, count } of ranges)
          if (count > 0) this.#seen.add(`${url}:${startOffset}:${bucketOf(count)}`);
    }
    return this.#seen.size - before;
  }

  stop(): void {
    this.#session.disconnect();
  }

  #post(method: string, params: object = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error, result) => {
        if (error === null) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }
}

/** Once, a few times, often: a loop that runs longer than ever is news as well. */
function bucketOf(count: number): number {
  return Math.min(16, Math.floor(Math.log2(count)));
}
