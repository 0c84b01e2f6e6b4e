import { describe, expect, test } from 'vitest';
import { bytesToHex, hexToBytes, type Bytes } from '../../../src/lib/bytes';
import { deriveKeys, hkdfExpand, hkdfExtract, hmacSha256, sha256 } from '../../../src/crypto/hash';
import { platformRandom, seededRandom } from '../../../src/crypto/random';
import { SecretKey } from '../../../src/crypto/secretKey';
import { bytesOf } from './groupFixture';

const bytes = (hex: string): Bytes => hexToBytes(hex) ?? new Uint8Array(0);

describe('hash', () => {
  test('FIPS 180-4 "abc", whole and in parts', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(bytesToHex(sha256(bytesOf('abc')))).toBe(expected);
    expect(bytesToHex(sha256(bytesOf('a'), new Uint8Array(0), bytesOf('bc')))).toBe(expected);
  });

  test('RFC 5869 A.1', () => {
    const prk = hkdfExtract(bytes('000102030405060708090a0b0c'), new Uint8Array(22).fill(0x0b));
    expect(bytesToHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(bytesToHex(hkdfExpand(prk, bytes('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  test('RFC 4231, test case 2', () => {
    expect(bytesToHex(hmacSha256(bytesOf('Jefe'), bytesOf('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('one secret, other labels, other keys; a shorter key is a prefix of none of theirs', () => {
    const secret = new SecretKey(new Uint8Array(32).fill(7));
    const a = deriveKeys(secret, 'invitation-read', 32).expose();
    const b = deriveKeys(secret, 'invitation-write', 32).expose();
    expect(a).not.toEqual(b);
    expect(deriveKeys(secret, 'invitation-read', 32).expose()).toEqual(a);
  });
});

describe('random', () => {
  test('one seed gives one sequence, however the lengths fall', () => {
    const draw = (seed: string | number) =>
      [4, 0, 70_000].map((length) => bytesToHex(seededRandom(seed).bytes(length)));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const random = seededRandom(1);
    expect(random.bytes(16)).not.toEqual(random.bytes(16));
  });

  test('the platform fills more than WebCrypto gives at once', () => {
    const drawn = platformRandom.bytes(200_000);
    expect(drawn.length).toBe(200_000);
    expect(drawn.subarray(-32).some((byte) => byte !== 0)).toBe(true);
  });
});
