/**
 * Whether an X25519 public key can be encrypted to. A point of small order makes every sender's key
 * agreement fail (RFC 7748 §6.1, RFC 9180 §7.1.4): as a leaf of a tree it would stop all commits of the
 * others. Only canonical encodings are accepted, so that "used twice" can be seen by comparing bytes.
 */
import { equalBytes, hexToBytes } from '../../lib/bytes';
import { assert } from '../../lib/assert';

/** u coordinates below p of all points of small order, little endian. */
const SMALL_ORDER_U = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => {
  const bytes = hexToBytes(hex);
  assert(bytes !== undefined, 'the table is hex');
  return bytes;
});

export function isUsableX25519PublicKey(key: Uint8Array): boolean {
  return key.length === 32 && isCanonical(key) && !SMALL_ORDER_U.some((point) => equalBytes(point, key));
}

/** Below 2^255 − 19: the sign bit is clear, and not one of the 19 values from p to 2^255 − 1. */
function isCanonical(key: Uint8Array): boolean {
  const top = key[31] ?? 0;
  if (top !== 0x7f) return top < 0x7f;
  for (let i = 30; i > 0; i--) if (key[i] !== 0xff) return true;
  return (key[0] ?? 0) < 0xed;
}
