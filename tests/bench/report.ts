/** The figures as lines for whoever watches, and as docs/benchmarks.md. */
import { cpus, totalmem } from 'node:os';
import { PEER_VERSIONS } from './peers';
import type { Figure, Row } from './row';

export interface RowResult {
  readonly row: Row;
  readonly figures: readonly Figure[];
  readonly seconds: number;
  /** When it was over, ms since the epoch. */
  readonly at: number;
  /** Programs that wanted a core then, of the last minute. */
  readonly load?: number;
  readonly error: string | undefined;
}

export function tableOf(results: readonly RowResult[]): string {
  return results
    .flatMap(({ figures, seconds, error }) => [
      ...figures.flatMap(linesOf),
      error === undefined
        ? `  (${seconds.toFixed(0)} s)`
        : `  FAILED after ${seconds.toFixed(0)} s: ${error}`,
    ])
    .join('\n');
}

function linesOf(figure: Figure): readonly string[] {
  const { what, ours, peer, quoted, ratio, target, note } = figure;
  const parts = [
    `  ${what.padEnd(58)} ${ours}`,
    ...(peer === undefined ? [] : [`      peer: ${peer}`]),
    ...(quoted === undefined ? [] : [`      elsewhere, not comparable: ${quoted}`]),
    ...(ratio === undefined ? [] : [`      ratio: ${ratio}`]),
    ...(target === undefined ? [] : [`      target: ${target} → ${verdict(figure)}`]),
    ...(note === undefined ? [] : [`      ${note}`]),
  ];
  return parts;
}

function verdict({ isMet }: Figure): string {
  return isMet === undefined ? 'not judged' : isMet ? 'met' : 'NOT met';
}

/** `isOneRun`: not put together of what each row gave last. */
export function reportOf(results: readonly RowResult[], isOneRun: boolean): string {
  const figures = results.flatMap((result) => result.figures);
  const missed = figures.filter(({ isMet }) => isMet === false);
  const judged = figures.filter(({ isMet }) => isMet !== undefined);
  const failed = results.filter(({ error }) => error !== undefined);
  return [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench`; changes by hand are lost. -->',
    '',
    `${isOneRun ? 'Measured in one run' : 'Put together from several runs, of which each row names its own,'} ${period(results)} on ${machine()}. \`npm run bench\` measures everything again and writes this page; \`npm run bench -- --list\` names the rows, \`npm run bench -- <row>\` runs some of them, \`npm run bench -- --report\` writes the page from what each row gave last.`,
    '',
    `Of ${judged.length} figures with a target that can be judged here, ${judged.length - missed.length} meet it.${missed.length === 0 ? '' : ` Not met: ${missed.map(({ what }) => what).join('; ')}.`}${failed.length === 0 ? '' : ` Could not be measured: ${failed.map(({ row }) => row.name).join(', ')}.`}`,
    '',
    '## How to read it',
    '',
    '- A figure is the median of its rounds; in brackets the lowest and the highest round. On a shared machine the spread is wide, and a p95 says more about the neighbours than about us.',
    `- **Beside us** is a peer that ran in the same minutes on the same machine, its rounds between ours (${PEER_VERSIONS}). Ratios are formed round by round; theirs is the median.`,
    '- *Elsewhere* is a figure from the measurements that were made for the design, on another machine. It says what a target was derived from. It is not divided by, and nothing is judged by it.',
    '- Server figures are of the built relay as a process of its own; clients share the machine with it. Page figures are of the built app in a headless Chromium.',
    '',
    ...results.flatMap(sectionOf),
  ].join('\n');
}

function sectionOf({ row, figures, at, load, error }: RowResult): readonly string[] {
  const busy = load === undefined ? '' : `, load average ${load.toFixed(1)} of ${cpus().length} cores`;
  const head = [`## ${row.title}`, '', `\`npm run bench -- ${row.name}\` (${hour(at)}${busy})`, ''];
  if (error !== undefined) return [...head, `Not measured: ${error.split('\n', 1)[0] ?? ''}`, ''];
  const notes = figures.flatMap(({ what, note }) => (note === undefined ? [] : [`- ${what}: ${note}`]));
  return [
    ...head,
    '| what | figure | beside us, or *elsewhere* | ratio | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...figures.map(cellsOf),
    '',
    ...(notes.length === 0 ? [] : [...notes, '']),
  ];
}

function cellsOf(figure: Figure): string {
  const { what, ours, peer, quoted, ratio, target, isMet } = figure;
  const beside = [peer, quoted === undefined ? undefined : `*${quoted}*`].filter(
    (part) => part !== undefined,
  );
  const met = target === undefined ? '' : isMet === undefined ? 'not judged' : isMet ? 'yes' : '**no**';
  return `| ${[what, ours, beside.join('; '), ratio ?? '', target ?? '', met].join(' | ')} |`;
}

function period(results: readonly RowResult[]): string {
  const at = results.map((result) => result.at);
  const minutes = results.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  return `from ${hour(Math.min(...at))} to ${hour(Math.max(...at))} UTC, ${minutes.toFixed(0)} minutes of measuring,`;
}

function hour(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** The class of the machine, not its name. */
function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `a shared virtual machine or computer with ${cpus().length} processor cores and ${memory} GiB of memory (${process.platform}, Node ${process.versions.node}); other programs used the same cores meanwhile`;
}
