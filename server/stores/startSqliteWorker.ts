/**
 * The only place that knows where the worker's code lies: beside this file. In the bundle both are
 * plain JavaScript in one folder (`main.js`, `sqliteWorker.js`); in development and tests both are
 * TypeScript, which a worker cannot load before tsx is registered in it.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerData } from './sqliteCalls';

export function startSqliteWorker(workerData: WorkerData): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./sqliteWorker.js', import.meta.url), { workerData });
  const code = new URL('./sqliteWorker.ts', import.meta.url).href;
  const tsxFolder = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('dist/esm/api/index.mjs', tsxFolder).href;
  const boot = `import(${JSON.stringify(tsx)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(code)}); });`;
  return new Worker(boot, { eval: true, workerData, execArgv: [] });
}
