import { describe, expect, it } from 'vitest';
import { packLinks, unpackLinks, type Link } from '../../../src/records/packedLinks';

const links: readonly Link[] = [
  [0, new Uint8Array(32)],
  [7, new Uint8Array(32).fill(7)],
  [Number.MAX_SAFE_INTEGER, new Uint8Array(32).fill(255)],
];

describe('packed links', () => {
  it('come back as they were', () => {
    expect(packLinks(links)).toHaveLength(120);
    expect(unpackLinks(packLinks(links))).toEqual(links);
    expect(unpackLinks(packLinks([]))).toEqual([]);
  });

  it('come back from the middle of other bytes', () => {
    const around = new Uint8Array(130);
    around.set(packLinks(links), 5);
    expect(unpackLinks(around.subarray(5, 125))).toEqual(links);
  });

  it('of an older vault are read as they stand there', () => {
    expect(unpackLinks(links)).toBe(links);
  });
});
