/**
 * A number names one plan for good: seeds are written down as found, mended or open. Whoever changes in what
 * order dice are thrown changes all plans, and what once failed seems to hold.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type Family } from './families';

const hashOf = (family: Family, seed: number): string =>
  createHash('sha256')
    .update(JSON.stringify(FAMILIES[family](seed)))
    .digest('hex')
    .slice(0, 12);

describe('a plan', () => {
  it.each([
    ['honest', 1, 'd6bb8ad98b31'],
    ['honest', 87, '9ccd448046a0'],
    ['honest', 500, 'ad1dfc7a3548'],
    ['honest', 10_001, 'ea121d63290d'],
    ['honest', 10_050, '0d7cc5a72118'],
    ['honest', 10_264, '1cc5688c7819'],
    ['honest', 20_001, '6c3d284ad421'],
    ['honest', 20_050, '3bb82884c395'],
    ['lying', 11, 'cf7ccf2e5c7e'],
    ['lying', 100, '44014c0c7a3f'],
    ['hostile', 11, 'deb2fe253b19'],
    ['hostile', 100, 'f2e058e4609d'],
  ] as [Family, number, string][])('is in the %s family, for seed %i, what it was', (family, seed, hash) => {
    expect(hashOf(family, seed)).toBe(hash);
  });
});
