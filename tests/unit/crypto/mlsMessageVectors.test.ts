/** RFC 9420 messages that another implementation made (cipher suite 1), read by the library as it is patched here. */
import { describe, expect, test } from 'vitest';
import { decodeMlsMessage, encodeMlsMessage } from 'ts-mls';
import { joinGroup } from 'ts-mls/clientState.js';
import { defaultClientConfig } from 'ts-mls/clientConfig.js';
import { decodeCommit, encodeCommit } from 'ts-mls/commit.js';
import { decodeAuthenticatedContent } from 'ts-mls/authenticatedContent.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import {
  decodeGroupInfo,
  extractWelcomeSecret,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
} from 'ts-mls/groupInfo.js';
import { decodeGroupSecrets, encodeGroupSecrets } from 'ts-mls/groupSecrets.js';
import { acceptAll } from 'ts-mls/incomingMessageAction.js';
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js';
import { defaultKeyRetentionConfig } from 'ts-mls/keyRetentionConfig.js';
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js';
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js';
import { processPublicMessage } from 'ts-mls/processMessages.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import { decodeRatchetTree } from 'ts-mls/ratchetTree.js';
import { decodeRemove, encodeRemove } from 'ts-mls/proposal.js';
import { createSecretTree } from 'ts-mls/secretTree.js';
import { createConfirmedHash, createInterimHash } from 'ts-mls/transcriptHash.js';
import { decryptGroupSecrets } from 'ts-mls/welcome.js';
import { createSuite } from '../../../src/crypto/mls/suite';
import { seededRandom } from '../../../src/crypto/random';
import { bytesToHex } from '../../../src/lib/bytes';
import messages from '../../vectors/mls-messages.json';
import passive from '../../vectors/mls-passive-client.json';
import protection from '../../vectors/mls-message-protection.json';
import transcript from '../../vectors/mls-transcript-hashes.json';
import welcome from '../../vectors/mls-welcome.json';
import { hex } from './vectorBytes';

const suite = await createSuite(seededRandom('message vectors'));
const messageOf = (text: string): NonNullable<ReturnType<typeof decodeMlsMessage>>[0] => {
  const decoded = decodeMlsMessage(hex(text), 0);
  if (decoded === undefined) throw new Error('a message');
  return decoded[0];
};

describe('transcript-hashes', () => {
  test('confirmed and interim hash after a commit, and its confirmation tag', async () => {
    const vector = transcript.case;
    const decoded = decodeAuthenticatedContent(hex(vector.authenticated_content), 0)?.[0];
    if (decoded?.content.contentType !== 'commit' || decoded.auth.contentType !== 'commit')
      throw new Error('a commit');
    const { wireformat, content, auth } = decoded;
    const confirmed = await createConfirmedHash(
      hex(vector.interim_transcript_hash_before),
      { wireformat, content: content, signature: auth.signature },
      suite.hash,
    );
    expect(bytesToHex(confirmed)).toBe(vector.confirmed_transcript_hash_after);
    const tag = await suite.hash.mac(hex(vector.confirmation_key), confirmed);
    expect(bytesToHex(auth.confirmationTag)).toBe(bytesToHex(tag));
    const interim = await createInterimHash(confirmed, auth.confirmationTag, suite.hash);
    expect(bytesToHex(interim)).toBe(vector.interim_transcript_hash_after);
  });
});

describe('message-protection', () => {
  const vector = protection.case;
  const context: GroupContext = {
    version: 'mls10',
    cipherSuite: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
    groupId: hex(vector.group_id),
    epoch: BigInt(vector.epoch),
    treeHash: hex(vector.tree_hash),
    confirmedTranscriptHash: hex(vector.confirmed_transcript_hash),
    extensions: [],
  };
  const openPrivate = async (text: string) => {
    const message = messageOf(text);
    if (message.wireformat !== 'mls_private_message') throw new Error('a private message');
    const tree = await createSecretTree(2, hex(vector.encryption_secret), suite.kdf);
    return unprotectPrivateMessage(
      hex(vector.sender_data_secret),
      message.privateMessage,
      tree,
      [],
      context,
      defaultKeyRetentionConfig,
      suite,
      hex(vector.signature_pub),
    );
  };
  const openPublic = async (text: string) => {
    const message = messageOf(text);
    if (message.wireformat !== 'mls_public_message') throw new Error('a public message');
    return unprotectPublicMessage(
      hex(vector.membership_key),
      context,
      [],
      message.publicMessage,
      suite,
      hex(vector.signature_pub),
    );
  };

  test('an application message opens', async () => {
    const { content } = (await openPrivate(vector.application_priv)).content;
    if (content.contentType !== 'application') throw new Error('an application message');
    expect(bytesToHex(content.applicationData)).toBe(vector.application);
  });

  test.each(['proposal_priv', 'proposal_pub'] as const)('%s opens', async (name) => {
    const opened =
      name === 'proposal_priv' ? (await openPrivate(vector[name])).content : await openPublic(vector[name]);
    expect(opened.content).toMatchObject({
      contentType: 'proposal',
      proposal: { proposalType: 'remove', remove: { removed: 2 } },
    });
  });

  test.each(['commit_priv', 'commit_pub'] as const)('%s opens', async (name) => {
    const opened =
      name === 'commit_priv' ? (await openPrivate(vector[name])).content : await openPublic(vector[name]);
    expect(opened.content).toMatchObject({
      contentType: 'commit',
      commit: { proposals: [{ proposal: { proposalType: 'group_context_extensions' } }], path: undefined },
    });
  });

  test.each(['application_priv', 'proposal_priv', 'commit_priv', 'proposal_pub', 'commit_pub'] as const)(
    '%s with any byte of its last 60 changed does not open',
    async (name) => {
      const whole = hex(vector[name]);
      for (let at = whole.length - 60; at < whole.length; at += 7) {
        const damaged = new Uint8Array(whole);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        const text = bytesToHex(damaged);
        const open = name.endsWith('priv') ? openPrivate : openPublic;
        await expect((async () => open(text))(), `byte ${at}`).rejects.toThrow();
      }
    },
  );
});

describe('welcome', () => {
  test('opens with its key package, and its signature and confirmation tag hold', async () => {
    const vector = welcome.case;
    const [packageMessage, message] = [messageOf(vector.key_package), messageOf(vector.welcome)];
    if (packageMessage.wireformat !== 'mls_key_package') throw new Error('a key package');
    if (message.wireformat !== 'mls_welcome') throw new Error('a welcome');
    const ref = await makeKeyPackageRef(packageMessage.keyPackage, suite.hash);
    expect(message.welcome.secrets.map(({ newMember }) => bytesToHex(newMember))).toContain(bytesToHex(ref));
    const key = await suite.hpke.importPrivateKey(hex(vector.init_priv));
    const secrets = await decryptGroupSecrets(key, ref, message.welcome, suite.hpke);
    if (secrets === undefined) throw new Error('group secrets');
    const noPsk = new Uint8Array(suite.kdf.size);
    // Key and nonce of the group info had no label yet when this file was written (RFC 9420 §12.4.3.1 has).
    const secret = await extractWelcomeSecret(secrets.joinerSecret, noPsk, suite.kdf);
    const [groupKey, nonce] = await Promise.all(
      [['key', 16] as const, ['nonce', 12] as const].map(([name, length]) =>
        suite.kdf.expand(secret, new TextEncoder().encode(name), length),
      ),
    );
    if (groupKey === undefined || nonce === undefined) throw new Error('a key and a nonce');
    const plain = await suite.hpke.decryptAead(
      groupKey,
      nonce,
      undefined,
      message.welcome.encryptedGroupInfo,
    );
    const info = decodeGroupInfo(plain, 0)?.[0];
    if (info === undefined) throw new Error('a group info');
    expect(await verifyGroupInfoSignature(info, hex(vector.signer_pub), suite.signature)).toBe(true);
    expect(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite)).toBe(true);
  });
});

describe('messages', () => {
  const vector = messages.case;

  test.each(['mls_welcome', 'mls_group_info', 'mls_key_package', 'public_message_commit'] as const)(
    '%s is read and written as it came',
    (name) => {
      expect(bytesToHex(encodeMlsMessage(messageOf(vector[name])))).toBe(vector[name]);
    },
  );

  test.each([
    ['group_secrets', decodeGroupSecrets, encodeGroupSecrets],
    ['remove_proposal', decodeRemove, encodeRemove],
    ['commit', decodeCommit, encodeCommit],
  ] as const)('%s is read and written as it came', (name, decode, encode) => {
    const decoded = decode(hex(vector[name]), 0);
    if (decoded === undefined) throw new Error(name);
    expect(decoded[1]).toBe(vector[name].length / 2);
    expect(bytesToHex((encode as (value: unknown) => Uint8Array)(decoded[0]))).toBe(vector[name]);
  });
});

test('a ratchet tree that ends in a blank node is refused (RFC 9420 §12.4.3.3; the file predates it)', () => {
  expect(() => decodeRatchetTree(hex(messages.case.ratchet_tree), 0)).toThrow('must be non-blank');
});

describe('passive-client', () => {
  test('joins by a Welcome and follows the commits of another implementation', async () => {
    const vector = passive.case;
    const [packageMessage, message] = [messageOf(vector.key_package), messageOf(vector.welcome)];
    if (packageMessage.wireformat !== 'mls_key_package') throw new Error('a key package');
    if (message.wireformat !== 'mls_welcome') throw new Error('a welcome');
    const keys = {
      initPrivateKey: hex(vector.init_priv),
      hpkePrivateKey: hex(vector.encryption_priv),
      signaturePrivateKey: hex(vector.signature_priv).subarray(0, 32),
    };
    const psk = { findPsk: () => hex(vector.external_psks[0]?.psk ?? '') };
    let state = await joinGroup(
      message.welcome,
      packageMessage.keyPackage,
      keys,
      psk,
      suite,
      undefined,
      undefined,
      defaultClientConfig,
    );
    expect(bytesToHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
    for (const { commit, epoch_authenticator } of vector.epochs) {
      const received = messageOf(commit);
      if (received.wireformat !== 'mls_public_message') throw new Error('a public message');
      state = (await processPublicMessage(state, received.publicMessage, emptyPskIndex, suite, acceptAll))
        .newState;
      expect(bytesToHex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator);
    }
  });
});
