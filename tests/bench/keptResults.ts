/** What was measured last, row by row: a run that is cut short, or of some rows only, is not lost for the page. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './folders';
import type { RowResult } from './report';
import type { Figure, Row } from './row';

const folder = join(cacheFolder, 'bench-results');

interface Kept {
  readonly figures: readonly Figure[];
  readonly seconds: number;
  readonly at: number;
  readonly load?: number;
}

export function keepResult({ row, figures, seconds, at, load, error }: RowResult): void {
  if (error !== undefined) return;
  mkdirSync(folder, { recursive: true });
  const kept: Kept = { figures, seconds, at, ...(load === undefined ? {} : { load }) };
  writeFileSync(join(folder, `${row.name}.json`), JSON.stringify(kept));
}

export function keptResult(row: Row): RowResult {
  const file = join(folder, `${row.name}.json`);
  if (!existsSync(file))
    return { row, figures: [], seconds: 0, at: Date.now(), error: 'it has not been measured here' };
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
  return { row, ...kept, error: undefined };
}
