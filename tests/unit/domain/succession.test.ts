import { describe, expect, it } from 'vitest';
import type { Base } from '../../../src/domain/conversation';
import { EMPTY_DIRECTORY, type Directory } from '../../../src/domain/directory';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import { knownBase, laterLogs, withLaterBase } from '../../../src/domain/succession';

const [FIRST, SECOND, THIRD, OTHER] = ['1', '2', '3', 'f'].map((digit) => digit.repeat(64) as LogId) as [
  LogId,
  LogId,
  LogId,
  LogId,
];
const DEVICE = 'd'.repeat(32) as DeviceId;
const by = 'a'.repeat(32) as PersonId;

/** Each of `logs` goes on in the next one, a generation later. */
function townOf(...logs: readonly LogId[]): Directory {
  const steps = logs.slice(1).map((log, index) => [logs[index], { log, by, generation: index + 1 }]);
  return { ...EMPTY_DIRECTORY, continued: Object.fromEntries(steps) as NonNullable<Directory['continued']> };
}

describe('what a conversation is continued from (SPEC Q7)', () => {
  const own: Base = { log: THIRD, counters: { [DEVICE]: 5 } };

  it('is its log, where the next town knows that', () => {
    expect(knownBase(own, undefined, townOf(FIRST, SECOND, THIRD), townOf(FIRST, SECOND, THIRD))).toBe(own);
    expect(knownBase(own, undefined, EMPTY_DIRECTORY, EMPTY_DIRECTORY)).toBe(own);
  });

  it('is what its log continued, as far back as the next town does not know', () => {
    const had: Base = { log: SECOND, counters: { [DEVICE]: 3 } };
    const known = townOf(FIRST, SECOND, THIRD);
    expect(knownBase(own, had, known, townOf(FIRST, SECOND))).toEqual({ ...had, later: [own] });
    expect(knownBase(own, had, known, EMPTY_DIRECTORY)).toEqual({
      log: FIRST,
      counters: {},
      later: [had, own],
    });
  });
});

describe('what a base had gone on in (SPEC Q7)', () => {
  const base: Base = { log: FIRST, counters: {} };

  it('is believed of a log that is known, once', () => {
    const later = withLaterBase(base, { old: FIRST, log: SECOND }, EMPTY_DIRECTORY, 3);
    expect(later).toEqual({ ...base, later: [{ log: SECOND, counters: {} }] });
    expect(withLaterBase(later, { old: FIRST, log: SECOND }, EMPTY_DIRECTORY, 3)).toBe(later);
    expect(withLaterBase(later, { old: SECOND, log: THIRD }, EMPTY_DIRECTORY, 3)?.later).toHaveLength(2);
    expect(withLaterBase(base, { old: OTHER, log: SECOND }, EMPTY_DIRECTORY, 3)).toBe(base);
    expect(withLaterBase(undefined, { old: FIRST, log: SECOND }, EMPTY_DIRECTORY, 3)).toBeUndefined();
  });

  it('only for generations that lie between', () => {
    expect(withLaterBase(base, { old: FIRST, log: OTHER }, EMPTY_DIRECTORY, 1)).toBe(base);
    const second: Base = { log: SECOND, counters: {} };
    expect(withLaterBase(second, { old: SECOND, log: OTHER }, townOf(FIRST, SECOND), 2)).toBe(second);
    expect(withLaterBase(second, { old: SECOND, log: THIRD }, townOf(FIRST, SECOND), 3)).not.toBe(second);
    const claimed: Base = { ...base, later: [second, { log: OTHER, counters: {} }] };
    expect(laterLogs(claimed, EMPTY_DIRECTORY, 2)).toEqual([SECOND]);
    expect(laterLogs(undefined, EMPTY_DIRECTORY, 2)).toEqual([]);
  });
});
