/**
 * Fuzzing that may run for hours: what reached a branch nobody reached before is kept and mutated further. The
 * same seed makes the same choices, as far as coverage is the same. A fault is made as small as it goes and
 * written into `foundFolder`, from where it belongs into `found.test.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, concatBytes, type Bytes } from '../../src/lib/bytes';
import { allTargets } from './allTargets';
import { Coverage } from './coverage';
import { mutate, type Wrong } from './mutate';
import type { Target } from './target';

export interface GuidedOptions {
  readonly seed: number;
  /** Each round gives every target as many inputs as a bounded run has. */
  readonly rounds: number;
  readonly foundFolder: string;
  /** A part of the targets' names; all by default. */
  readonly only?: string;
  readonly onRound: (line: string) => void;
}

export interface GuidedReport {
  readonly faults: readonly string[];
  readonly inputs: number;
  readonly kept: number;
  readonly branches: number;
}

/** Kept beside the samples of a target; beyond this the oldest give way. */
const MOST_KEPT = 400;
const ASK_EVERY = 8;

export async function guidedFuzz(options: GuidedOptions): Promise<GuidedReport> {
  const targets = (await allTargets()).filter(({ name }) => name.includes(options.only ?? ''));
  const coverage = new Coverage();
  await coverage.start();
  const random = randomNumbers(options.seed);
  const corpora = new Map(targets.map((target): [Target, Bytes[]] => [target, []]));
  const faults = new Map<string, string>();
  let inputs = 0;
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const target of targets) {
        const kept = corpora.get(target) ?? [];
        for (let run = 0; run < target.runs; run += ASK_EVERY) {
          const batch = Array.from({ length: ASK_EVERY }, () =>
            nextInput([...target.samples, ...kept], random),
          );
          for (const input of batch) {
            inputs += 1;
            const fault = await faultOf(target, input);
            if (fault !== undefined && !faults.has(`${target.name} ${fault}`))
              faults.set(
                `${target.name} ${fault}`,
                await keepFault(target, input, fault, options.foundFolder),
              );
          }
          if ((await coverage.takeNew()) > 0) keepNew(kept, batch);
        }
      }
      options.onRound(
        `round ${round}: ${inputs} inputs, ${keptOf(corpora)} kept, ${coverage.size} branches, ${faults.size} faults`,
      );
    }
  } finally {
    coverage.stop();
  }
  return { faults: [...faults.values()], inputs, kept: keptOf(corpora), branches: coverage.size };
}

function keptOf(corpora: ReadonlyMap<Target, readonly Bytes[]>): number {
  return [...corpora.values()].reduce((sum, kept) => sum + kept.length, 0);
}

/** One of the batch reached something new; which one is not worth running them all again. */
function keepNew(kept: Bytes[], batch: readonly Bytes[]): void {
  kept.push(...batch);
  kept.splice(0, Math.max(0, kept.length - MOST_KEPT));
}

function nextInput(corpus: readonly Uint8Array[], random: (below: number) => number): Bytes {
  const sample = corpus[random(corpus.length)] ?? new Uint8Array();
  const wrongs = Array.from({ length: 1 + random(4) }, (): Wrong => [
    random(0xffff),
    random(0xffffff),
    random(0xffff),
    random(0xffff),
  ]);
  const mutant = mutate(sample, wrongs);
  if (random(10) > 0) return mutant;
  const other = corpus[random(corpus.length)] ?? sample;
  return concatBytes(mutant.subarray(0, random(mutant.length + 1)), other.subarray(random(other.length + 1)));
}

async function faultOf(target: Target, input: Bytes): Promise<string | undefined> {
  try {
    await target.check(input);
    return undefined;
  } catch (error) {
    const [message = 'thrown'] = (error instanceof Error ? error.message : String(error)).split('\n');
    return message.replace(/[0-9]+/g, '#');
  }
}

async function keepFault(target: Target, input: Bytes, fault: string, folder: string): Promise<string> {
  const small = await smallest(input, async (bytes) => (await faultOf(target, bytes)) === fault);
  mkdirSync(folder, { recursive: true });
  const hex = bytesToHex(small);
  const file = join(folder, `${target.name.replace(/[^a-z0-9]+/gi, '-')}-${hex.slice(0, 12)}-${hex.length}`);
  writeFileSync(file, hex);
  return `${target.name}: ${fault}; ${small.length} bytes in ${file}`;
}

/** Takes pieces away as long as the fault stays. */
async function smallest(input: Bytes, stays: (bytes: Bytes) => Promise<boolean>): Promise<Bytes> {
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length;) {
      const shorter = concatBytes(best.subarray(0, at), best.subarray(at + size));
      if (await stays(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

/** mulberry32: the choices have to be the same again, not unforeseeable. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
