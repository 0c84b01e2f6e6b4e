/**
 * One test per mend of .ci/.ci/patches/ts-mls+1.6.4.patch, against the library itself. Each fails when its mend
 * (marked `depesche n` in the patch) is taken out.
 */
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import {
  createCommit,
  createGroup,
  defaultLifetime,
  emptyPskIndex,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  makePskIndex,
  bytesToBase64,
  processMessage,
  type CiphersuiteImpl,
  type ClientState,
  type KeyPackage,
  type Lifetime,
  type MLSMessage,
  type PrivateKeyPackage,
  type Proposal,
} from 'ts-mls';
import { defaultClientConfig } from 'ts-mls/clientConfig.js';
import { nextEpochContext, validateRatchetTree } from 'ts-mls/clientState.js';
import { initializeEpoch } from 'ts-mls/keySchedule.js';
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js';
import { verifyParentHashes } from 'ts-mls/parentHash.js';
import { treeHashRoot } from 'ts-mls/treeHash.js';
import { bytesOf } from './groupFixture';

const CONTEXT = 0xf0de;
const suite = await getCiphersuiteImpl(
  getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'),
);

interface Client {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

let names = 0;
function client(lifetime: Lifetime = defaultLifetime): Promise<Client> {
  return generateKeyPackage(
    { credentialType: 'basic', identity: bytesOf(`client ${names++}`) },
    {
      versions: ['mls10'],
      ciphersuites: ['MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'],
      extensions: [CONTEXT],
      proposals: [],
      credentials: ['basic'],
    },
    lifetime,
    [],
    suite,
  );
}

const addOf = ({ publicPackage }: Client): Proposal => ({
  proposalType: 'add',
  add: { keyPackage: publicPackage },
});
const removeOf = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } });
const contextOf = (text: string): Proposal => ({
  proposalType: 'group_context_extensions',
  groupContextExtensions: { extensions: [{ extensionType: CONTEXT, extensionData: bytesOf(text) }] },
});

/** All states of a group, by leaf; every step is taken by all. */
class Group {
  readonly states = new Map<number, ClientState>();

  static async of(count: number): Promise<Group> {
    const group = new Group();
    const founder = await client();
    group.states.set(
      0,
      await createGroup(bytesOf('group'), founder.publicPackage, founder.privatePackage, [], suite),
    );
    if (count > 1) await group.add(0, await Promise.all(Array.from({ length: count - 1 }, () => client())));
    return group;
  }

  at(leaf: number): ClientState {
    const state = this.states.get(leaf);
    if (state === undefined) throw new Error(`nobody at leaf ${leaf}`);
    return state;
  }

  async commit(by: number, extraProposals: Proposal[]) {
    const before = this.at(by);
    const made = await createCommit(
      { state: before, cipherSuite: suite, pskIndex: emptyPskIndex },
      { extraProposals, ratchetTreeExtension: true },
    );
    for (const [leaf, state] of this.states) {
      if (leaf === by) continue;
      const next = await receive(state, made.commit);
      if (next.groupActiveState.kind === 'removedFromGroup') this.states.delete(leaf);
      else this.states.set(leaf, next);
    }
    this.states.set(by, made.newState);
    return made;
  }

  async add(by: number, clients: readonly Client[]): Promise<number[]> {
    const { welcome } = await this.commit(by, clients.map(addOf));
    if (welcome === undefined) throw new Error('an add has a welcome');
    const leaves: number[] = [];
    for (const { publicPackage, privatePackage } of clients) {
      const state = await joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite);
      leaves.push(state.privatePath.leafIndex);
      this.states.set(state.privatePath.leafIndex, state);
    }
    return leaves;
  }

  authenticators(): Set<string> {
    return new Set(
      [...this.states.values()].map(({ keySchedule }) => bytesToBase64(keySchedule.epochAuthenticator)),
    );
  }
}

async function receive(state: ClientState, message: MLSMessage, psks = emptyPskIndex): Promise<ClientState> {
  if (message.wireformat !== 'mls_private_message') throw new Error('commits are private messages');
  return (await processMessage(message, state, psks, () => 'accept', suite)).newState;
}

describe('depesche 1: trees whose parents list different unmerged leaves', () => {
  /** Leaves 1 and 5 are new below node 3 and node 11; the root, node 7, lists both. */
  async function groupWithUnmergedLeaves(): Promise<Group> {
    const group = await Group.of(8);
    await group.commit(0, [removeOf(1), removeOf(5)]);
    await group.commit(4, []);
    await group.add(0, await Promise.all([client(), client()]));
    return group;
  }

  test('are valid and can be joined', async () => {
    const group = await groupWithUnmergedLeaves();
    expect(unmergedAt(group.at(1), 3)).toEqual([1]);
    expect(unmergedAt(group.at(1), 7)).toEqual([1, 5]);
    expect(group.authenticators().size).toBe(1);
  });

  test('a parent on the way up that does not list the leaf is still refused', async () => {
    const { ratchetTree, groupContext } = (await groupWithUnmergedLeaves()).at(0);
    const node = ratchetTree[3];
    if (node?.nodeType !== 'parent') throw new Error('node 3 is a parent');
    const forged = ratchetTree.slice();
    forged[3] = { nodeType: 'parent', parent: { ...node.parent, unmergedLeaves: [] } };
    expect((await validate(forged, groupContext))?.message).toContain('must list leaf node');
  });

  test('an unmerged leaf that is blank, or not below the parent, is refused', async () => {
    const { ratchetTree, groupContext } = (await groupWithUnmergedLeaves()).at(0);
    const node = ratchetTree[3];
    if (node?.nodeType !== 'parent') throw new Error('node 3 is a parent');
    const forged = ratchetTree.slice();
    forged[3] = { nodeType: 'parent', parent: { ...node.parent, unmergedLeaves: [1, 5] } };
    expect((await validate(forged, groupContext))?.message).toContain('non-blank descendant');
  });

  function validate(tree: ClientState['ratchetTree'], context: ClientState['groupContext']) {
    const { lifetimeConfig, authService } = defaultClientConfig;
    return validateRatchetTree(tree, context, lifetimeConfig, authService, context.treeHash, suite);
  }

  function unmergedAt(state: ClientState, node: number): number[] | undefined {
    const parent = state.ratchetTree[node];
    return parent?.nodeType === 'parent' ? parent.parent.unmergedLeaves : undefined;
  }
});

test('depesche 2: a change of the group context renews the committer (RFC 9420 §17.4, path required)', async () => {
  const group = await Group.of(3);
  const before = leafKey(group.at(0), 0);
  const made = await createCommit(
    { state: group.at(0), cipherSuite: suite, pskIndex: emptyPskIndex },
    { extraProposals: [contextOf('new')] },
  );
  expect(leafKey(made.newState, 0)).not.toEqual(before);
});

test('depesche 3: everyone can follow a change of the group context with a path', async () => {
  const group = await Group.of(5);
  await group.commit(2, [contextOf('new')]);
  expect(group.authenticators().size).toBe(1);
  expect(group.at(4).groupContext.extensions[0]?.extensionData).toEqual(bytesOf('new'));
});

test('depesche 4: processMessage passes pre-shared keys on for private commits', async () => {
  const group = await Group.of(2);
  const psks = makePskIndex(undefined, { [bytesToBase64(bytesOf('id'))]: bytesOf('shared') });
  const proposal: Proposal = {
    proposalType: 'psk',
    psk: { preSharedKeyId: { psktype: 'external', pskId: bytesOf('id'), pskNonce: new Uint8Array(32) } },
  };
  const made = await createCommit(
    { state: group.at(0), cipherSuite: suite, pskIndex: psks },
    { extraProposals: [proposal] },
  );
  const next = await receive(group.at(1), made.commit, psks);
  expect(next.keySchedule.epochAuthenticator).toEqual(made.newState.keySchedule.epochAuthenticator);
});

test('depesche 5: an external join with resync and no former leaf ends', async () => {
  const worker = new Worker(new URL('./externalResync.worker.mjs', import.meta.url));
  const epoch = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('still looking for leaf -1')), 8_000);
    worker.once('error', reject);
    worker.once('message', (message) => {
      clearTimeout(late);
      resolve(message);
    });
  }).finally(() => worker.terminate());
  expect(epoch).toBe(1);
}, 10_000);

test('depesche 6: removed by a commit whose add takes the same slot is removed', async () => {
  const group = await Group.of(3);
  const victim = group.at(2);
  const newcomer = await client();
  const { newState, commit } = await group.commit(0, [removeOf(2), addOf(newcomer)]);
  expect(leafKey(newState, 2)).toEqual(newcomer.publicPackage.leafNode.hpkePublicKey);
  expect((await receive(victim, commit)).groupActiveState.kind).toBe('removedFromGroup');
  expect(group.states.has(2)).toBe(false);
});

test('depesche 7: the adder, not the library, has the clock for lifetimes', async () => {
  const group = await Group.of(1);
  const expired = await client({ notBefore: 0n, notAfter: 1n });
  expect(await group.add(0, [expired])).toEqual([1]);
});

describe('depesche 8: who was removed cannot compute the next epoch', () => {
  test('when one member is left', async () => {
    const group = await Group.of(2);
    const removed = group.at(1);
    const { commit, newState } = await group.commit(0, [removeOf(1)]);
    expect(await guessNextEpoch(suite, removed, commit, [0])).not.toEqual(
      newState.keySchedule.epochAuthenticator,
    );
  });

  test('when the one left was not the first', async () => {
    const group = await Group.of(2);
    const removed = group.at(0);
    const { commit, newState } = await group.commit(1, [removeOf(0)]);
    expect(await guessNextEpoch(suite, removed, commit, [1])).not.toEqual(
      newState.keySchedule.epochAuthenticator,
    );
  });

  test('a lone member that renews itself leaves its old epoch behind', async () => {
    const group = await Group.of(1);
    const stolen = group.at(0);
    const { commit, newState } = await group.commit(0, []);
    expect(await guessNextEpoch(suite, stolen, commit, [0])).not.toEqual(
      newState.keySchedule.epochAuthenticator,
    );
  });

  /**
   * All that somebody with the old epoch's secrets needs if the commit secret is all zeroes: the commit
   * itself, opened with the old epoch, gives signature, new leaf and so the new group context.
   */
  async function guessNextEpoch(
    cs: CiphersuiteImpl,
    old: ClientState,
    commit: MLSMessage,
    committer: readonly [number],
  ): Promise<Uint8Array> {
    if (commit.wireformat !== 'mls_private_message') throw new Error('commits are private messages');
    const { content } = await unprotectPrivateMessage(
      old.keySchedule.senderDataSecret,
      commit.privateMessage,
      old.secretTree,
      old.ratchetTree,
      old.groupContext,
      old.clientConfig.keyRetentionConfig,
      cs,
    );
    if (content.content.contentType !== 'commit' || content.auth.contentType !== 'commit')
      throw new Error('a commit');
    const { path } = content.content.commit;
    if (path === undefined) throw new Error('a commit with a path');
    const [leaf] = committer;
    const tree: ClientState['ratchetTree'] = leaf === 0 ? [] : [undefined, undefined];
    tree[2 * leaf] = { nodeType: 'leaf', leaf: path.leafNode };
    const context = await nextEpochContext(
      old.groupContext,
      'mls_private_message',
      content.content,
      content.auth.signature,
      await treeHashRoot(tree, cs.hash),
      old.confirmationTag,
      cs.hash,
    );
    const zeroes = new Uint8Array(cs.kdf.size);
    const guess = await initializeEpoch(old.keySchedule.initSecret, zeroes, context, zeroes, cs.kdf);
    return guess.keySchedule.epochAuthenticator;
  }
});

test('depesche 9: two bad adds in one commit reject once and leave no rejection unhandled', async () => {
  const group = await Group.of(1);
  const forged = async (): Promise<Client> => {
    const made = await client();
    return { ...made, publicPackage: { ...made.publicPackage, signature: new Uint8Array(64) } };
  };
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  await expect(group.commit(0, [addOf(await forged()), addOf(await forged())])).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('depesche 10: only leaves that have a parent hash are asked for theirs', async () => {
  const group = await Group.of(8);
  await group.commit(0, []);
  let digests = 0;
  const counting = { ...suite.hash, digest: (data: Uint8Array) => (digests++, suite.hash.digest(data)) };
  expect(await verifyParentHashes(group.at(0).ratchetTree, counting)).toBe(true);
  // Three parents above leaf 0; their other halves have 1, 3 and 7 nodes.
  expect(digests).toBe(1 + 1 + (3 + 1) + (7 + 1));
});

function leafKey(state: ClientState, leaf: number): Uint8Array | undefined {
  const node = state.ratchetTree[2 * leaf];
  return node?.nodeType === 'leaf' ? node.leaf.hpkePublicKey : undefined;
}
