/** RFC 9420 trees that other implementations made (cipher suite 1), read by the library as it is patched here. */
import { describe, expect, test } from 'vitest';
import { validateRatchetTree } from 'ts-mls/clientState.js';
import { applyUpdatePathSecret } from 'ts-mls/createCommit.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import { defaultKeyRetentionConfig } from 'ts-mls/keyRetentionConfig.js';
import { defaultLifetimeConfig } from 'ts-mls/lifetimeConfig.js';
import { verifyParentHashes } from 'ts-mls/parentHash.js';
import { getCommitSecret, pathToRoot } from 'ts-mls/pathSecrets.js';
import { mergePrivateKeyPaths, toPrivateKeyPath } from 'ts-mls/privateKeyPath.js';
import { decodeProposal } from 'ts-mls/proposal.js';
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  resolution,
  type RatchetTree,
} from 'ts-mls/ratchetTree.js';
import { createSecretTree, ratchetToGeneration } from 'ts-mls/secretTree.js';
import { expandSenderDataKey, expandSenderDataNonce, type ReuseGuard } from 'ts-mls/sender.js';
import { treeHash, treeHashRoot } from 'ts-mls/treeHash.js';
import { leafToNodeIndex, toLeafIndex, toNodeIndex } from 'ts-mls/treemath.js';
import { applyUpdatePath, decodeUpdatePath } from 'ts-mls/updatePath.js';
import { createSuite, SUITE } from '../../../src/crypto/mls/suite';
import { seededRandom } from '../../../src/crypto/random';
import { bytesToHex } from '../../../src/lib/bytes';
import operations from '../../vectors/mls-tree-operations.json';
import secretTrees from '../../vectors/mls-secret-tree.json';
import treekem from '../../vectors/mls-treekem.json';
import validation from '../../vectors/mls-tree-validation.json';
import { hex } from './vectorBytes';

const suite = await createSuite(seededRandom('tree vectors'));

const treeOf = (text: string): RatchetTree => {
  const decoded = decodeRatchetTree(hex(text), 0);
  if (decoded === undefined) throw new Error('a ratchet tree');
  return decoded[0];
};

const everybody = { validateCredential: () => Promise.resolve(true) };
const lifetimes = { ...defaultLifetimeConfig, validateLifetimeOnReceive: false };

const contextOf = (fields: Partial<GroupContext>): GroupContext => ({
  version: 'mls10',
  cipherSuite: SUITE,
  groupId: new Uint8Array(),
  epoch: 0n,
  treeHash: new Uint8Array(),
  confirmedTranscriptHash: new Uint8Array(),
  extensions: [],
  ...fields,
});

const damagedAt = (text: string, at: number): string => {
  const bytes = new Uint8Array(hex(text));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytesToHex(bytes);
};

describe('tree-validation', () => {
  // The signatures of this file hold under no label of RFC 9420 §5.1.2; those of the treekem file do (below).
  test.each(validation.cases)('hashes, resolutions and parent hashes hold (case %#)', async (vector) => {
    const tree = treeOf(vector.tree);
    expect(bytesToHex(encodeRatchetTree(tree))).toBe(vector.tree);
    for (const [at, expected] of vector.tree_hashes.entries()) {
      expect(bytesToHex(await treeHash(tree, toNodeIndex(at), suite.hash)), `node ${at}`).toBe(expected);
      expect(resolution(tree, toNodeIndex(at)), `node ${at}`).toEqual(vector.resolutions[at]);
    }
    expect(await verifyParentHashes(tree, suite.hash)).toBe(true);
  });
});

describe('tree-operations', () => {
  test('an add is laid down where RFC 9420 §7.7 has it', async () => {
    const vector = operations.case;
    const before = treeOf(vector.tree_before);
    expect(bytesToHex(await treeHashRoot(before, suite.hash))).toBe(vector.tree_hash_before);
    const proposal = decodeProposal(hex(vector.proposal), 0)?.[0];
    if (proposal?.proposalType !== 'add') throw new Error('an add');
    const [after] = addLeafNode(before, proposal.add.keyPackage.leafNode);
    expect(bytesToHex(encodeRatchetTree(after))).toBe(vector.tree_after);
    expect(bytesToHex(await treeHashRoot(after, suite.hash))).toBe(vector.tree_hash_after);
  });
});

describe('treekem', () => {
  const vector = treekem.case;
  const before = treeOf(vector.ratchet_tree);
  const base = {
    epoch: BigInt(vector.epoch),
    groupId: hex(vector.group_id),
    confirmedTranscriptHash: hex(vector.confirmed_transcript_hash),
  };

  const judge = (text: string, groupId: string, hash: string) => {
    const context = contextOf({ groupId: hex(groupId), treeHash: hex(hash) });
    return validateRatchetTree(treeOf(text), context, lifetimes, everybody, hex(hash), suite);
  };
  const rootHash = async () => bytesToHex(await treeHashRoot(before, suite.hash));

  test('the tree is accepted, with its signatures', async () => {
    expect(await judge(vector.ratchet_tree, vector.group_id, await rootHash())).toBeUndefined();
  });

  test('with any of its bytes changed it is refused', async () => {
    const hash = await rootHash();
    for (let at = 2; at < vector.ratchet_tree.length / 2; at += 5) {
      const verdict = await (async () =>
        judge(damagedAt(vector.ratchet_tree, at), vector.group_id, hash))().catch((error: unknown) => error);
      expect(verdict, `byte ${at}`).toBeInstanceOf(Error);
    }
  });

  test('in another group its signed leaves are refused', async () => {
    expect(await judge(vector.ratchet_tree, 'ff', await rootHash())).toBeInstanceOf(Error);
  });

  const keysOf = async (leaf: (typeof vector.leaves_private)[number]) => {
    const secrets = Object.fromEntries(
      leaf.path_secrets.map(({ node, path_secret }) => [node, hex(path_secret)]),
    );
    const own = {
      leafIndex: leaf.index,
      privateKeys: { [leafToNodeIndex(toLeafIndex(leaf.index))]: hex(leaf.encryption_priv) },
    };
    return mergePrivateKeyPaths(await toPrivateKeyPath(secrets, leaf.index, suite), own);
  };

  test.each(vector.leaves_private)('keys of leaf $index belong to the tree', async (leaf) => {
    const { privateKeys } = await keysOf(leaf);
    for (const [at, secret] of Object.entries(privateKeys)) {
      const node = before[Number(at)];
      if (node === undefined) throw new Error(`node ${at}`);
      const publicKey = node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey;
      const sealed = await suite.hpke.seal(
        await suite.hpke.importPublicKey(publicKey),
        hex('00'),
        new Uint8Array(),
      );
      const key = await suite.hpke.importPrivateKey(secret);
      expect(bytesToHex(await suite.hpke.open(key, sealed.enc, sealed.ct, new Uint8Array()))).toBe('00');
    }
  });

  test.each(vector.update_paths)('the path of sender $sender gives everybody its secrets', async (update) => {
    const path = decodeUpdatePath(hex(update.update_path), 0)?.[0];
    if (path === undefined) throw new Error('an update path');
    const sender = toLeafIndex(update.sender);
    const after = await applyUpdatePath(before, sender, path, suite.hash);
    const hash = await treeHashRoot(after, suite.hash);
    expect(bytesToHex(hash)).toBe(update.tree_hash_after);
    const context = contextOf({ ...base, treeHash: hash });
    for (const leaf of vector.leaves_private) {
      if (leaf.index === update.sender) continue;
      const { nodeIndex, pathSecret } = await applyUpdatePathSecret(
        before,
        await keysOf(leaf),
        sender,
        context,
        path,
        [],
        suite,
      );
      expect(bytesToHex(pathSecret)).toBe(update.path_secrets[leaf.index]);
      const secrets = await pathToRoot(after, toNodeIndex(nodeIndex), pathSecret, suite.kdf);
      const root = Math.max(...Object.keys(secrets).map(Number));
      const last = secrets[root];
      if (last === undefined) throw new Error('a path secret at the root');
      const commit = await getCommitSecret(after, toNodeIndex(root), last, suite.kdf);
      expect(bytesToHex(commit)).toBe(update.commit_secret);
    }
  });
});

describe('secret-tree', () => {
  test.each(secretTrees.cases)(
    'key and nonce of the sender data (case %#)',
    async ({ sender_data: data }) => {
      const [secret, ciphertext] = [hex(data.sender_data_secret), hex(data.ciphertext)];
      expect(bytesToHex(await expandSenderDataKey(suite, secret, ciphertext))).toBe(data.key);
      expect(bytesToHex(await expandSenderDataNonce(suite, secret, ciphertext))).toBe(data.nonce);
    },
  );

  test.each(secretTrees.cases)(
    'keys and nonces of each leaf, also of generation 15 (case %#)',
    async (vector) => {
      const tree = await createSecretTree(vector.leaf_count, hex(vector.encryption_secret), suite.kdf);
      const noGuard = new Uint8Array(4) as ReuseGuard;
      const steps = { ...defaultKeyRetentionConfig, maximumForwardRatchetSteps: 15 };
      for (const [leafIndex, generations] of vector.leaves.entries()) {
        for (const expected of generations) {
          const { generation } = expected;
          const consume = (type: 'application' | 'commit') =>
            ratchetToGeneration(tree, { leafIndex, generation, reuseGuard: noGuard }, type, steps, suite);
          const [application, handshake] = [await consume('application'), await consume('commit')];
          expect({
            generation,
            application_key: bytesToHex(application.key),
            application_nonce: bytesToHex(application.nonce),
            handshake_key: bytesToHex(handshake.key),
            handshake_nonce: bytesToHex(handshake.nonce),
          }).toEqual(expected);
        }
      }
    },
  );
});
