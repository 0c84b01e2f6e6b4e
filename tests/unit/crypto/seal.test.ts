import { describe, expect, test } from 'vitest';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hexToBytes } from '../../../src/lib/bytes';
import { PADDING_BUCKETS } from '../../../src/protocol/limits';
import { seededRandom } from '../../../src/crypto/random';
import {
  generateVaultKey,
  importSealKey,
  openBytes,
  pad,
  sealBytes,
  SEAL_OVERHEAD,
  unpad,
} from '../../../src/crypto/seal';
import { openWithSecret, sealWithSecret, SECRET_BOX_OVERHEAD } from '../../../src/crypto/secretBox';
import { SecretKey } from '../../../src/crypto/secretKey';
import { bytesOf, errorOf, valueOf } from './groupFixture';

const secret = () => new SecretKey(seededRandom('seal').bytes(32));
const aad = bytesOf('where it belongs');

describe('sealBytes', () => {
  test('opens what was sealed, under the same key and place only', async () => {
    const key = await importSealKey(secret());
    const sealed = await sealBytes(key, aad, bytesOf('Wasser steigt'));
    expect(sealed.length).toBe('Wasser steigt'.length + SEAL_OVERHEAD);
    expect(valueOf(await openBytes(key, aad, sealed))).toEqual(bytesOf('Wasser steigt'));
    expect(errorOf(await openBytes(key, bytesOf('elsewhere'), sealed)).type).toBe('unreadable');
    expect((await openBytes(await generateVaultKey(), aad, sealed)).ok).toBe(false);
  });

  test('every changed or missing byte is noticed', async () => {
    const key = await importSealKey(secret());
    const sealed = await sealBytes(key, aad, bytesOf('x'));
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect((await openBytes(key, aad, changed)).ok, `byte ${i}`).toBe(false);
      expect((await openBytes(key, aad, sealed.subarray(0, i))).ok, `first ${i} bytes`).toBe(false);
    }
  });

  test('two seals of the same differ; a seeded source repeats', async () => {
    const key = await importSealKey(secret());
    expect(await sealBytes(key, aad, aad)).not.toEqual(await sealBytes(key, aad, aad));
    const [a, b] = [seededRandom(1), seededRandom(1)];
    expect(await sealBytes(key, aad, aad, a)).toEqual(await sealBytes(key, aad, aad, b));
  });

  test('keys cannot be read out', async () => {
    expect((await importSealKey(secret())).extractable).toBe(false);
    expect((await generateVaultKey()).extractable).toBe(false);
  });
});

describe('padding (SPEC E6)', () => {
  test.each([0, 1, 251, 252, 253, 508, 509, 65_531, 65_532])(
    '%i bytes come back and fill a bucket',
    (length) => {
      const plain = seededRandom(length).bytes(length);
      const padded = valueOf(pad(plain));
      expect(PADDING_BUCKETS).toContain(padded.length);
      expect(valueOf(unpad(padded))).toEqual(plain);
    },
  );

  test('what fits no bucket is a typed failure', () => {
    expect(errorOf(pad(new Uint8Array(65_533)))).toMatchObject({ type: 'too-large', then: 'stop' });
  });

  test('only the one padded form is accepted', () => {
    const padded = valueOf(pad(bytesOf('abc')));
    const dirty = padded.slice();
    dirty[200] = 1;
    const roomy = new Uint8Array(512);
    roomy.set(padded);
    const lying = padded.slice();
    lying[0] = 255;
    for (const bad of [dirty, roomy, lying, new Uint8Array(3), padded.subarray(0, 255)]) {
      expect(errorOf(unpad(bad)).type).toBe('malformed');
    }
  });

  test('a padded view inside a larger buffer is read from its own start', () => {
    const padded = valueOf(pad(bytesOf('abc')));
    const buffer = new Uint8Array(padded.length + 7);
    buffer.set(padded, 7);
    expect(valueOf(unpad(buffer.subarray(7)))).toEqual(bytesOf('abc'));
  });
});

describe('secretBox', () => {
  test('opens what was sealed, under the same secret and place only', () => {
    const sealed = sealWithSecret(secret(), aad, bytesOf('Einladung'), seededRandom(2));
    expect(sealed.length).toBe('Einladung'.length + SECRET_BOX_OVERHEAD);
    expect(valueOf(openWithSecret(secret(), aad, sealed))).toEqual(bytesOf('Einladung'));
    expect(openWithSecret(secret(), bytesOf('other'), sealed).ok).toBe(false);
    expect(openWithSecret(new SecretKey(new Uint8Array(32)), aad, sealed).ok).toBe(false);
    expect(openWithSecret(secret(), aad, sealed.subarray(0, 39)).ok).toBe(false);
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] ?? 0) ^ 128;
      expect(openWithSecret(secret(), aad, changed).ok, `byte ${i}`).toBe(false);
    }
  });

  test('draft-irtf-cfrg-xchacha-03 A.3.1: tag of the worked example', () => {
    const bytes = (hex: string) => hexToBytes(hex) ?? new Uint8Array(0);
    const key = bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
    const nonce = bytes('404142434445464748494a4b4c4d4e4f5051525354555657');
    const plain = bytesOf(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = xchacha20poly1305(key, nonce, bytes('50515253c0c1c2c3c4c5c6c7')).encrypt(plain);
    expect(sealed.subarray(-16)).toEqual(bytes('c0875924c1c7987947deafd8780acf49'));
  });
});
