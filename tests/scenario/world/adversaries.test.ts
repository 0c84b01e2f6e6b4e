/** A relay that lies, in the seeded world; hostile members stand in a file of their own, to run beside it. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('behind a relay that lies (P5)', () => {
  testSeeds(1, 60, 'lying');
  // Each of them has found something.
  for (const seed of [62, 97, 102, 221, 246, 255, 400]) testSeeds(seed, seed, 'lying');
});
