import { describe, expect, it } from 'vitest';
import {
  afterCommit,
  BACK_EVERY_MS,
  encodeBackRequest,
  isReturning,
  openReturn,
  parseBackRequest,
  returnKey,
  withRequest,
  type Returns,
  type SignedBackRequest,
} from '../../../src/domain/back';
import type { DeviceId, LogId } from '../../../src/domain/ids';

const DAY = 86_400_000;
const AT = 100 * DAY;
const leaf = { device: 'd'.repeat(32) as DeviceId, signatureKey: new Uint8Array(32).fill(1) };
const request: SignedBackRequest & typeof leaf = {
  ...leaf,
  log: 'a'.repeat(64) as LogId,
  keyPackage: Uint8Array.of(1, 2, 3),
  seq: 7,
  chain: new Uint8Array(32).fill(3),
  since: 5,
  at: AT,
  signature: new Uint8Array(64),
};
const heard = { relayAt: AT, isPresent: true };

describe('a request to be taken back', () => {
  it('comes back from its bytes, and nothing else is one', () => {
    const { signatureKey: _, ...plain } = request;
    const bytes = encodeBackRequest(plain);
    expect(parseBackRequest(bytes)).toEqual({ ok: true, value: plain });
    for (let end = 0; end < bytes.length; end++) expect(parseBackRequest(bytes.slice(0, end)).ok).toBe(false);
  });

  it('is heard once an hour, by the time it was written', () => {
    const once = withRequest({}, request, heard);
    expect(once[returnKey(leaf)]).toEqual({
      at: AT,
      open: {
        keyPackage: request.keyPackage,
        seq: 5,
        place: { seq: 7, chain: request.chain },
        isOut: false,
      },
    });
    for (const at of [AT - DAY, AT - 1, AT, AT + BACK_EVERY_MS - 1])
      expect(withRequest(once, { ...request, at }, heard), String(at)).toBe(once);
    const again = withRequest(once, { ...request, at: AT + BACK_EVERY_MS, since: 6 }, heard);
    expect(openReturn(again, leaf)?.seq).toBe(6);
  });

  it('is good for a week by the relay’s time, whatever clocks say', () => {
    for (const [relayAt, isHeard] of [
      [AT - DAY - 1, false],
      [AT - DAY, true],
      [AT + 7 * DAY, true],
      [AT + 7 * DAY + 1, false],
    ] as const)
      expect(
        Object.keys(withRequest({}, request, { relayAt, isPresent: true })).length > 0,
        String(relayAt),
      ).toBe(isHeard);
  });

  it('under another key is another device’s', () => {
    const thief = { ...request, signatureKey: new Uint8Array(32).fill(2), at: AT + DAY };
    const returns = withRequest(withRequest({}, request, heard), thief, { ...heard, relayAt: AT + DAY });
    expect(isReturning(returns, leaf)).toBe(true);
    expect(returns[returnKey(leaf)]?.at).toBe(AT);
  });
});

describe('the way back', () => {
  it('leads over the removal of the old leaf to a new one, and is then closed', () => {
    let returns: Returns = withRequest({}, request, heard);
    expect(isReturning(returns, leaf)).toBe(true);
    returns = afterCommit(returns, [leaf], []);
    expect(isReturning(returns, leaf)).toBe(false);
    expect(openReturn(returns, leaf)).toMatchObject({ isOut: true });
    returns = afterCommit(returns, [], [leaf]);
    expect(openReturn(returns, leaf)).toBeUndefined();
    expect(returns[returnKey(leaf)]?.at).toBe(AT);
  });

  it('needs no removal where there is no leaf', () => {
    const returns = withRequest({}, request, { ...heard, isPresent: false });
    expect(isReturning(returns, leaf)).toBe(false);
    expect(openReturn(returns, leaf)?.isOut).toBe(true);
  });

  it('is not touched by commits about others', () => {
    const returns = withRequest({}, request, heard);
    const other = { device: 'e'.repeat(32) as DeviceId, signatureKey: leaf.signatureKey };
    expect(afterCommit(returns, [other], [other])).toBe(returns);
  });
});
