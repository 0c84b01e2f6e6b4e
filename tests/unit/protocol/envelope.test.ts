import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes } from '../../../src/lib/bytes';
import { encodeEnvelope, ENVELOPE_HEADER_BYTES, parseEnvelope } from '../../../src/protocol/envelope';
import { LIMITS, PADDING_BUCKETS } from '../../../src/protocol/limits';

const tag = Uint8Array.from({ length: 8 }, (_, i) => 0xa0 + i);
const envelope = (isCommit: boolean, size: number): Uint8Array =>
  encodeEnvelope({ isCommit, epochTag: tag, sealed: new Uint8Array(size - ENVELOPE_HEADER_BYTES).fill(7) });

describe('an envelope', () => {
  it('is version, flags, tag and sealed bytes, and nothing else (SPEC E1)', () => {
    const sealed = Uint8Array.of(1, 2, 3);
    expect(bytesToHex(encodeEnvelope({ isCommit: false, epochTag: tag, sealed }))).toBe(
      '0100a0a1a2a3a4a5a6a7010203',
    );
    expect(bytesToHex(encodeEnvelope({ isCommit: true, epochTag: tag, sealed }))).toBe(
      '0101a0a1a2a3a4a5a6a7010203',
    );
  });

  it('is read back', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        (isCommit, epochTag, sealed) => {
          const parts = {
            isCommit,
            epochTag: new Uint8Array(epochTag),
            sealed: new Uint8Array(sealed),
          };
          expect(parseEnvelope(encodeEnvelope(parts))).toEqual({ ok: true, value: parts });
        },
      ),
    );
  });

  it('is malformed without sealed bytes, of version 0, or with another flag (SPEC E1)', () => {
    const whole = envelope(false, 20);
    for (let length = 0; length <= ENVELOPE_HEADER_BYTES; length++)
      expect(parseEnvelope(whole.subarray(0, length))).toMatchObject({ error: { type: 'malformed' } });
    expect(parseEnvelope(whole.subarray(0, ENVELOPE_HEADER_BYTES + 1)).ok).toBe(true);
    expect(parseEnvelope(concatBytes(Uint8Array.of(0), whole.subarray(1)))).toMatchObject({
      error: { type: 'malformed', then: 'ignore' },
    });
    for (let flags = 2; flags < 256; flags++)
      expect(
        parseEnvelope(concatBytes(Uint8Array.of(1, flags), whole.subarray(2))),
        `flags ${flags}`,
      ).toMatchObject({ error: { type: 'malformed', then: 'ignore' } });
  });

  it('of a higher version is from the future, whatever its flags say (SPEC E1)', () => {
    for (const version of [2, 3, 255])
      for (const flags of [0, 1, 2, 255])
        expect(
          parseEnvelope(concatBytes(Uint8Array.of(version, flags), envelope(false, 20).subarray(2))),
        ).toMatchObject({ error: { type: 'from-the-future', then: 'ignore' } });
  });

  it('has the size of its kind (SPEC L1)', () => {
    const isOk = (bytes: Uint8Array, entryBytes?: number): boolean => parseEnvelope(bytes, entryBytes).ok;
    expect(isOk(envelope(false, LIMITS.envelopeBytes))).toBe(true);
    expect(isOk(envelope(false, LIMITS.envelopeBytes + 1))).toBe(false);
    expect(isOk(envelope(true, LIMITS.commitBytes))).toBe(true);
    expect(isOk(envelope(true, LIMITS.commitBytes + 1))).toBe(false);
    expect(isOk(envelope(false, LIMITS.mailboxEnvelopeBytes), LIMITS.mailboxEnvelopeBytes)).toBe(true);
    expect(isOk(envelope(false, LIMITS.invitationEnvelopeBytes + 1), LIMITS.invitationEnvelopeBytes)).toBe(
      false,
    );
  });

  it('answers any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const parsed = parseEnvelope(bytes);
        if (parsed.ok) expect(encodeEnvelope(parsed.value)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not keep the frame it came in', () => {
    const bytes = envelope(false, 20);
    const parsed = parseEnvelope(bytes);
    bytes.fill(0);
    expect(parsed).toMatchObject({ ok: true, value: { epochTag: tag } });
  });
});

describe('limits (SPEC L1)', () => {
  it('fit into each other', () => {
    const largest = Math.max(...PADDING_BUCKETS);
    // Header, nonce and tag around the largest bucket.
    expect(LIMITS.envelopeBytes).toBeGreaterThanOrEqual(largest + ENVELOPE_HEADER_BYTES + 28);
    expect(LIMITS.envelopeBytes).toBeLessThanOrEqual(LIMITS.commitBytes);
    expect(LIMITS.commitBytes).toBeLessThan(LIMITS.frameBytes);
    expect(LIMITS.mailboxEnvelopeBytes).toBeLessThan(LIMITS.frameBytes);
    expect(LIMITS.commitBytes).toBeLessThan(LIMITS.readBytes);
    expect([...PADDING_BUCKETS]).toEqual([...PADDING_BUCKETS].sort((a, b) => a - b));
  });

  it('are those of the page', () => {
    expect(LIMITS).toMatchObject({
      envelopeBytes: 65_536 + 512,
      commitBytes: 524_288,
      mailboxEnvelopeBytes: 917_504,
      invitationEnvelopeBytes: 16_384,
      envelopesPerAppend: 256,
      frameBytes: 1_048_576,
      watchLogs: 2_000,
      slotBytes: 1_024,
      slotsPerLog: 2_000,
      castBytes: 16_384,
      mailboxEnvelopes: 4_000,
      invitationEnvelopes: 512,
      cborDepth: 16,
      cborItems: 200_000,
    });
  });
});
