import { describe, expect, test } from 'vitest';
import {
  bytesToBase64,
  createProposal,
  makePskIndex,
  type Capabilities,
  type KeyPackage,
  type LeafNode,
  type Proposal,
} from 'ts-mls';
import { decodeMlsMessage, encodeMlsMessage, generateKeyPackageWithKey, type ClientState } from 'ts-mls';
import type { CommitRequest } from '../../../src/crypto/group';
import { CONTEXT_EXTENSION, ownCapabilities } from '../../../src/crypto/mls/leafRules';
import { createSuite, SUITE } from '../../../src/crypto/mls/suite';
import { seededRandom } from '../../../src/crypto/random';
import { SecretKey } from '../../../src/crypto/secretKey';
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import { bytesToHex, copyBytes, type Bytes } from '../../../src/lib/bytes';
import {
  accept,
  bytesOf,
  createGroupFixture,
  errorOf,
  groupOf,
  LIFETIME,
  NOW,
  valueOf,
  type GroupFixture,
  type TestDevice,
} from './groupFixture';
import { hostileCommit, libraryStateOf, type HostileCommit } from './hostileMember';

const NONE = new Uint8Array(0);

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}

describe('a group', () => {
  test('of three agrees, changes its context, removes one who cannot follow', async () => {
    const fixture = createGroupFixture('three');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 3);
    expect(new Set(states.map((state) => bytesToHex(crypto.epochAuthenticator(state)))).size).toBe(1);
    expect(crypto.members(at(states, 2)).map(({ device }) => device)).toEqual(
      devices.map(({ self }) => self.device),
    );
    expect(crypto.groupId(at(states, 1))).toEqual(bytesOf('group'));

    const change = await commit(fixture, devices, states, 1, { context: bytesOf('Lage 2') });
    const first = valueOf(await crypto.process(at(states, 0), change.commit, accept));
    const third = valueOf(await crypto.process(at(states, 2), change.commit, accept));
    expect(first.summary).toMatchObject({ context: bytesOf('Lage 2'), authenticatedData: bytesOf('data') });
    expect(crypto.context(third.state)).toEqual(bytesOf('Lage 2'));

    const now = [first.state, change.pending, third.state];
    const removal = await commit(fixture, devices, now, 0, { remove: [2] });
    const second = valueOf(await crypto.process(change.pending, removal.commit, accept));
    expect(second.summary.removed.map(({ leaf }) => leaf)).toEqual([2]);
    expect(errorOf(await crypto.process(third.state, removal.commit, accept))).toMatchObject({
      type: 'removed',
    });
    expect(errorOf(await crypto.process(third.state, removal.commit, () => false)).type).toBe('refused');
    expect(crypto.epochAuthenticator(second.state)).toEqual(crypto.epochAuthenticator(removal.pending));
    expect(crypto.epochAuthenticator(third.state)).not.toEqual(crypto.epochAuthenticator(removal.pending));
  });

  test('exports other secrets for other labels and epochs, the same for all members', async () => {
    const fixture = createGroupFixture('export');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const exported = async (state: (typeof states)[number], label: string) =>
      bytesToHex((await crypto.exportSecret(state, label, 32)).expose());
    const entry = await exported(at(states, 0), 'depesche/entry/1');
    expect(await exported(at(states, 1), 'depesche/entry/1')).toBe(entry);
    expect(await exported(at(states, 0), 'depesche/epoch-tag/1')).not.toBe(entry);
    const { pending } = await commit(fixture, devices, states, 0, {});
    expect(await exported(pending, 'depesche/entry/1')).not.toBe(entry);
    expect((await crypto.exportSecret(pending, 'depesche/epoch-tag/1', 8)).expose().length).toBe(8);
  });

  test('state is a value: two commits from one base, the loser drops its own and follows the winner', async () => {
    const fixture = createGroupFixture('race');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const lost = await commit(fixture, devices, states, 0, {});
    const won = await commit(fixture, devices, states, 1, {});
    const followed = valueOf(await crypto.process(at(states, 0), won.commit, accept));
    expect(crypto.epochAuthenticator(followed.state)).toEqual(crypto.epochAuthenticator(won.pending));
    expect(errorOf(await crypto.process(followed.state, lost.commit, accept))).toMatchObject({
      type: 'wrong-epoch',
      then: 'ignore',
    });
  });

  test('the same commit can be processed again from the same base; an epoch ahead asks to retry', async () => {
    const fixture = createGroupFixture('again');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const made = await commit(fixture, devices, states, 0, {});
    const once = valueOf(await crypto.process(at(states, 1), made.commit, accept));
    const twice = valueOf(await crypto.process(at(states, 1), made.commit, accept));
    expect(crypto.encode(once.state)).toEqual(crypto.encode(twice.state));
    const later = valueOf(
      await crypto.commit(made.pending, at(devices, 0).self, { authenticatedData: NONE }),
    );
    expect(errorOf(await crypto.process(at(states, 1), later.commit, accept))).toMatchObject({
      type: 'wrong-epoch',
      then: 'retry',
    });
  });

  test('pending is usable after it was stored, and wiping the base afterwards harms nobody', async () => {
    const fixture = createGroupFixture('stored');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const base = at(states, 0);
    const made = await commit(fixture, devices, states, 0, {});
    const stored = crypto.encode(made.pending);
    const adopted = valueOf(crypto.decode(stored));
    crypto.wipe(base);
    expect(crypto.epochAuthenticator(base)).toEqual(new Uint8Array(32));
    expect(crypto.encode(adopted)).toEqual(stored);
    expect(crypto.encode(made.pending)).toEqual(stored);
    const followed = valueOf(await crypto.process(at(states, 1), made.commit, accept));
    const next = valueOf(await crypto.commit(adopted, at(devices, 0).self, { authenticatedData: NONE }));
    const after = valueOf(await crypto.process(followed.state, next.commit, accept));
    expect(crypto.epochAuthenticator(after.state)).toEqual(crypto.epochAuthenticator(next.pending));
  });

  test('a stored state holds no signature secret and no past epoch', async () => {
    const fixture = createGroupFixture('kept');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    let state = at(states, 0);
    for (let i = 0; i < 5; i++) {
      state = valueOf(await crypto.commit(state, at(devices, 0).self, { authenticatedData: NONE })).pending;
    }
    const stored = bytesToHex(crypto.encode(state));
    expect(stored).not.toContain(bytesToHex(at(devices, 0).self.signatureSecret.expose()));
    for (const past of states) expect(stored).not.toContain(bytesToHex(crypto.epochAuthenticator(past)));
    expect(stored.length / 2).toBeLessThan(2_000);
    expect(JSON.stringify(state)).toBe('{}');
  });

  test('ruleset 2 is common only when every leaf lists it; a renewal lists it', async () => {
    const random = seededRandom('rulesets');
    const fixture = createGroupFixture('rulesets');
    const { devices, states } = await groupOf(fixture, 2);
    const updated = createTsMlsGroupCrypto({ now: () => NOW, random, rulesets: [1, 2] });
    expect(updated.commonRulesets(at(states, 0))).toEqual([1]);
    const first = valueOf(
      await updated.commit(at(states, 0), at(devices, 0).self, { authenticatedData: NONE }),
    );
    expect(updated.commonRulesets(first.pending)).toEqual([1]);
    const seen = valueOf(await fixture.crypto.process(at(states, 1), first.commit, accept)).state;
    const second = valueOf(await updated.commit(seen, at(devices, 1).self, { authenticatedData: NONE }));
    expect(updated.commonRulesets(second.pending)).toEqual([1, 2]);
    const back = valueOf(await fixture.crypto.process(first.pending, second.commit, accept)).state;
    expect(fixture.crypto.epochAuthenticator(back)).toEqual(updated.epochAuthenticator(second.pending));
  });
});

describe('what the caller asks for is checked', () => {
  test.each<[string, Omit<CommitRequest, 'authenticatedData'>]>([
    ['the own leaf', { remove: [0] }],
    ['a blank leaf', { remove: [7] }],
    ['a removal with a context', { remove: [1], context: bytesOf('x') }],
  ])('%s is not removed', async (_name, request) => {
    const fixture = createGroupFixture('ask');
    const { devices, states } = await groupOf(fixture, 2);
    const made = await fixture.crypto.commit(at(states, 0), at(devices, 0).self, {
      ...request,
      authenticatedData: NONE,
    });
    expect(errorOf(made)).toMatchObject({ type: 'bad-commit', then: 'stop' });
  });

  test('key packages: expired, doubled, of a member, forged, or rubbish', async () => {
    const fixture = createGroupFixture('packages');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const fresh = await fixture.device();
    const old = await crypto.createKeyPackage(fresh.self, { notBefore: NOW - 2000, notAfter: NOW - 1000 });
    const early = await crypto.createKeyPackage(fresh.self, { notBefore: NOW + 1000, notAfter: NOW + 2000 });
    const forged = fresh.keyPackage.keyPackage.slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const packages = [
      [old.keyPackage],
      [early.keyPackage],
      [fresh.keyPackage.keyPackage, fresh.keyPackage.keyPackage],
      [at(devices, 1).keyPackage.keyPackage],
      [forged],
      [NONE],
      [bytesOf('rubbish')],
    ];
    for (const [i, add] of packages.entries()) {
      const made = await crypto.commit(at(states, 0), at(devices, 0).self, { add, authenticatedData: NONE });
      expect(made.ok, `package ${i}`).toBe(false);
    }
    // An expired package is still a package: whether it may be used is the adder's decision.
    expect(valueOf(await crypto.parseKeyPackage(old.keyPackage))).toMatchObject({ notAfter: NOW - 1000 });
    expect(errorOf(await crypto.parseKeyPackage(forged))).toMatchObject({ type: 'bad-key-package' });
  });

  test('a last-resort package joins several groups', async () => {
    const fixture = createGroupFixture('last resort');
    const { crypto } = fixture;
    const founder = await fixture.device();
    const guest = await fixture.device();
    for (const name of ['a', 'b', 'c']) {
      const state = await crypto.found(founder.self, bytesOf(name), NONE);
      const add = [guest.keyPackage.keyPackage];
      const made = valueOf(await crypto.commit(state, founder.self, { add, authenticatedData: NONE }));
      const joined = valueOf(await crypto.join(guest.self, made.welcome ?? NONE, [guest.keyPackage]));
      expect(crypto.groupId(joined)).toEqual(bytesOf(name));
    }
  });

  test('welcomes: for somebody else, damaged, or with keys of another device', async () => {
    const fixture = createGroupFixture('welcomes');
    const { crypto } = fixture;
    const founder = await fixture.device();
    const [guest, other] = [await fixture.device(), await fixture.device()];
    const state = await crypto.found(founder.self, bytesOf('g'), NONE);
    const made = valueOf(
      await crypto.commit(state, founder.self, {
        add: [guest.keyPackage.keyPackage],
        authenticatedData: NONE,
      }),
    );
    const welcome = made.welcome ?? NONE;
    expect(errorOf(await crypto.join(other.self, welcome, [other.keyPackage])).type).toBe('not-for-us');
    expect(errorOf(await crypto.join(other.self, welcome, [guest.keyPackage])).type).toBe('bad-welcome');
    expect(errorOf(await crypto.join(guest.self, welcome, [])).type).toBe('not-for-us');
    const foreign = { keyPackage: guest.keyPackage.keyPackage, secret: other.keyPackage.secret };
    expect(errorOf(await crypto.join(guest.self, welcome, [foreign])).type).toBe('bad-welcome');
    const random = seededRandom('damage');
    for (let i = 0; i < 60; i++) {
      const damaged = welcome.slice();
      const [where = 0, low = 0, how = 0] = random.bytes(3);
      const byte = (where * 256 + low) % damaged.length;
      damaged[byte] = (damaged[byte] ?? 0) ^ (how | 1);
      expect((await crypto.join(guest.self, damaged, [guest.keyPackage])).ok, `byte ${byte}`).toBe(false);
    }
    expect(
      crypto.epochAuthenticator(valueOf(await crypto.join(guest.self, welcome, [guest.keyPackage]))),
    ).toEqual(crypto.epochAuthenticator(made.pending));
  });
});

describe('bytes from outside never throw', () => {
  test('every prefix and 300 damaged forms of a commit and of a state (seed "fuzz")', async () => {
    const fixture = createGroupFixture('fuzz');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 3);
    const made = await commit(fixture, devices, states, 0, { remove: [2] });
    const state = at(states, 1);
    const before = crypto.encode(state);
    for (let length = 0; length < made.commit.length; length += 7) {
      expect((await crypto.process(state, made.commit.subarray(0, length), accept)).ok).toBe(false);
    }
    expect((await crypto.process(state, Uint8Array.of(...made.commit, 0), accept)).ok).toBe(false);
    for (let i = 0; i < 300; i++) {
      const damaged = fixture.random.bytes(4);
      const commitBytes = made.commit.slice();
      const stateBytes = before.slice();
      const where = new DataView(damaged.buffer).getUint32(0);
      commitBytes[where % commitBytes.length] =
        (commitBytes[where % commitBytes.length] ?? 0) ^ ((where & 255) | 1);
      stateBytes[where % stateBytes.length] =
        (stateBytes[where % stateBytes.length] ?? 0) ^ ((where & 255) | 1);
      expect((await crypto.process(state, commitBytes, accept)).ok).toBe(false);
      crypto.decode(stateBytes);
      crypto.decode(stateBytes.subarray(0, where % stateBytes.length));
      await crypto.parseKeyPackage(stateBytes);
    }
    expect(crypto.encode(state)).toEqual(before);
    expect((await crypto.process(state, made.commit, accept)).ok).toBe(true);
  });
});

describe('a hostile member (SPEC: G4): nobody accepts, no state changes', () => {
  const cases: Record<string, (attack: Attack) => Promise<HostileCommit> | HostileCommit> = {
    'adds and changes the context at once': async ({ newcomer }) => ({
      proposals: [addOf(await newcomer()), contextOf(bytesOf('x'))],
    }),
    'removes and adds at once': async ({ newcomer }) => ({
      proposals: [removeOf(2), addOf(await newcomer())],
    }),
    'puts another extension into the context': () => ({
      proposals: [
        {
          proposalType: 'group_context_extensions',
          groupContextExtensions: {
            extensions: [contextExtension(bytesOf('x')), { extensionType: 0xf0ff, extensionData: NONE }],
          },
        },
      ],
    }),
    'empties the context': () => ({
      proposals: [{ proposalType: 'group_context_extensions', groupContextExtensions: { extensions: [] } }],
    }),
    'brings a pre-shared key': () => ({
      proposals: [
        {
          proposalType: 'psk',
          psk: { preSharedKeyId: { psktype: 'external', pskId: bytesOf('k'), pskNonce: new Uint8Array(32) } },
        },
      ],
      pskIndex: makePskIndex(undefined, { [bytesToBase64(bytesOf('k'))]: bytesOf('known') }),
    }),
    'ends the group by ReInit': () => ({
      proposals: [
        {
          proposalType: 'reinit',
          reinit: { groupId: bytesOf('elsewhere'), version: 'mls10', cipherSuite: SUITE, extensions: [] },
        },
      ],
    }),
    'uses a private-use proposal': () => ({
      proposals: [{ proposalType: 0xf001, proposalData: bytesOf('?') }],
    }),
    'speaks in the open (PublicMessage)': () => ({ wireAsPublicMessage: true }),
    'adds a device that is already there': async ({ fixture, devices }) => {
      const { self } = at(devices, 1);
      const keys = await fixture.device();
      return { proposals: [addOf(await packageOf(fixture, { ...keys.self, device: self.device }))] };
    },
    'adds a credential that is no device id': async ({ fixture }) => {
      const keys = await fixture.device();
      return { proposals: [addOf(await packageOf(fixture, { ...keys.self, device: bytesOf('short') }))] };
    },
    'adds somebody who does not know basic credentials': async ({ fixture }) => {
      const keys = await fixture.device();
      const without: Capabilities = { ...ownCapabilities([1]), credentials: ['x509'] };
      return { proposals: [addOf(await packageOf(fixture, keys.self, without))] };
    },
    'adds a leaf nobody can encrypt to': async ({ fixture }) => {
      const keys = await fixture.device();
      const made = await packageOf(fixture, keys.self);
      return {
        proposals: [
          addOf(await resign(fixture, keys, { ...made.leafNode, hpkePublicKey: new Uint8Array(32) }, made)),
        ],
      };
    },
    "adds a leaf with another member's encryption key": async ({ fixture, base }) => {
      const keys = await fixture.device();
      const made = await packageOf(fixture, keys.self);
      const node = base.ratchetTree[2];
      if (node?.nodeType !== 'leaf') throw new Error('leaf 1 is there');
      const leaf = { ...made.leafNode, hpkePublicKey: node.leaf.hpkePublicKey };
      return { proposals: [addOf(await resign(fixture, keys, leaf, made))] };
    },
    'takes another device id by a renewal': () => ({
      tamper: changeOwnLeaf({
        credential: { credentialType: 'basic', identity: bytesOf('sixteen bytes id') },
      }),
    }),
    'takes the device id of another member': ({ devices }) => ({
      tamper: changeOwnLeaf({
        credential: { credentialType: 'basic', identity: at(devices, 1).self.device },
      }),
    }),
    'drops its capabilities by a renewal': () => ({
      tamper: changeOwnLeaf({ capabilities: { ...ownCapabilities([1]), extensions: [] } }),
    }),
    'hides an extension in its leaf': () => ({
      tamper: changeOwnLeaf({
        extensions: [{ extensionType: CONTEXT_EXTENSION, extensionData: bytesOf('x') }],
      }),
    }),
  };

  test.each(Object.entries(cases))('%s', async (_name, attackOf) => {
    const fixture = createGroupFixture('hostile');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 4);
    const attacker = at(devices, 0);
    const newcomer = async () => keyPackageOf((await fixture.device()).keyPackage.keyPackage);
    const base = libraryStateOf(crypto, attacker, at(states, 0));
    const attack = await attackOf({ fixture, devices, base, newcomer });
    const { commit: made } = await hostileCommit(fixture, attacker, at(states, 0), attack);
    for (const state of states.slice(1)) {
      const before = crypto.encode(state);
      expect(errorOf(await crypto.process(state, made, accept))).toMatchObject({
        type: 'bad-commit',
        then: 'ignore',
      });
      expect(crypto.encode(state)).toEqual(before);
    }
  });

  test('proposals by reference: alone they change nothing, and a commit to them is refused', async () => {
    const fixture = createGroupFixture('reference');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 3);
    const base = libraryStateOf(crypto, at(devices, 0), at(states, 0));
    const proposed = await createProposal(base, false, removeOf(2), await createSuite(fixture.random));
    const message = copyBytes(encodeMlsMessage(proposed.message));
    expect(errorOf(await crypto.process(at(states, 1), message, accept)).type).toBe('bad-commit');
    const { commit: referring } = await hostileCommit(fixture, at(devices, 0), at(states, 0), {
      tamper: () => proposed.newState,
    });
    expect(errorOf(await crypto.process(at(states, 1), referring, accept)).type).toBe('bad-commit');
  });

  test('an own commit read back is not processed', async () => {
    const fixture = createGroupFixture('own');
    const { devices, states } = await groupOf(fixture, 2);
    const made = await commit(fixture, devices, states, 0, {});
    // Whoever knows nothing of it has a copy; what does not hold for the others means nothing.
    expect(errorOf(await fixture.crypto.process(at(states, 0), made.commit, accept)).type).toBe('own');
    expect(errorOf(await fixture.crypto.process(at(states, 0), made.commit, () => false)).type).toBe(
      'refused',
    );
  });

  test('a commit of another group with the same members is refused', async () => {
    const fixture = createGroupFixture('other group');
    const { crypto } = fixture;
    const { devices, states } = await groupOf(fixture, 2);
    const elsewhere = await crypto.found(at(devices, 0).self, bytesOf('other'), NONE);
    const add = [at(devices, 1).keyPackage.keyPackage];
    const base = valueOf(
      await crypto.commit(elsewhere, at(devices, 0).self, { add, authenticatedData: NONE }),
    );
    const made = valueOf(await crypto.commit(base.pending, at(devices, 0).self, { authenticatedData: NONE }));
    expect(errorOf(await crypto.process(at(states, 1), made.commit, accept)).type).toBe('bad-commit');
  });
});

interface Attack {
  readonly fixture: GroupFixture;
  readonly devices: readonly TestDevice[];
  readonly base: ClientState;
  newcomer(): Promise<KeyPackage>;
}

async function commit(
  { crypto }: GroupFixture,
  devices: readonly TestDevice[],
  states: Parameters<typeof at<ReturnType<typeof crypto.found> extends Promise<infer S> ? S : never>>[0],
  by: number,
  request: Omit<CommitRequest, 'authenticatedData'>,
) {
  return valueOf(
    await crypto.commit(at(states, by), at(devices, by).self, {
      ...request,
      authenticatedData: bytesOf('data'),
    }),
  );
}

const addOf = (keyPackage: KeyPackage): Proposal => ({ proposalType: 'add', add: { keyPackage } });
const removeOf = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } });
const contextExtension = (data: Bytes) => ({ extensionType: CONTEXT_EXTENSION, extensionData: data });
const contextOf = (data: Bytes): Proposal => ({
  proposalType: 'group_context_extensions',
  groupContextExtensions: { extensions: [contextExtension(data)] },
});

function keyPackageOf(bytes: Bytes): KeyPackage {
  const message = decodeMlsMessage(bytes, 0)?.[0];
  if (message?.wireformat !== 'mls_key_package') throw new Error('a key package');
  return message.keyPackage;
}

async function packageOf(
  fixture: GroupFixture,
  self: TestDevice['self'],
  capabilities = ownCapabilities([1]),
): Promise<KeyPackage> {
  const made = await generateKeyPackageWithKey(
    { credentialType: 'basic', identity: self.device },
    capabilities,
    { notBefore: BigInt(LIFETIME.notBefore / 1000), notAfter: BigInt(LIFETIME.notAfter / 1000) },
    [],
    { signKey: self.signatureSecret.expose(), publicKey: self.signatureKey },
    await createSuite(fixture.random),
  );
  return made.publicPackage;
}

/** The attacker owns the key, so its falsified leaf and package carry valid signatures. */
async function resign(
  fixture: GroupFixture,
  { self }: TestDevice,
  leaf: LeafNode,
  keyPackage: KeyPackage,
): Promise<KeyPackage> {
  const { signLeafNodeKeyPackage } = await import('ts-mls/leafNode.js');
  const { signKeyPackage } = await import('ts-mls/keyPackage.js');
  const { signature } = await createSuite(fixture.random);
  if (leaf.leafNodeSource !== 'key_package') throw new Error('a leaf of a key package');
  const { signature: _old, ...unsigned } = leaf;
  const signed = await signLeafNodeKeyPackage(unsigned, self.signatureSecret.expose(), signature);
  return signKeyPackage({ ...keyPackage, leafNode: signed }, self.signatureSecret.expose(), signature);
}

function changeOwnLeaf(change: Partial<Pick<LeafNode, 'credential' | 'capabilities' | 'extensions'>>) {
  return (state: ClientState): ClientState => {
    const ratchetTree = state.ratchetTree.slice();
    const own = ratchetTree[2 * state.privatePath.leafIndex];
    if (own?.nodeType !== 'leaf') throw new Error('the attacker is a member');
    ratchetTree[2 * state.privatePath.leafIndex] = { nodeType: 'leaf', leaf: { ...own.leaf, ...change } };
    return { ...state, ratchetTree };
  };
}

test('a secret of another shape is no key package', async () => {
  const fixture = createGroupFixture('shape');
  const { devices, states } = await groupOf(fixture, 1);
  const guest = await fixture.device();
  const made = await commit(fixture, devices, states, 0, { add: [guest.keyPackage.keyPackage] });
  const pair = { keyPackage: guest.keyPackage.keyPackage, secret: new SecretKey(new Uint8Array(3)) };
  expect(errorOf(await fixture.crypto.join(guest.self, made.welcome ?? NONE, [pair])).type).toBe(
    'not-for-us',
  );
});
