/** Promise P1: what the relay acknowledged is there after it was killed, however that came. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { relayKill } from '../soak/relayKill';

const dataFolder = mkdtempSync(join(tmpdir(), 'depesche-kill-'));
afterAll(() => {
  rmSync(dataFolder, { recursive: true, force: true });
});

test(
  'the relay is killed three times under load and keeps every promise (P1, seed 1)',
  { timeout: 120_000 },
  async () => {
    const report = await relayKill({
      seed: 1,
      rounds: 3,
      dataFolder,
      relay: {
        main: join(import.meta.dirname, '../../server/main.ts'),
        nodeArgs: ['--import', 'tsx'],
      },
    });
    expect(report.faults).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(90);
    expect(report.chunks).toBeGreaterThan(0);
  },
);
