/** Every size and count that both sides of the wire agree on. SPEC: L1. */
const KiB = 1024;

/** Plaintext buckets an envelope is padded to (SPEC E6). */
export const PADDING_BUCKETS = [
  256,
  512,
  KiB,
  2 * KiB,
  4 * KiB,
  8 * KiB,
  16 * KiB,
  32 * KiB,
  64 * KiB,
] as const;

export const LIMITS = {
  /** Envelope bytes as the relay stores them: largest bucket plus header, nonce, tag and MLS framing. */
  envelopeBytes: 64 * KiB + 512,
  /** A commit grows with the tree; 111 kB at 400 members was measured. */
  commitBytes: 512 * KiB,
  envelopesPerAppend: 256,
  /** Client to relay. */
  frameBytes: 1024 * KiB,
  /** The same before a pass was shown. */
  strangerFrameBytes: 64 * KiB,
  /** Relay to client: a read answers at most this much, or one envelope. */
  readBytes: 1024 * KiB,
  watchLogs: 2_000,
  slotBytes: KiB,
  slotsPerLog: 2_000,
  castBytes: 16 * KiB,
  passesPerFrame: 1_000,
  /** Welcomes for large groups arrive in mailboxes: 428 kB with the state of 400 devices was measured. */
  mailboxEnvelopeBytes: 896 * KiB,
  mailboxEnvelopes: 4_000,
  /** Of these, by one pass. */
  mailboxEnvelopesOfPass: 1_000,
  invitationEnvelopeBytes: 16 * KiB,
  invitationEnvelopes: 512,
  blobChunkBytes: 256 * KiB,
  blobBytes: 128 * 1024 * KiB,
  /** Nesting and item count of any CBOR from outside. */
  cborDepth: 16,
  cborItems: 200_000,
} as const;
