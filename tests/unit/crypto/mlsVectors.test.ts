/** RFC 9420 test vectors of the MLS working group, cipher suite 1, against the suite this house hands to the library. */
import { describe, expect, test } from 'vitest';
import { refhash } from 'ts-mls/crypto/hash.js';
import { decryptWithLabel, encryptWithLabel } from 'ts-mls/crypto/hpke.js';
import { deriveSecret, deriveTreeSecret, expandWithLabel } from 'ts-mls/crypto/kdf.js';
import { signWithLabel, verifyWithLabel } from 'ts-mls/crypto/signature.js';
import { decodeGroupContext, encodeGroupContext } from 'ts-mls/groupContext.js';
import { initializeEpoch } from 'ts-mls/keySchedule.js';
import { createSuite } from '../../../src/crypto/mls/suite';
import { seededRandom } from '../../../src/crypto/random';
import { bytesToHex } from '../../../src/lib/bytes';
import basics from '../../vectors/mls-crypto-basics.json';
import schedule from '../../vectors/mls-key-schedule.json';
import { hex } from './vectorBytes';

const suite = await createSuite(seededRandom('vectors'));
/** Keys in these files stand in an opaque<V> of one length byte. */
const key = (text: string) => hex(text).slice(1);

describe('crypto-basics', () => {
  const vector = basics.case;

  test('RefHash', async () => {
    const { label, value, out } = vector.ref_hash;
    expect(bytesToHex(await refhash(label, hex(value), suite.hash))).toBe(out);
  });

  test('ExpandWithLabel, DeriveSecret, DeriveTreeSecret', async () => {
    const { expand_with_label: expand, derive_secret: derive, derive_tree_secret: tree } = vector;
    const expanded = await expandWithLabel(
      hex(expand.secret),
      expand.label,
      hex(expand.context),
      expand.length,
      suite.kdf,
    );
    expect(bytesToHex(expanded)).toBe(expand.out);
    expect(bytesToHex(await deriveSecret(hex(derive.secret), derive.label, suite.kdf))).toBe(derive.out);
    const derived = await deriveTreeSecret(
      hex(tree.secret),
      tree.label,
      tree.generation,
      tree.length,
      suite.kdf,
    );
    expect(bytesToHex(derived)).toBe(tree.out);
  });

  test('SignWithLabel', async () => {
    const { label, content, priv, pub, signature } = vector.sign_with_label;
    const verify = (sig: Uint8Array) => verifyWithLabel(key(pub), label, hex(content), sig, suite.signature);
    expect(await verify(hex(signature))).toBe(true);
    expect(await verify(await signWithLabel(key(priv), label, hex(content), suite.signature))).toBe(true);
    const damaged = hex(signature);
    damaged[7] = (damaged[7] ?? 0) ^ 1;
    expect(await verify(damaged)).toBe(false);
  });

  test('EncryptWithLabel', async () => {
    const { label, context, priv, pub, kem_output: enc, ciphertext, plaintext } = vector.encrypt_with_label;
    const { hpke } = suite;
    const privateKey = await hpke.importPrivateKey(key(priv));
    const open = (kem: Uint8Array, ct: Uint8Array) =>
      decryptWithLabel(privateKey, label, hex(context), kem, ct, hpke);
    expect(bytesToHex(await open(hex(enc), hex(ciphertext)))).toBe(plaintext);
    const sealed = await encryptWithLabel(
      await hpke.importPublicKey(key(pub)),
      label,
      hex(context),
      hex(plaintext),
      hpke,
    );
    expect(bytesToHex(await open(sealed.enc, sealed.ct))).toBe(plaintext);
  });
});

describe('key-schedule', () => {
  test.each([0, 1])('epoch %i', async (number) => {
    const epoch = schedule.case.epochs[number];
    const before =
      number === 0 ? schedule.case.initial_init_secret : schedule.case.epochs[number - 1]?.init_secret;
    if (epoch === undefined || before === undefined) throw new Error('an epoch of the file');
    const context = decodeGroupContext(hex(epoch.group_context), 0)?.[0];
    if (context === undefined) throw new Error('a group context');
    expect(encodeGroupContext(context)).toEqual(hex(epoch.group_context));
    expect(context.treeHash).toEqual(hex(epoch.tree_hash));
    const made = await initializeEpoch(
      hex(before),
      hex(epoch.commit_secret),
      context,
      hex(epoch.psk_secret),
      suite.kdf,
    );
    const { keySchedule } = made;
    const external = await suite.hpke.deriveKeyPair(keySchedule.externalSecret);
    const actual = {
      joiner_secret: made.joinerSecret,
      welcome_secret: made.welcomeSecret,
      encryption_secret: made.encryptionSecret,
      init_secret: keySchedule.initSecret,
      sender_data_secret: keySchedule.senderDataSecret,
      exporter_secret: keySchedule.exporterSecret,
      epoch_authenticator: keySchedule.epochAuthenticator,
      external_secret: keySchedule.externalSecret,
      confirmation_key: keySchedule.confirmationKey,
      membership_key: keySchedule.membershipKey,
      resumption_psk: keySchedule.resumptionPsk,
      external_pub: await suite.hpke.exportPublicKey(external.publicKey),
    };
    for (const [name, bytes] of Object.entries(actual)) {
      const expected: unknown = Object.entries(epoch).find(([known]) => known === name)?.[1];
      expect(bytesToHex(bytes).toUpperCase(), name).toBe(expected);
    }
  });
});
