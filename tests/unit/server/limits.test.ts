import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../server/addressBook';
import { BucketMap } from '../../../server/bucketMap';
import { rangesOf } from '../../../server/blobRoutes';
import { TokenBucket } from '../../../server/tokenBucket';

describe('token bucket', () => {
  test('gives its burst, then one per interval, and says how long to wait', () => {
    const bucket = new TokenBucket({ burst: 2, perSecond: 0.1 }, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 10_000]);
    expect(bucket.take(9_999)).toBe(1);
    expect(bucket.take(10_001)).toBe(0);
    bucket.giveBack();
    expect(bucket.take(10_001)).toBe(0);
  });

  test('a clock that jumps back gives nothing and locks nobody out', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 10_000);
    expect(bucket.take(10_000)).toBe(0);
    expect(bucket.take(5_000)).toBe(1_000);
    expect(bucket.take(6_000)).toBe(0);
  });

  test('a cost above the burst is owed, not impossible', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 10 }, 0);
    expect(bucket.take(0, 25)).toBe(0);
    expect(bucket.take(0)).toBe(1_600);
    expect(bucket.take(1_600)).toBe(0);
  });

  test('the map forgets full buckets and remembers the others', () => {
    const map = new BucketMap({ burst: 1, perSecond: 0.001 });
    expect(map.take('first', 0)).toBe(0);
    for (let n = 0; n < 5_000; n++) map.take(`other ${String(n)}`, 0);
    expect(map.take('first', 0)).toBeGreaterThan(0);
  });
});

describe('address book', () => {
  test('counts in all and per address, IPv6 by /64', () => {
    const book = new AddressBook({ total: 4, perAddress: 2 }, () => 0);
    expect([book.enter('10.0.0.1'), book.enter('10.0.0.1'), book.enter('10.0.0.1')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(book.enter('2001:db8:0:1::5')).toBe(true);
    expect(book.enter('2001:db8:0:1:ffff:1:2:3')).toBe(true);
    expect(book.enter('::ffff:10.0.0.2')).toBe(false); // full in all
    book.leave('10.0.0.1');
    expect(book.enter('2001:db8:0:1::6')).toBe(false);
    expect(book.enter('2001:db8::1')).toBe(true);
  });
});

test('an address comes so often, however quickly it leaves', () => {
  let now = 0;
  const book = new AddressBook({ total: 1_000, perAddress: 60 }, () => now);
  const comeAndGo = (): boolean => {
    const isIn = book.enter('10.0.0.1');
    if (isIn) book.leave('10.0.0.1');
    return isIn;
  };
  expect(Array.from({ length: 121 }, comeAndGo).filter(Boolean)).toHaveLength(120);
  expect(book.enter('10.0.0.2')).toBe(true);
  now += 2_000;
  expect([comeAndGo(), comeAndGo(), comeAndGo()]).toEqual([true, true, false]);
});

test('ranges of chunks', () => {
  expect(rangesOf([])).toBe('');
  expect(rangesOf([0])).toBe('0');
  expect(rangesOf([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
});
