/** The second family of worlds, half of it: days on which something is lost. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('the seeded world on bad days (P2, P3, P7)', () => {
  testSeeds(10_051, 10_100);
});

describe('bad days that once failed', () => {
  // The town's log had been passed without being read (SPEC G6, B6).
  testSeeds(10_187, 10_187);
  // The admin went back behind her own move to the next relay (SPEC B1).
  testSeeds(10_222, 10_222);
  testSeeds(10_307, 10_308);
  testSeeds(10_343, 10_343);
  // The admin went back behind her own move, to a relay that has the next town (SPEC Q6, B1).
  testSeeds(10_180, 10_180);
  testSeeds(10_184, 10_184);
  // She took the town on from before it, and conversations had gone on there (SPEC Q7).
  testSeeds(10_264, 10_264);
});
