import { describe, expect, it } from 'vitest';
import { isOutvoted, withSighting, type Fork } from '../../../src/domain/fork';
import type { DeviceId } from '../../../src/domain/ids';

const [me, anna, bert, cem] = ['0', 'a', 'b', 'c'].map((x) => x.repeat(32) as DeviceId) as [
  DeviceId,
  DeviceId,
  DeviceId,
  DeviceId,
];
const all = [me, anna, bert, cem];

function after(...sightings: readonly (readonly [DeviceId, number, boolean])[]): Fork | undefined {
  return sightings.reduce<Fork | undefined>(
    (fork, [device, seq, agrees]) => withSighting(fork, { device, seq, agrees }),
    undefined,
  );
}

describe('histories that differ (SPEC E7)', () => {
  it('are none while all have seen the same', () => {
    expect(after([anna, 3, true], [bert, 4, true])).toBeUndefined();
  });

  it('are told by device, from the first seq that differs', () => {
    expect(after([anna, 7, false], [bert, 5, false], [cem, 8, true])).toEqual({
      seq: 5,
      against: [anna, bert],
      agreeing: [cem],
    });
  });

  it('what was seen before the difference says nothing about it', () => {
    expect(after([anna, 7, false], [bert, 6, true])?.agreeing).toEqual([]);
  });

  it('count each device once, by what it said last', () => {
    expect(after([anna, 7, false], [anna, 8, false], [bert, 8, true], [bert, 9, false])).toEqual({
      seq: 7,
      against: [anna, bert],
      agreeing: [],
    });
  });

  it('are over when nobody differs any more', () => {
    expect(after([anna, 7, false], [anna, 9, true])).toBeUndefined();
  });
});

describe('whoever stands alone stops (SPEC S7)', () => {
  it('one who lies silences nobody', () => {
    expect(isOutvoted(after([anna, 7, false]), me, all)).toBe(false);
  });
  it('two against one is enough, unless somebody agrees', () => {
    expect(isOutvoted(after([anna, 7, false], [bert, 7, false]), me, all)).toBe(true);
    expect(isOutvoted(after([anna, 7, false], [bert, 7, false], [cem, 7, true]), me, all)).toBe(false);
  });
  it('of two, neither knows who is right: the one with the greater id gives way', () => {
    expect(isOutvoted(after([anna, 7, false]), me, [me, anna])).toBe(false);
    expect(isOutvoted(after([me, 7, false]), anna, [me, anna])).toBe(true);
    expect(isOutvoted(undefined, anna, [me, anna])).toBe(false);
  });
  it('those who are gone are not counted', () => {
    expect(isOutvoted(after([anna, 7, false], [bert, 7, false]), me, [me, anna, cem])).toBe(false);
    expect(isOutvoted(undefined, me, all)).toBe(false);
  });
});
