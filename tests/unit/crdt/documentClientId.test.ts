import { describe, expect, test } from 'vitest';
import { clientIdFromDigest, documentClientId } from '../../../src/crdt/documentClientId';

const filled = (byte: number): Uint8Array<ArrayBuffer> => new Uint8Array(16).fill(byte);

describe('document client id', () => {
  test('is fixed for device, document and session (a changed value would orphan every open session)', () => {
    expect(documentClientId(filled(1), 'board', filled(2))).toBe(3_405_106_090_926_899);
  });

  test('differs with each part, and parts do not run into each other', () => {
    const ids = [
      documentClientId(filled(1), 'board', filled(2)),
      documentClientId(filled(2), 'board', filled(1)),
      documentClientId(filled(1), 'boarc', filled(2)),
      documentClientId(filled(1), 'board\u0002', filled(2)),
      documentClientId(filled(1), '', filled(2)),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
  });

  test('is never zero', () => {
    const digest = new Uint8Array(32);
    expect(clientIdFromDigest(digest)).toBe(1);
    digest[13] = 9;
    expect(clientIdFromDigest(digest)).toBe(9);
    digest[0] = 0xe0;
    expect(clientIdFromDigest(digest)).toBe(9);
    expect(clientIdFromDigest(new Uint8Array(32).fill(255))).toBe(Number.MAX_SAFE_INTEGER);
  });
});
