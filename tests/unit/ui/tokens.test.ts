/** Colours that can be read: 7:1 for text, 4.5:1 for what informs, 3:1 for edges of controls (visual.md). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../../src/ui/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name ?? '', { light: light ?? '', dark: dark ?? '' }] as const,
  ),
);

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string, theme: 'light' | 'dark'): number {
  const [x, y] = [luminance(tokens.get(a)?.[theme] ?? ''), luminance(tokens.get(b)?.[theme] ?? '')];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const grounds = ['paper', 'surface', 'raised', 'bubble', 'own-bubble', 'accent-weak'];
const tints = ['tint-1', 'tint-2', 'tint-3', 'tint-4', 'tint-5', 'tint-6'];
const pairs: readonly (readonly [text: string, ground: string, ratio: number])[] = [
  ...[...grounds, ...tints, 'pressed', 'waiting-weak', 'alarm-weak'].map(
    (ground) => ['ink', ground, 7] as const,
  ),
  ...grounds.map((ground) => ['ink-muted', ground, 7] as const),
  ...grounds.map((ground) => ['accent', ground, 4.5] as const),
  ...grounds.map((ground) => ['waiting', ground, 4.5] as const),
  ...grounds.map((ground) => ['alarm', ground, 4.5] as const),
  ...grounds.map((ground) => ['good', ground, 4.5] as const),
  ['waiting', 'waiting-weak', 7],
  ['alarm', 'alarm-weak', 7],
  ['accent-ink', 'accent', 7],
  ['accent-ink', 'accent-pressed', 7],
  ['alarm-ink', 'alarm', 7],
  ['paper', 'ink', 7],
  ...['paper', 'surface', 'raised'].map((ground) => ['line-strong', ground, 3] as const),
  ...['paper', 'surface', 'raised', 'own-bubble'].map((ground) => ['focus', ground, 3] as const),
];

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  it.each(pairs)('%s on %s reaches %d:1', (text, ground, ratio) => {
    expect(contrast(text, ground, theme)).toBeGreaterThanOrEqual(ratio);
  });
});
