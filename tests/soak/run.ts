/**
 * Loops that may run for hours, by name:
 *
 *   npm run soak -- <loop> [--seed n] [--rounds n]
 *
 * Without a name it is seeded worlds (`tests/scenario/world/soak.ts`), with `help` the list of names. Each prints its counts and ends with 1 when a promise was broken. The same seed makes the same
 * choices; what the machine's own timing adds cannot be repeated. Relays are those of `npm run build`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browserKill } from './browserKill';
import { diskTrouble } from './diskTrouble';
import { floods, lineOf } from './floods';
import { LONGEST_TASK_MS, longTasks } from './longTasks';
import { PowerCutDisk } from './powerCut';
import { relayKill } from './relayKill';

export interface SoakOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Empty, on a real disk, removed afterwards. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Answers what was broken; nothing = all promises were kept. */
export type Soak = (options: SoakOptions) => Promise<readonly string[]>;

const NO_COMPILER = 'not run: there is no C compiler (cc) on this machine';

const SOAKS: Record<string, Soak> = {
  /** P1: SIGKILL under load. */
  'relay-kill': async ({ seed, rounds, folder, say }) => {
    const { faults, ...counts } = await relayKill({ seed, rounds, dataFolder: folder, say });
    say(JSON.stringify(counts));
    return faults;
  },
  /** P1: the same, and whatever was not synced is gone. */
  'power-cut': async ({ seed, rounds, folder, say }) => {
    const disk = PowerCutDisk.create(folder, seed);
    if (disk === undefined) return [NO_COMPILER];
    const { dataFolder } = disk;
    const { faults, ...counts } = await relayKill({ seed, rounds, dataFolder, disk, say });
    const { syncs, writes, lost } = disk;
    say(JSON.stringify({ ...counts, syncs, writes, lost }));
    return faults;
  },
  /** P2: SIGKILL of a whole Chromium in the middle of writing. */
  'browser-kill': async ({ seed, rounds, say }) => {
    const { faults, ...counts } = await browserKill({ seed, rounds, say });
    say(JSON.stringify(counts));
    return faults;
  },
  /** The disk is full or broken for a while. */
  'disk-trouble': async ({ seed, rounds, folder, say }) => {
    const disk = PowerCutDisk.create(folder, seed);
    if (disk === undefined) return [NO_COMPILER];
    const { faults, ...counts } = await diskTrouble({ seed, rounds, disk, say });
    say(JSON.stringify(counts));
    return faults;
  },
  /** Every parser, guided by coverage; faults are kept in `.cache/fuzz-found`. */
  fuzz: async ({ seed, rounds, say }) => {
    const { guidedFuzz } = await import('../fuzz/guided');
    const foundFolder = join(process.cwd(), '.cache/fuzz-found');
    const { faults, ...counts } = await guidedFuzz({ seed, rounds, foundFolder, onRound: say });
    say(JSON.stringify(counts));
    return faults;
  },
  /** P10: floods beside staff; `--rounds` are the seconds of each. */
  floods: async ({ rounds, folder, say }) => {
    const figures = await floods({ dataFolder: folder, seconds: rounds, idleDevices: 10_000, say });
    return figures.filter(({ p95, lost }) => !(p95 <= 1_000) || lost > 0).map(lineOf);
  },
  /** The screen's thread under load; `--rounds` are the tries of each. */
  'long-tasks': async ({ rounds, say }) => {
    const figures = await longTasks({ tries: rounds, say });
    return figures
      .filter((figure) => Math.min(...figure.tries) > LONGEST_TASK_MS)
      .map(({ load }) => `${load}: busy for more than ${String(LONGEST_TASK_MS)} ms in one go`);
  },
};

const [first] = process.argv.slice(2);
// It reads what was asked for by itself, and ends the process.
if (first === undefined || first.startsWith('--')) await import('../scenario/world/soak');

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, rounds: { type: 'string' } },
  allowPositionals: true,
});
const soak = SOAKS[positionals[0] ?? ''];
if (soak === undefined) {
  process.stdout.write(
    `npm run soak -- ${Object.keys(SOAKS).join(' | ')} [--seed n] [--rounds n]\n` +
      'npm run soak -- [--seeds n] [--from n] [--workers n] [--replay plan.json]   seeded worlds\n',
  );
  process.exit(2);
}
const seed = Number(values.seed ?? Date.now() % 100_000);
// not in /tmp, which may be memory
const folder = mkdtempSync(join(process.cwd(), 'node_modules/.soak-'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`${positionals[0] ?? ''}, seed ${String(seed)}`);
try {
  const faults = await soak({ seed, rounds: Number(values.rounds ?? 20), folder, say });
  for (const fault of faults.slice(0, 20)) say(`FAULT: ${fault}`);
  say(faults.length === 0 ? 'every promise was kept' : `${String(faults.length)} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
