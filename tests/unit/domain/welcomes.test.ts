import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../src/domain/ids';
import { returnKey } from '../../../src/domain/back';
import {
  isOrphan,
  orphansReturn,
  owedAfterCommit,
  owedAfterWelcome,
  owedAfterWord,
  owedBy,
  returnsAfterWord,
  silentAfterCommit,
  silentAfterWord,
} from '../../../src/domain/welcomes';

const leaf = (n: number) => ({
  device: n.toString(16).padStart(32, '0') as DeviceId,
  signatureKey: new Uint8Array(32).fill(n),
});
const [anna, bert, cem, dora] = [leaf(1), leaf(2), leaf(3), leaf(4)];
const added = owedAfterCommit({}, { by: anna.device, seq: 7, position: 3, added: [cem, dora], removed: [] });

describe('welcomes that are owed (SPEC J6)', () => {
  it('are owed by whoever added, for each leaf that was added', () => {
    expect(added).toEqual({
      [returnKey(cem)]: { by: anna.device, seq: 7 },
      [returnKey(dora)]: { by: anna.device, seq: 7 },
    });
    expect(owedBy(added, anna.device)).toEqual([cem.device, dora.device]);
    expect(owedBy(added, bert.device)).toEqual([]);
  });

  it('are dropped with the leaf, and owed anew with a fresh one', () => {
    const out = owedAfterCommit(added, { by: bert.device, seq: 8, position: 3, added: [], removed: [cem] });
    expect(Object.keys(out)).toEqual([returnKey(dora)]);
    const again = owedAfterCommit(out, { by: bert.device, seq: 9, position: 3, added: [cem], removed: [] });
    expect(again[returnKey(cem)]).toEqual({ by: bert.device, seq: 9 });
  });

  it('a renewed leaf changes nothing', () => {
    expect(owedAfterCommit(added, { by: bert.device, seq: 8, position: 3, added: [], removed: [] })).toBe(
      added,
    );
  });

  it('are settled by the word of whoever owes them, and of nobody else', () => {
    expect(Object.keys(owedAfterWelcome(added, anna.device, [cem.device]))).toEqual([returnKey(dora)]);
    expect(owedAfterWelcome(added, bert.device, [cem.device, dora.device])).toBe(added);
    expect(owedAfterWelcome(added, anna.device, [bert.device])).toBe(added);
  });

  it('are settled by any entry of the newcomer', () => {
    expect(Object.keys(owedAfterWord(added, cem.device))).toEqual([returnKey(dora)]);
    expect(owedAfterWord(added, anna.device)).toBe(added);
  });

  it('lead to a fresh leaf when nobody is left who owes them', () => {
    const both = { owed: added, returns: {} };
    expect(orphansReturn(added, {}, [anna, bert, cem, dora])).toEqual(both);
    const { owed, returns } = orphansReturn(added, {}, [bert, cem, dora]);
    expect(owed).toEqual({});
    const open = { keyPackage: undefined, seq: 7, isOut: false };
    expect(returns).toEqual({ [returnKey(cem)]: { at: 0, open }, [returnKey(dora)]: { at: 0, open } });
  });

  it('a request that is open already is kept, with its key package', () => {
    const open = { keyPackage: new Uint8Array([1]), seq: 9, isOut: true };
    const before = { [returnKey(cem)]: { at: 5, open } };
    const { returns } = orphansReturn(added, before, [bert, dora]);
    expect(returns[returnKey(cem)]).toBe(before[returnKey(cem)]);
    // The last time it asked still counts.
    const closed = { [returnKey(dora)]: { at: 5, open: undefined } };
    expect(orphansReturn(added, closed, [bert, dora]).returns[returnKey(dora)]?.at).toBe(5);
  });

  it('an orphan that writes has been let in after all; whoever asked to be taken back has not', () => {
    const { returns } = orphansReturn(added, {}, [bert, cem, dora]);
    expect(isOrphan(returns, cem)).toBe(true);
    const after = returnsAfterWord(returns, cem);
    expect(isOrphan(after, cem)).toBe(false);
    expect(isOrphan(after, dora)).toBe(true);
    const open = { keyPackage: new Uint8Array([1]), seq: 9, isOut: false };
    const asked = { [returnKey(cem)]: { at: 5, open } };
    expect(isOrphan(asked, cem)).toBe(false);
    expect(returnsAfterWord(asked, cem)).toBe(asked);
  });
});

describe('newcomers that were not heard yet (SPEC J7)', () => {
  const silent = silentAfterCommit(
    {},
    { by: anna.device, seq: 7, position: 3, added: [cem, dora], removed: [] },
  );

  it('are known with the position at which they were added', () => {
    expect(silent).toEqual({ [cem.device]: 3, [dora.device]: 3 });
  });

  it('are heard when they write or commit, and nobody speaks for another', () => {
    expect(silentAfterWord(silent, cem.device)).toEqual({ [dora.device]: 3 });
    expect(silentAfterWord(silent, anna.device)).toBe(silent);
    const renewal = { seq: 8, position: 4, added: [], removed: [] };
    expect(silentAfterCommit(silent, { ...renewal, by: dora.device })).toEqual({ [cem.device]: 3 });
    expect(silentAfterCommit(silent, { ...renewal, by: anna.device })).toBe(silent);
  });

  it('go with their leaf, and are silent anew with the next one', () => {
    const commit = { by: anna.device, seq: 8, position: 5, added: [], removed: [] };
    const out = silentAfterCommit(silent, { ...commit, removed: [cem] });
    expect(out).toEqual({ [dora.device]: 3 });
    expect(silentAfterCommit(out, { ...commit, added: [cem] })).toEqual({
      [cem.device]: 5,
      [dora.device]: 3,
    });
  });
});
