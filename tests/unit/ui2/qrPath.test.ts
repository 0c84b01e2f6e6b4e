import { describe, expect, it } from 'vitest';
import { encode } from 'uqr';
import { qrPath } from '../../../src/ui/me/qrPath';

/** Paints the path again, to see that it is the code. */
function paint({ size, path }: { size: number; path: string }): boolean[][] {
  const grid = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let i = 0; i < Number(length); i++) {
      const row = grid[Number(y)];
      if (row) row[Number(x) + i] = true;
    }
  }
  return grid;
}

describe('qrPath', () => {
  const link = `https://depesche.example.de/#/beitreten/${'AbC_-9'.repeat(30)}`;

  it('draws exactly the modules of the code', () => {
    const drawing = qrPath(link);
    expect(drawing).toBeDefined();
    if (drawing) expect(paint(drawing)).toEqual(encode(link, { ecc: 'M', border: 4, maxVersion: 25 }).data);
  });
  it('keeps the quiet zone of four modules', () => {
    const drawing = qrPath('x');
    if (drawing) expect(paint(drawing).slice(0, 4).flat().some(Boolean)).toBe(false);
    expect(drawing).toBeDefined();
  });
  it('says when a text is too long to be scanned', () => {
    expect(qrPath('x'.repeat(5_000))).toBeUndefined();
  });
});
