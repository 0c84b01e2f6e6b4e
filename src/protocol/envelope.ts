/**
 * The outside of an envelope: all that the relay may know of it (SPEC E1–E3).
 *
 *   byte 0      version (1)
 *   byte 1      flags: bit 0 = commit; all others zero
 *   bytes 2–9   epoch tag
 *   rest        sealed bytes (nonce ‖ ciphertext ‖ tag)
 */
import { err, ok, type Failure, type Result } from '../lib/result';
import { concatBytes, type Bytes } from '../lib/bytes';
import { LIMITS } from './limits';

export const ENVELOPE_VERSION = 1;
export const ENVELOPE_HEADER_BYTES = 10;
export const EPOCH_TAG_BYTES = 8;
export const ENVELOPE_ID_BYTES = 16;
const FLAG_COMMIT = 1;

export interface Envelope {
  readonly isCommit: boolean;
  readonly epochTag: Bytes;
  readonly sealed: Bytes;
}

export type EnvelopeFailure = Failure & {
  readonly type: 'malformed' | 'too-large' | 'from-the-future';
};

export function encodeEnvelope(envelope: Envelope): Bytes {
  return concatBytes(
    Uint8Array.of(ENVELOPE_VERSION, envelope.isCommit ? FLAG_COMMIT : 0),
    envelope.epochTag,
    envelope.sealed,
  );
}

/** `entryBytes`: what an envelope that is no commit may weigh; it differs by the log's kind. */
export function parseEnvelope(
  bytes: Uint8Array,
  entryBytes: number = LIMITS.envelopeBytes,
): Result<Envelope, EnvelopeFailure> {
  const version = bytes[0];
  const flags = bytes[1];
  if (version === undefined || flags === undefined || bytes.length <= ENVELOPE_HEADER_BYTES)
    return err({ type: 'malformed', then: 'ignore', detail: 'short' });
  if (version > ENVELOPE_VERSION) return err({ type: 'from-the-future', then: 'ignore' });
  if (version !== ENVELOPE_VERSION || (flags & ~FLAG_COMMIT) !== 0)
    return err({ type: 'malformed', then: 'ignore', detail: 'header' });
  const isCommit = flags === FLAG_COMMIT;
  if (bytes.length > (isCommit ? LIMITS.commitBytes : entryBytes))
    return err({ type: 'too-large', then: 'ignore' });
  return ok({
    isCommit,
    epochTag: new Uint8Array(bytes.subarray(2, ENVELOPE_HEADER_BYTES)),
    sealed: new Uint8Array(bytes.subarray(ENVELOPE_HEADER_BYTES)),
  });
}
