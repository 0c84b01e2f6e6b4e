/** A town's colour: readable on every ground in both themes, or refused (SPEC D9, visual.md). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, GROUNDS, judgeAccent } from '../../../src/ui/look/palette';
import { wearLook } from '../../../src/ui/look/wearLook';

const css = readFileSync(new URL('../../../src/ui/tokens.css', import.meta.url), 'utf8');
const token = (name: string): readonly [string, string] => {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  return [found?.[1] ?? '', found?.[2] ?? ''];
};
const colors = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`);

describe('judging a colour', () => {
  it('knows the grounds of tokens.css', () => {
    for (const name of ['paper', 'surface', 'raised']) {
      expect(GROUNDS.light).toContain(token(name)[0]);
      expect(GROUNDS.dark).toContain(token(name)[1]);
    }
  });

  it.each(['#0f4c54', '#8a1220', '#1d3f8f', '#0b5d1e', '#4b2e83', '#3a3a3a', '#000000', '#5a3d00'])(
    '%s fits',
    (accent) => expect(judgeAccent(accent)).toMatchObject({ fits: true }),
  );

  it.each(['#ffd500', '#ffffff', '#e30613', '#009ee3', '#8fbc8f'])(
    '%s is refused, with a darker one of its kind that fits',
    (accent) => {
      const verdict = judgeAccent(accent);
      expect(verdict).toMatchObject({ fits: false, theme: 'light' });
      if (verdict.fits || verdict.instead === undefined) throw new Error('nothing was proposed');
      expect(verdict.ratio).toBeLessThan(verdict.needed);
      expect(judgeAccent(verdict.instead)).toMatchObject({ fits: true });
    },
  );

  it('lets through only what can be read (seed 20261)', () => {
    fc.assert(
      fc.property(colors, (accent) => {
        const verdict = judgeAccent(accent);
        if (!verdict.fits) return;
        for (const [at, theme] of (['light', 'dark'] as const).entries()) {
          const palette = verdict.palettes[theme];
          expect(contrast(palette['accent-ink'], palette.accent)).toBeGreaterThanOrEqual(7);
          for (const name of ['paper', 'surface', 'raised', 'bubble'])
            expect(contrast(palette.accent, token(name)[at] ?? '')).toBeGreaterThanOrEqual(4.5);
          for (const own of ['own-bubble', 'accent-weak'] as const) {
            expect(contrast(palette.accent, palette[own])).toBeGreaterThanOrEqual(4.5);
            for (const name of ['ink', 'ink-muted'])
              expect(contrast(token(name)[at] ?? '', palette[own])).toBeGreaterThanOrEqual(7);
            for (const name of ['waiting', 'alarm', 'good'])
              expect(contrast(token(name)[at] ?? '', palette[own])).toBeGreaterThanOrEqual(4.5);
          }
        }
      }),
      { seed: 20261, numRuns: 2_000 },
    );
  });
});

describe('wearing a colour', () => {
  function root(): { element: HTMLElement; worn: Map<string, string> } {
    const worn = new Map<string, string>();
    const style = {
      setProperty: (name: string, value: string) => worn.set(name, value),
      removeProperty: (name: string) => worn.delete(name),
    };
    return { element: { style } as unknown as HTMLElement, worn };
  }

  it('puts on one that can be read, and takes it off again', () => {
    const { element, worn } = root();
    wearLook({ accent: '#8a1220' }, element);
    expect(worn.get('--accent')).toMatch(/^light-dark\(#8a1220, #[0-9a-f]{6}\)$/);
    expect(worn.size).toBe(5);
    wearLook({}, element);
    expect(worn.size).toBe(0);
  });

  it('does not put on one that cannot be read, whoever sent it', () => {
    const { element, worn } = root();
    wearLook({ accent: '#8a1220' }, element);
    wearLook({ accent: '#ffd500' }, element);
    expect(worn.size).toBe(0);
  });
});
