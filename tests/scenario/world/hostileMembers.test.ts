/** A hostile member, in the seeded world. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('beside a hostile member (P6)', () => {
  testSeeds(1, 60, 'hostile');
  // Each of them has found something.
  for (const seed of [71, 78, 94, 117]) testSeeds(seed, seed, 'hostile');
});
