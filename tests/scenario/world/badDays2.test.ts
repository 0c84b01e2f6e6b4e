/** The second family of worlds, half of it: days on which something is lost. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('the seeded world on bad days (P2, P3, P7)', () => {
  testSeeds(10_051, 10_100);
});
