/** What the fuzzers have found, as small as it goes; each was taken, or thrown, before it was mended. */
import { describe, expect, it } from 'vitest';
import { parseContent } from '../../src/domain/entry';
import { hexToBytes } from '../../src/lib/bytes';
import { decodeCbor, encodeCbor } from '../../src/protocol/codec';
import { parseReply, parseRequest } from '../../src/protocol/frames';
import { SealedRecords } from '../../src/records/sealedRecords';
import { encodeSnapshot, parseSnapshot, type Snapshot } from '../../src/sync/snapshot';
import { createMemoryVault } from '../../src/vault/memoryVault';
import { sealBytes } from '../../src/crypto/seal';

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(' ', '')) ?? new Uint8Array();

describe('found by fuzzing', () => {
  it('a refusal quoted what it refused, thirteen thousand letters of it', () => {
    const letters = 'x'.repeat(13_000);
    for (const parsed of [
      parseRequest(encodeCbor([4, 5, letters])),
      parseReply(encodeCbor([131, letters, [], 0])),
      parseContent(encodeCbor(['text', 1, 2, new Uint8Array(32), letters])),
    ]) {
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(parsed.error.detail).not.toContain('xxx');
    }
  });

  it('a list passed for a map without keys', () => {
    expect(parseContent(hex(`85 64766f6964 01 02 5820${'00'.repeat(32)} 80`)).ok).toBe(false);
    expect(parseContent(hex(`85 64766f6964 01 02 5820${'00'.repeat(32)} a0`)).ok).toBe(true);
    const snapshot: Snapshot = {
      generation: 0,
      seq: 1,
      chain: new Uint8Array(32),
      lastCommit: 0,
      position: 0,
      counters: {},
      fold: {
        type: 'conversation',
        conversation: { kind: 'group', title: undefined, roster: {}, former: [] },
      },
      documents: {},
      history: [],
    };
    const value = decodeCbor(encodeSnapshot(snapshot));
    const fields = value.ok ? (value.value as object) : {};
    expect(parseSnapshot(encodeCbor(fields)).ok).toBe(true);
    for (const name of ['documents', 'counters'])
      for (const other of [[], new Uint8Array(0)])
        expect(parseSnapshot(encodeCbor({ ...fields, [name]: other })).ok, name).toBe(false);
  });

  it('a row of the vault that is no record threw', async () => {
    const vault = createMemoryVault();
    const records = await SealedRecords.over(vault);
    const key = await vault.sealKey(() => Promise.reject(new Error('it has one')));
    if (!records.ok || !key.ok) throw new Error('a vault in memory opens');
    const data = encodeCbor(['depesche/vault/1', 'logs', 7, 1]);
    for (const plain of ['', '00 00', '82 01', 'ff', 'f818', '5b7fffffffffffffff'].map(hex)) {
      const sealed = await sealBytes(key.value, data, plain);
      expect(await records.value.open('logs', [7, 1], sealed)).toMatchObject({
        ok: false,
        error: { type: 'unreadable-record', then: 'ignore' },
      });
    }
  });
});
