/** The seeded world, a quarter of it: files run side by side. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('the seeded world (P3, P7)', () => {
  testSeeds(376, 501);
});
