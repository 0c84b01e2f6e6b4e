import { describe, expect, test } from 'vitest';
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls';
import { createHpke } from '../../../src/crypto/mls/hpke';
import { SUITE } from '../../../src/crypto/mls/suite';
import { seededRandom } from '../../../src/crypto/random';
import { nobleX25519, platformX25519, webCryptoX25519 } from '../../../src/crypto/x25519';
import { bytesToHex, hexToBytes } from '../../../src/lib/bytes';
import { bytesOf } from './groupFixture';

const hex = (text: string) => hexToBytes(text) ?? new Uint8Array(0);
const library = (await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))).hpke;
const ours = {
  WebCrypto: createHpke(webCryptoX25519, seededRandom('hpke web')),
  noble: createHpke(nobleX25519, seededRandom('hpke noble')),
};

describe.each([
  ['WebCrypto', webCryptoX25519],
  ['noble', nobleX25519],
])('X25519 by %s', (_name, x25519) => {
  test('RFC 7748 §6.1, from the second party', async () => {
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(await x25519.publicKey(bob)).toEqual(
      hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
    );
    const alice = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(await x25519.sharedSecret(bob, alice)).toEqual(
      hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'),
    );
  });

  test('RFC 7748 §5.2', async () => {
    const scalar = hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4');
    const u = hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c');
    expect(await x25519.sharedSecret(scalar, u)).toEqual(
      hex('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'),
    );
  });

  test('refuses points of small order', async () => {
    await expect(x25519.sharedSecret(new Uint8Array(32).fill(3), new Uint8Array(32))).rejects.toThrow();
  });
});

describe.each(Object.entries(ours))('HPKE over %s', (_name, hpke) => {
  test('opens what the library seals and the other way round; keys derive alike', async () => {
    for (let i = 0; i < 5; i++) {
      const seed = seededRandom(i).bytes(32);
      const own = await hpke.deriveKeyPair(seed);
      const theirs = await library.deriveKeyPair(seed);
      expect(await hpke.exportPublicKey(own.publicKey)).toEqual(
        await library.exportPublicKey(theirs.publicKey),
      );
      expect(await hpke.exportPrivateKey(own.privateKey)).toEqual(
        await library.exportPrivateKey(theirs.privateKey),
      );
      const [info, aad, text] = [bytesOf(`info ${i}`), bytesOf('aad'.repeat(i)), bytesOf(`text ${i}`)];
      const a = await hpke.seal(own.publicKey, text, info, aad);
      expect(await library.open(theirs.privateKey, a.enc, a.ct, info, aad)).toEqual(text);
      const b = await library.seal(theirs.publicKey, text, info, aad);
      expect(await hpke.open(own.privateKey, b.enc, b.ct, info, aad)).toEqual(text);
      const c = await hpke.exportSecret(own.publicKey, bytesOf('c'), 32, info);
      expect(await library.importSecret(theirs.privateKey, bytesOf('c'), c.enc, 32, info)).toEqual(c.secret);
      const d = await library.exportSecret(theirs.publicKey, bytesOf('c'), 32, info);
      expect(await hpke.importSecret(own.privateKey, bytesOf('c'), d.enc, 32, info)).toEqual(d.secret);
    }
  });

  test('another info, another key or a changed byte does not open', async () => {
    const own = await hpke.generateKeyPair();
    const other = await hpke.generateKeyPair();
    const { enc, ct } = await hpke.seal(own.publicKey, bytesOf('text'), bytesOf('info'));
    expect(await hpke.open(own.privateKey, enc, ct, bytesOf('info'))).toEqual(bytesOf('text'));
    await expect(hpke.open(own.privateKey, enc, ct, bytesOf('else'))).rejects.toThrow();
    await expect(hpke.open(other.privateKey, enc, ct, bytesOf('info'))).rejects.toThrow();
    ct[0] = (ct[0] ?? 0) ^ 1;
    await expect(hpke.open(own.privateKey, enc, ct, bytesOf('info'))).rejects.toThrow();
    await expect(hpke.importPublicKey(new Uint8Array(31))).rejects.toThrow(RangeError);
  });

  test('an imported key is a copy', async () => {
    const bytes = seededRandom('copy').bytes(32);
    const key = await hpke.importPrivateKey(bytes);
    const before = bytesToHex(bytes);
    bytes.fill(0);
    expect(bytesToHex(await hpke.exportPrivateKey(key))).toBe(before);
  });
});

test('one seed, one run', async () => {
  const x25519 = await platformX25519();
  const run = async () => {
    const hpke = createHpke(x25519, seededRandom('replay'));
    const { publicKey } = await hpke.generateKeyPair();
    const { enc, ct } = await hpke.seal(publicKey, bytesOf('m'), bytesOf('i'));
    return bytesToHex(enc) + bytesToHex(ct);
  };
  expect(await run()).toBe(await run());
});
