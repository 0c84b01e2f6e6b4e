/**
 * Links of a log's chain in one run of bytes: 40 for each, the seq (8, big-endian) and the link (32). A
 * device reads those of all its logs when it starts, and writes those of one with everything it takes in; as
 * pairs they cost ten times as much.
 */
import { assert } from '../lib/assert';
import type { Bytes } from '../lib/bytes';

export type Link = readonly [seq: number, chain: Bytes];

const SEQ_BYTES = 8;
const LINK_BYTES = 32;
const BYTES = SEQ_BYTES + LINK_BYTES;

export function packLinks(links: readonly Link[]): Bytes {
  const packed = new Uint8Array(links.length * BYTES);
  const view = new DataView(packed.buffer);
  for (const [index, [seq, chain]] of links.entries()) {
    assert(chain.length === LINK_BYTES, 'a link is a SHA-256');
    view.setBigUint64(index * BYTES, BigInt(seq));
    packed.set(chain, index * BYTES + SEQ_BYTES);
  }
  return packed;
}

/** Older vaults hold pairs. */
export function unpackLinks(stored: Uint8Array | readonly Link[]): readonly Link[] {
  if (!(stored instanceof Uint8Array)) return stored;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return Array.from({ length: Math.floor(stored.length / BYTES) }, (_, index) => {
    const at = index * BYTES;
    return [Number(view.getBigUint64(at)), stored.slice(at + SEQ_BYTES, at + BYTES)] as const;
  });
}
