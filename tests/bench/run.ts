/** Runs the rows wished for, one after the other, and prints the table; a whole run also writes docs/benchmarks.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { cacheFolder, root } from './folders';
import { keepResult, keptResult } from './keptResults';
import { reportOf, tableOf, type RowResult } from './report';
import type { Row } from './row';
import { ROWS } from './rows';
import { endBigTown } from './town/bigTown';

/** A row that hangs is a row that failed. */
const ROW_MINUTES = 6;

const wished = process.argv.slice(2);
const unknown = wished.filter((name) => !ROWS.some((row) => row.name === name));

if (wished.join() === '--report') await writeReport(ROWS.map(keptResult), false);
else if (unknown.length > 0) {
  for (const { name, title } of ROWS) print(`${name.padEnd(12)} ${title}`);
  process.exitCode = wished.includes('--list') ? 0 : 2;
} else {
  await measure(ROWS.filter(({ name }) => wished.length === 0 || wished.includes(name)));
}

async function measure(rows: readonly Row[]): Promise<void> {
  const began = performance.now();
  // What a run left behind that was killed: towns are large. Two runs at once would measure each other.
  rmSync(join(cacheFolder, 'bench'), { recursive: true, force: true, maxRetries: 5 });
  const results: RowResult[] = [];
  for (const row of rows) {
    const result = await resultOf(row);
    keepResult(result);
    results.push(result);
    print(tableOf([result]));
  }
  await endBigTown();
  if (wished.length === 0) await writeReport(results, true);
  const failed = results.filter(({ error }) => error !== undefined).length;
  const seconds = (performance.now() - began) / 1_000;
  print(`${rows.length - failed} rows measured, ${failed} failed, ${seconds.toFixed(0)} s`);
  process.exit(failed === 0 ? 0 : 1);
}

async function resultOf(row: Row): Promise<RowResult> {
  mkdirSync(join(cacheFolder, 'bench'), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, `bench/${row.name}-`));
  const ends: (() => unknown)[] = [];
  const began = performance.now();
  const times = () => ({
    seconds: (performance.now() - began) / 1_000,
    at: Date.now(),
    load: loadavg()[0] ?? 0,
  });
  print(`— ${row.name}: ${row.title}`);
  try {
    const context = { folder, defer: (end: () => unknown) => ends.push(end), say };
    const figures = await Promise.race([row.run(context), failure()]);
    return { row, figures, ...times(), error: undefined };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { row, figures: [], ...times(), error: text };
  } finally {
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        print(`  while clearing up: ${String(error)}`);
      }
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** As everything in the repository is formatted. */
async function writeReport(results: readonly RowResult[], isOneRun: boolean): Promise<void> {
  const file = join(root, 'docs/benchmarks.md');
  const options = await resolveConfig(file);
  writeFileSync(file, await format(reportOf(results, isOneRun), { ...options, parser: 'markdown' }));
  print('docs/benchmarks.md is written');
}

/** What is thrown in a socket's callback is the row's failure as well, and so is going on for ever. */
function failure(): Promise<never> {
  return new Promise((_resolve, reject) => {
    process.removeAllListeners('uncaughtException').once('uncaughtException', reject);
    const late = new Error(`not over after ${ROW_MINUTES} minutes`);
    setTimeout(() => reject(late), ROW_MINUTES * 60_000).unref();
  });
}

function say(text: string): void {
  print(`  ${text}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
