/** A seed that does not replay is no help: everything that happens is a function of the plan. */
import { describe, expect, it } from 'vitest';
import { FAMILIES, runPlan } from './families';
import { planOf } from './plan';
import { runWorld } from './runWorld';

describe('a world and its seed', { timeout: 300_000 }, () => {
  for (const seed of [3, 14, 156, 82, 136])
    it(`replays seed ${seed} byte for byte`, async () => {
      const [one, other] = [await runWorld(planOf(seed)), await runWorld(planOf(seed))];
      const at = one.lines.findIndex((line, index) => line !== other.lines[index]);
      expect(other.lines[at], `line ${at}`).toBe(one.lines[at]);
      expect(other.fingerprint).toBe(one.fingerprint);
      expect(one.lines.length).toBeGreaterThan(300);
    });

  it.each([
    ['lying', '* lies: '],
    ['hostile', '* tricks: '],
  ] as const)('replays what a %s one does byte for byte', async (family, mark) => {
    const plan = FAMILIES[family](11);
    const [one, other] = [await runPlan(plan), await runPlan(plan)];
    const at = one.lines.findIndex((line, index) => line !== other.lines[index]);
    expect(other.lines[at], `line ${at}`).toBe(one.lines[at]);
    expect(other.fingerprint).toBe(one.fingerprint);
    expect(one.lines.some((line) => line.includes(mark))).toBe(true);
  });

  it('differs from one seed to the next', async () => {
    const [one, other] = [await runWorld(planOf(7)), await runWorld(planOf(8))];
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });
});
