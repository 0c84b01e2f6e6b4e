import { afterEach, describe, expect, test, vi } from 'vitest';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, type Bytes } from '../../../src/lib/bytes';
import { createWebCryptoEd25519, ed25519PublicKey, nobleEd25519 } from '../../../src/crypto/ed25519';
import { isStrictEd25519PublicKey, isStrictEd25519Signature } from '../../../src/crypto/ed25519Strict';
import { seededRandom } from '../../../src/crypto/random';
import { SecretKey } from '../../../src/crypto/secretKey';
import {
  generateSignatureKeyPair,
  labelledMessage,
  publicKeyOf,
  signLabelled,
  verifyLabelled,
} from '../../../src/crypto/signature';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesOf } from './groupFixture';

const bytes = (hex: string): Bytes => hexToBytes(hex) ?? new Uint8Array(0);
const implementations = { noble: nobleEd25519, WebCrypto: createWebCryptoEd25519(4) };

describe('signLabelled', () => {
  const pair = generateSignatureKeyPair(seededRandom('signature'));

  test('holds for the same label, parts and key only', async () => {
    const signature = await signLabelled(pair.secret, 'entry', bytesOf('log'), 7);
    expect(await verifyLabelled(pair.publicKey, signature, 'entry', bytesOf('log'), 7)).toBe(true);
    expect(await verifyLabelled(pair.publicKey, signature, 'pass', bytesOf('log'), 7)).toBe(false);
    expect(await verifyLabelled(pair.publicKey, signature, 'entry', bytesOf('log'), 8)).toBe(false);
    expect(await verifyLabelled(pair.publicKey, signature, 'entry', bytesOf('log'))).toBe(false);
    const other = generateSignatureKeyPair(seededRandom('other'));
    expect(await verifyLabelled(other.publicKey, signature, 'entry', bytesOf('log'), 7)).toBe(false);
  });

  test('no two lists of parts are signed as the same bytes', () => {
    const lists = [
      ['a', ['bc']],
      ['a', ['b', 'c']],
      ['a', [bytesOf('bc')]],
      ['a', ['1']],
      ['a', [1]],
      ['a', []],
      ['a', ['']],
      ['a', [new Uint8Array(0)]],
      ['ab', ['c']],
    ] as const;
    const messages = lists.map(([label, parts]) => bytesToHex(labelledMessage(label, parts)));
    expect(new Set(messages).size).toBe(lists.length);
  });

  test('the public key follows from the seed', () => {
    expect(publicKeyOf(pair.secret)).toEqual(pair.publicKey);
    expect(JSON.stringify(pair)).toContain('[secret]');
  });
});

describe.each(Object.entries(implementations))('Ed25519 by %s', (_name, implementation) => {
  test('RFC 8032 §7.1, tests 1 to 3', async () => {
    for (const [seed, key, message, signature] of RFC_8032) {
      expect(ed25519PublicKey(bytes(seed))).toEqual(bytes(key));
      expect(await implementation.sign(bytes(seed), bytes(message))).toEqual(bytes(signature));
      expect(await implementation.verify(bytes(key), bytes(message), bytes(signature))).toBe(true);
    }
  });

  test('refuses what is no strict encoding, without throwing', async () => {
    const [seed, key, message] = RFC_8032[2];
    const signature = await implementation.sign(bytes(seed), bytes(message));
    const withS = signature.slice();
    addGroupOrder(withS);
    expect(await implementation.verify(bytes(key), bytes(message), withS)).toBe(false);
    for (const publicKey of [
      new Uint8Array(0),
      new Uint8Array(32),
      new Uint8Array(32).fill(255),
      bytes(key).subarray(1),
    ])
      expect(await implementation.verify(publicKey, bytes(message), signature)).toBe(false);
    for (const bad of [
      new Uint8Array(0),
      new Uint8Array(64),
      new Uint8Array(64).fill(255),
      signature.subarray(1),
    ])
      expect(await implementation.verify(bytes(key), bytes(message), bad)).toBe(false);
  });

  test('more keys than the cache holds, twice each', async () => {
    const random = seededRandom('cache');
    const made = await Promise.all(
      Array.from({ length: 9 }, async () => {
        const seed = random.bytes(32);
        return { key: ed25519PublicKey(seed), signature: await implementation.sign(seed, bytesOf('m')) };
      }),
    );
    for (const { key, signature } of [...made, ...made])
      expect(await implementation.verify(key, bytesOf('m'), signature)).toBe(true);
  });
});

describe.each(Object.entries(implementations))('a key that signs often, by %s', (_name, implementation) => {
  test('makes the signatures of its seed', async () => {
    for (const [seed, , message, signature] of RFC_8032) {
      const secret = new SecretKey(bytes(seed));
      for (let i = 0; i < 3; i++)
        expect(await implementation.signWith(secret, bytes(message))).toEqual(bytes(signature));
    }
  });

  test('signs no more once it is wiped', async () => {
    const secret = new SecretKey(new Uint8Array(32).fill(7));
    await implementation.signWith(secret, bytesOf('m'));
    secret.wipe();
    await expect(implementation.signWith(secret, bytesOf('m'))).rejects.toThrow('a wiped key is not used');
  });
});

describe('by WebCrypto', () => {
  afterEach(() => vi.restoreAllMocks());

  test('a private key is imported once, however often it signs; another key by itself', async () => {
    const imports = vi.spyOn(globalThis.crypto.subtle, 'importKey');
    const implementation = createWebCryptoEd25519();
    const secret = new SecretKey(new Uint8Array(32).fill(7));
    await Promise.all(Array.from({ length: 20 }, () => implementation.signWith(secret, bytesOf('m'))));
    await implementation.signWith(secret, bytesOf('n'));
    expect(imports).toHaveBeenCalledTimes(1);
    // The bytes handed over for it are not left lying about.
    expect(imports.mock.calls[0]?.[1]).toEqual(new Uint8Array(48));
    await implementation.signWith(new SecretKey(new Uint8Array(32).fill(7)), bytesOf('m'));
    expect(imports).toHaveBeenCalledTimes(2);
  });

  test('an import that failed is tried again', async () => {
    const implementation = createWebCryptoEd25519();
    const secret = new SecretKey(new Uint8Array(32).fill(7));
    vi.spyOn(globalThis.crypto.subtle, 'importKey').mockRejectedValueOnce(new Error('busy'));
    await expect(implementation.signWith(secret, bytesOf('m'))).rejects.toThrow('busy');
    expect(await implementation.signWith(secret, bytesOf('m'))).toHaveLength(64);
  });
});

test('both implementations agree on 200 damaged signatures and keys (seed "agree")', async () => {
  const random = seededRandom('agree');
  for (let i = 0; i < 200; i++) {
    const seed = random.bytes(32);
    const message = random.bytes(i % 40);
    const key = ed25519PublicKey(seed);
    const signature = await nobleEd25519.sign(seed, message);
    const [where = 0, how = 0, kind = 0] = random.bytes(3);
    const target = kind % 3 === 0 ? key : signature;
    if (kind % 3 < 2) target[where % target.length] = (target[where % target.length] ?? 0) ^ how;
    const answers = await Promise.all(
      Object.values(implementations).map((implementation) => implementation.verify(key, message, signature)),
    );
    expect(new Set(answers).size, `run ${i}`).toBe(1);
  }
});

describe('strict encodings', () => {
  test('no point of small order is a public key, in any encoding', () => {
    for (const torsion of smallOrderEncodings()) {
      expect(isStrictEd25519PublicKey(torsion), bytesToHex(torsion)).toBe(false);
      const signature = new Uint8Array(64);
      signature.set(torsion);
      expect(isStrictEd25519Signature(signature)).toBe(false);
    }
  });

  test('a small-order key under which any message verifies is refused by both', async () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const forged = new Uint8Array(64);
    forged[0] = 1;
    for (const implementation of Object.values(implementations))
      expect(await implementation.verify(identity, bytesOf('anything'), forged)).toBe(false);
  });
});

test('both agree on keys with a small-order part (seed "mixed")', async () => {
  const { Point } = ed25519;
  const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa');
  const order = Point.Fn.ORDER;
  const random = seededRandom('mixed');
  const number = (le: Uint8Array) => BigInt(`0x${bytesToHex(le.slice().reverse())}`) % order;
  const answers = { true: 0, false: 0 };
  for (let i = 0; i < 32; i++) {
    const [a, r] = [number(random.bytes(32)), number(random.bytes(32))];
    const key = Point.BASE.multiply(a).add(torsion).toBytes();
    const point = Point.BASE.multiply(r).toBytes();
    const message = random.bytes(8);
    const k = number(sha512(concatBytes(point, key, message)));
    const s =
      hexToBytes(((r + k * a) % order).toString(16).padStart(64, '0'))?.reverse() ?? new Uint8Array(0);
    const signature = concatBytes(point, s);
    const noble = await nobleEd25519.verify(key, message, signature);
    expect(await implementations.WebCrypto.verify(key, message, signature), `run ${i}`).toBe(noble);
    answers[noble ? 'true' : 'false']++;
  }
  // One in eight has k divisible by eight and is valid by both ways of checking.
  expect(answers.false).toBeGreaterThan(16);
});

test('a wiped key does not sign', async () => {
  const secret = new SecretKey(new Uint8Array(32));
  secret.wipe();
  await expect(signLabelled(secret, 'entry')).rejects.toThrow('invariant');
});

/** s + L is the same number modulo the group's order; RFC 8032 refuses it. */
function addGroupOrder(signature: Uint8Array): void {
  const order = bytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    const sum = (signature[32 + i] ?? 0) + (order[i] ?? 0) + carry;
    signature[32 + i] = sum & 255;
    carry = sum >> 8;
  }
}

/** All eight points of the torsion subgroup, both sign bits. */
function smallOrderEncodings(): Uint8Array[] {
  const generator = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa');
  const encodings: Uint8Array[] = [];
  let point = generator;
  for (let i = 0; i < 8; i++) {
    const encoded = point.toBytes();
    const flipped = encoded.slice();
    flipped[31] = (flipped[31] ?? 0) ^ 128;
    encodings.push(encoded, flipped);
    point = point.add(generator);
  }
  return encodings;
}

const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;
