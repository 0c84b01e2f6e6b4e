/**
 * Which Ed25519 encodings are considered at all. Verifiers disagree on the rest ("Taming the many
 * EdDSAs", Chalkias et al. 2020), and two devices that disagree on a signature disagree for good.
 * Looks at encodings only; no curve arithmetic.
 */

/** 2^255 − 19, little endian. */
const P = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed');
/** Order of the base point. */
const L = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');

/** The y coordinates of the eight points of small order; the sign bit does not matter. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000001',
  '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
  '05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
  '7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7',
].map(littleEndian);

export function isStrictEd25519PublicKey(publicKey: Uint8Array): boolean {
  return isStrictPoint(publicKey);
}

/** R and s; a small-order R is refused as well, s is below the group's order (RFC 8032 §5.1.7). */
export function isStrictEd25519Signature(signature: Uint8Array): boolean {
  return (
    signature.length === 64 && isStrictPoint(signature.subarray(0, 32)) && isBelow(signature.subarray(32), L)
  );
}

function isStrictPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false;
  const y = new Uint8Array(encoded);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, P) && !SMALL_ORDER_Y.some((small) => small.every((byte, i) => byte === y[i]));
}

/** Public values only: not constant-time. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const a = value[i] ?? 0;
    const b = bound[i] ?? 0;
    if (a !== b) return a < b;
  }
  return false;
}

function littleEndian(hex: string): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[31 - i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}
