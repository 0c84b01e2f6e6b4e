/** Medians and spreads. A spread is the range of the rounds, because rounds are few and machines are shared. */

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * p)] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** `0.38 ms (0.30–0.52)`: the median of the rounds, the lowest and the highest. */
export function spread(rounds: readonly number[], unit: string): string {
  const [low, high] = [Math.min(...rounds), Math.max(...rounds)];
  const range = rounds.length > 1 ? ` (${short(low)}–${short(high)})` : '';
  return `${short(median(rounds))}${unit === '' ? '' : ` ${unit}`}${range}`;
}

/** Three digits that mean something. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function times(ratio: number): string {
  return `${short(ratio)}×`;
}

/** Round by round, so that what both suffered from the machine cancels out. */
export function ratios(ours: readonly number[], peers: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (peers[round] ?? NaN));
}

export async function timed(run: () => unknown): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}
