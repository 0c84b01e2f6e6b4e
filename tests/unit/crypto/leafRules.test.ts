import { describe, expect, test } from 'vitest';
import { x25519 } from '@noble/curves/ed25519.js';
import {
  deviceOf,
  faultOfLeaf,
  faultOfTree,
  ownCapabilities,
  rulesetsOf,
} from '../../../src/crypto/mls/leafRules';
import { shapeOfProposals } from '../../../src/crypto/mls/commitRules';
import type { LeafNode, RatchetTree } from '../../../src/crypto/mls/library';
import { isUsableX25519PublicKey } from '../../../src/crypto/mls/x25519PublicKey';
import { bytesToHex, hexToBytes } from '../../../src/lib/bytes';
import { createGroupFixture, groupOf } from './groupFixture';
import { libraryStateOf } from './hostileMember';

describe('isUsableX25519PublicKey', () => {
  /** RFC 7748 §6.1 and its errata: every 32-byte string that means a point of small order. */
  const smallOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];

  test.each(smallOrder)('%s is of small order and refused, with the top bit as well', (hex) => {
    const key = hexToBytes(hex) ?? new Uint8Array(0);
    expect(() => x25519.getSharedSecret(new Uint8Array(32).fill(7), key)).toThrow();
    expect(isUsableX25519PublicKey(key)).toBe(false);
    key[31] = (key[31] ?? 0) | 128;
    expect(isUsableX25519PublicKey(key)).toBe(false);
  });

  test('honest keys are usable; other encodings of the same point are not', () => {
    for (let i = 1; i < 50; i++) {
      const key = x25519.getPublicKey(new Uint8Array(32).fill(i));
      expect(isUsableX25519PublicKey(key), bytesToHex(key)).toBe(true);
      const twin = key.slice();
      twin[31] = (twin[31] ?? 0) | 128;
      expect(isUsableX25519PublicKey(twin)).toBe(false);
    }
    const nine = new Uint8Array(32);
    nine[0] = 9;
    expect(isUsableX25519PublicKey(nine)).toBe(true);
    // p + 9 is another encoding of 9.
    const alias = hexToBytes('f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f') ?? nine;
    expect(isUsableX25519PublicKey(alias)).toBe(false);
    expect(isUsableX25519PublicKey(new Uint8Array(31))).toBe(false);
  });
});

describe('faultOfTree (SPEC: G3)', async () => {
  const fixture = createGroupFixture('tree');
  const { devices, states } = await groupOf(fixture, 4);
  const [device, state] = [devices[1], states[1]];
  if (device === undefined || state === undefined) throw new Error('four members');
  const committed = await fixture.crypto.commit(state, device.self, { authenticatedData: new Uint8Array(0) });
  if (!committed.ok) throw new Error('a renewal');
  const tree = libraryStateOf(fixture.crypto, device, committed.value.pending).ratchetTree;

  test('an honest tree has none', () => {
    expect(faultOfTree(tree)).toBeUndefined();
    expect(tree.filter((node) => node?.nodeType === 'parent').length).toBe(2);
  });

  test('a parent nobody can encrypt to, or with a leaf’s key', () => {
    expect(faultOfTree(withParentKey(new Uint8Array(32)))).toBe('encryption key of a parent');
    expect(faultOfTree(withParentKey(leafOf(2).hpkePublicKey))).toBe('encryption key used twice');
  });

  test('a signature key twice', () => {
    const forged = tree.slice();
    forged[4] = {
      nodeType: 'leaf',
      leaf: { ...leafOf(2), signaturePublicKey: leafOf(1).signaturePublicKey },
    };
    expect(faultOfTree(forged)).toBe('signature key used twice');
  });

  test('leaves by themselves', () => {
    const leaf = leafOf(0);
    expect(faultOfLeaf(leaf)).toBeUndefined();
    expect(faultOfLeaf({ ...leaf, signaturePublicKey: new Uint8Array(32) })).toBe('signature key');
    expect(deviceOf({ ...leaf, credential: { credentialType: 'x509', certificates: [] } })).toBeUndefined();
    const capabilities = { ...ownCapabilities([1]), extensions: [] };
    expect(faultOfLeaf({ ...leaf, capabilities })).toBe('capabilities do not cover the group');
  });

  function leafOf(index: number): LeafNode {
    const node = tree[2 * index];
    if (node?.nodeType !== 'leaf') throw new Error('a leaf');
    return node.leaf;
  }

  function withParentKey(hpkePublicKey: Uint8Array): RatchetTree {
    const forged = tree.slice();
    const root = forged[3];
    if (root?.nodeType !== 'parent') throw new Error('the root was renewed');
    forged[3] = { nodeType: 'parent', parent: { ...root.parent, hpkePublicKey } };
    return forged;
  }
});

test('capabilities name rulesets and nothing else as rulesets', () => {
  expect(rulesetsOf(ownCapabilities([3, 1]))).toEqual([1, 3]);
  expect(rulesetsOf({ ...ownCapabilities([]), extensions: [0xf0ff, 0xf0de, 0xf200, 10] })).toEqual([]);
});

test('an update proposal is not a renewal here: only a path is', async () => {
  const fixture = createGroupFixture('update');
  const { devices, states } = await groupOf(fixture, 2);
  const [device, state] = [devices[0], states[0]];
  if (device === undefined || state === undefined) throw new Error('two members');
  const node = libraryStateOf(fixture.crypto, device, state).ratchetTree[0];
  if (node?.nodeType !== 'leaf') throw new Error('a leaf');
  const leafNode = { ...node.leaf, leafNodeSource: 'update' as const, extensions: [] };
  const shaped = shapeOfProposals([
    { proposal: { proposalType: 'update', update: { leafNode } }, senderLeafIndex: 1 },
  ]);
  expect(shaped).toEqual({ fault: 'proposal update is not used' });
});
