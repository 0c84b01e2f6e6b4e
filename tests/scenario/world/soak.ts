/**
 * `npm run soak -- --seeds 5000 --from 501 [--adversaries] [--workers 2] [--replay plan.json]`: as many worlds as
 * you like, on all cores. Prints each seed that fails, shrunk, and seeds per second; ends with 1 when there was one.
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FAMILIES, runPlan, type AnyPlan, type Family } from './families';
import { reportOf, shrink } from './shrink';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    replay: { type: 'string' },
    step: { type: 'string' },
    adversaries: { type: 'boolean', default: false },
  },
});
const [count, from, workers] = [values.seeds, values.from, values.workers].map(Number) as [
  number,
  number,
  number,
];

/** With `--adversaries` each seed has a world with each of them. */
const families: readonly Family[] = values.adversaries ? ['lying', 'hostile'] : ['honest'];

if (values.replay !== undefined) await replay(values.replay);
else if (values.step !== undefined) await runSeeds(Number(values.step));
else await runWorkers();

async function replay(file: string): Promise<void> {
  const plan = JSON.parse(readFileSync(file, 'utf8')) as AnyPlan;
  const outcome = await runPlan(plan);
  console.log(reportOf({ plan, outcome }, 10_000));
  process.exit(outcome.faults.length > 0 ? 1 : 0);
}

async function runSeeds(step: number): Promise<void> {
  let failed = 0;
  for (let seed = from; seed < from + count; seed += step) {
    for (const family of families) {
      const plan = FAMILIES[family](seed);
      const outcome = await runPlan(plan);
      if (outcome.faults.length === 0) continue;
      failed += 1;
      console.log(family, reportOf(await shrink(plan, outcome)));
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

async function runWorkers(): Promise<void> {
  const began = performance.now();
  const ends = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const args = [
        '--seeds',
        String(count - index),
        '--from',
        String(from + index),
        '--step',
        String(workers),
        ...(values.adversaries ? ['--adversaries'] : []),
      ];
      const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--import', 'tsx'] });
      return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${count} seeds from ${from} in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(2)} seeds/s`,
  );
  process.exit(ends.some((code) => code !== 0) ? 1 : 0);
}
