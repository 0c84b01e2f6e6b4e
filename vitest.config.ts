/**
 * The suites of `npm test`. Everything runs on Node; what touches Svelte's state resolves packages as a
 * browser would, and `e2e` drives a real browser against the built server, one file after the other.
 */
import { availableParallelism } from 'node:os';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const MINUTE = 60_000;
/** Tests of the screen's state: `tests/unit/ui…`. */
const SCREEN = 'tests/unit/ui*/**/*.test.ts';
/** Other people's numbers, beside what they are about. */
const VECTORS = 'tests/unit/**/*Vectors.test.ts';

/** Says that something hangs; a slow machine is no fault. */
const PATIENCE = { testTimeout: MINUTE, hookTimeout: MINUTE };

const suite = (name: string) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], environment: 'node', ...PATIENCE },
});

export default defineConfig({
  test: {
    allowOnly: false,
    teardownTimeout: MINUTE,
    // Vitest leaves one core to others: half of a machine with two. Stories and browsers wait much of their time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          exclude: [SCREEN, VECTORS],
          environment: 'node',
          ...PATIENCE,
        },
      },
      {
        plugins: [svelte()],
        resolve: { conditions: ['browser'] },
        test: { name: 'screen', include: [SCREEN], environment: 'node', ...PATIENCE },
      },
      suite('contract'),
      suite('fuzz'),
      {
        test: {
          name: 'vectors',
          include: [VECTORS, 'tests/vectors/**/*.test.ts'],
          environment: 'node',
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'scenario',
          include: ['tests/scenario/**/*.test.ts'],
          environment: 'node',
          testTimeout: 2 * MINUTE,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          environment: 'node',
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
          expect: { poll: { timeout: MINUTE / 2 } },
          // Two or three browsers and a relay to each file keep two cores busy.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
