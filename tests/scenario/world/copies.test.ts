/** The third family of worlds: two devices with the profile of one. */
import { describe } from 'vitest';
import { testSeeds } from './seedTests';

describe('the seeded world with copied profiles (P2, P3, SPEC B7)', () => {
  testSeeds(20_001, 20_030);
  testSeeds(20_050, 20_050);
  testSeeds(20_075, 20_075);
});
