/**
 * `GroupCrypto` by ts-mls (RFC 9420): the order of steps and checks. What the library leaves open is decided
 * beside this file: which commits and leaves are acceptable (`mls/commitRules`, `mls/leafRules`), what is kept
 * of a state (`mls/state`), that failures are values (`mls/failures`).
 *
 * Invariants (SPEC: G):
 *  1. Nothing the library returns leaves this file before all checks have passed.
 *  2. The given state is only read: `encode` before and after any call gives the same bytes. Secrets a
 *     commit has used up stay in the old state until its owner calls `wipe`.
 *  3. A device appears once per tree, with the credential and signature key it was added with.
 *
 * Limits: a member that is removed cannot check the confirmation tag of the commit that removes it (RFC 9420
 * §12.4.2: it has no key for it); a member may thereby make another believe it is out while the rest
 * skip that commit. Re-entry mends that; `removed` is therefore a reason to ask, not to delete.
 */
import { assert } from '../lib/assert';
import { concatBytes, copyBytes, equalBytes, type Bytes } from '../lib/bytes';
import { ok, type Result } from '../lib/result';
import type {
  CommitRequest,
  CommitSummary,
  GroupCrypto,
  GroupFailure,
  GroupMember,
  GroupSelf,
  GroupState,
  KeyPackagePair,
  ParsedKeyPackage,
  PreparedCommit,
} from './group';
import { groupClientConfig } from './mls/clientConfig';
import { contextOf, shapeOfProposals, type CommitShape } from './mls/commitRules';
import { decodeKeyPackageSecret, encodeKeyPackageSecret } from './mls/keyPackageSecret';
import { badCommit, attempt, fail } from './mls/failures';
import { CONTEXT_EXTENSION, LAST_RESORT_EXTENSION, ownCapabilities } from './mls/leafRules';
import {
  createCommit,
  createGroup,
  emptyPskIndex,
  generateKeyPackageWithKey,
  joinGroup,
  makeKeyPackageRef,
  mlsExporter,
  processPrivateMessage,
  verifyKeyPackage,
  verifyLeafNodeSignatureKeyPackage,
  type ClientState,
  type Proposal,
} from './mls/library';
import { commonRulesetsOf, leafAt, memberAt, membersOf } from './mls/members';
import { decodeKeyPackageMessage, decodeMessage, encodeMessage } from './mls/messages';
import { readKeyPackage } from './mls/readKeyPackage';
import { decodeState, encodeState, faultOfState, toClientState, toGroupState, wipe } from './mls/state';
import { createSuite, SUITE } from './mls/suite';
import type { Random } from './random';
import { SecretKey } from './secretKey';

export interface GroupServices {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly random: Random;
  /** The rulesets this client can judge by; listed in its leaf. Default: ruleset 1. */
  readonly rulesets?: readonly number[];
}

/** An encapsulated X25519 key. */
const KEM_BYTES = 32;
const DAY = 24 * 60 * 60 * 1000;
/** A founder's leaf lives until its first update; nobody checks a lifetime inside a tree. */
const FOUNDER_LIFETIME = 90 * DAY;

export function createTsMlsGroupCrypto(services: GroupServices): GroupCrypto {
  const capabilities = ownCapabilities(services.rulesets ?? [1]);
  const suiteReady = createSuite(services.random);

  async function createKeyPackage(
    self: GroupSelf,
    lifetime: { readonly notBefore: number; readonly notAfter: number },
  ): Promise<KeyPackagePair> {
    const suite = await suiteReady;
    const made = await generateKeyPackageWithKey(
      { credentialType: 'basic', identity: copyBytes(self.device) },
      capabilities,
      { notBefore: toSeconds(lifetime.notBefore), notAfter: toSeconds(lifetime.notAfter) },
      [{ extensionType: LAST_RESORT_EXTENSION, extensionData: new Uint8Array(0) }],
      { signKey: self.signatureSecret.expose(), publicKey: copyBytes(self.signatureKey) },
      suite,
    );
    return {
      keyPackage: encodeMessage({
        version: 'mls10',
        wireformat: 'mls_key_package',
        keyPackage: made.publicPackage,
      }),
      secret: encodeKeyPackageSecret(made.privatePackage.initPrivateKey, made.privatePackage.hpkePrivateKey),
    };
  }

  async function parseKeyPackage(bytes: Uint8Array): Promise<Result<ParsedKeyPackage, GroupFailure>> {
    const { signature } = await suiteReady;
    const read = readKeyPackage(bytes);
    if (!read.ok) return read;
    const { keyPackage, device, signatureKey, notBefore, notAfter } = read.value;
    const signed = await attempt(
      async () =>
        (await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, signature)) &&
        (await verifyKeyPackage(keyPackage, signature)),
    );
    if (!signed.ok || !signed.value) return fail('bad-key-package', 'ignore', 'signature');
    return ok({ device, signatureKey, notBefore, notAfter });
  }

  async function sealTo(
    bytes: Uint8Array,
    label: string,
    plaintext: Bytes,
  ): Promise<Result<Bytes, GroupFailure>> {
    const { hpke } = await suiteReady;
    const read = readKeyPackage(bytes);
    if (!read.ok) return read;
    const recipient = await hpke.importPublicKey(read.value.keyPackage.initKey);
    const { enc, ct } = await hpke.seal(recipient, plaintext, infoOf(label));
    return ok(concatBytes(enc, ct));
  }

  async function openFrom(
    keyPackages: readonly KeyPackagePair[],
    label: string,
    sealed: Uint8Array,
  ): Promise<Bytes | undefined> {
    const { hpke } = await suiteReady;
    for (const { secret } of keyPackages) {
      const keys = decodeKeyPackageSecret(secret);
      if (keys === undefined) continue;
      const opened = await attempt(async () =>
        hpke.open(
          await hpke.importPrivateKey(keys.initKey),
          sealed.slice(0, KEM_BYTES),
          sealed.slice(KEM_BYTES),
          infoOf(label),
        ),
      );
      keys.initKey.fill(0);
      if (opened.ok) return new Uint8Array(opened.value);
    }
    return undefined;
  }

  async function found(self: GroupSelf, groupId: Bytes, context: Bytes): Promise<GroupState> {
    const suite = await suiteReady;
    const now = services.now();
    const pair = await createKeyPackage(self, { notBefore: now, notAfter: now + FOUNDER_LIFETIME });
    const keyPackage = decodeKeyPackageMessage(pair.keyPackage);
    const keys = decodeKeyPackageSecret(pair.secret);
    assert(keyPackage !== undefined && keys !== undefined, 'an own key package can be read back');
    pair.secret.wipe();
    const state = await createGroup(
      copyBytes(groupId),
      keyPackage,
      {
        initPrivateKey: keys.initKey,
        hpkePrivateKey: keys.encryptionKey,
        signaturePrivateKey: new Uint8Array(0),
      },
      [contextExtension(context)],
      suite,
      groupClientConfig,
    );
    return toGroupState(state);
  }

  async function join(
    self: GroupSelf,
    welcomeBytes: Uint8Array,
    keyPackages: readonly KeyPackagePair[],
  ): Promise<Result<GroupState, GroupFailure>> {
    const suite = await suiteReady;
    const message = decodeMessage(welcomeBytes);
    if (message?.wireformat !== 'mls_welcome') return fail('bad-welcome', 'ignore', 'not a welcome');
    const { welcome } = message;
    if (welcome.cipherSuite !== SUITE) return fail('bad-welcome', 'ignore', 'cipher suite');
    for (const pair of keyPackages) {
      const keyPackage = decodeKeyPackageMessage(pair.keyPackage);
      const keys = decodeKeyPackageSecret(pair.secret);
      if (keyPackage === undefined || keys === undefined) continue;
      const ref = await makeKeyPackageRef(keyPackage, suite.hash);
      if (!welcome.secrets.some(({ newMember }) => equalBytes(newMember, ref))) continue;
      const joined = await attempt(() =>
        joinGroup(
          welcome,
          keyPackage,
          {
            initPrivateKey: keys.initKey,
            hpkePrivateKey: keys.encryptionKey,
            signaturePrivateKey: new Uint8Array(0),
          },
          emptyPskIndex,
          suite,
          undefined,
          undefined,
          groupClientConfig,
        ),
      );
      keys.initKey.fill(0);
      if (!joined.ok) return fail('bad-welcome', 'ignore', joined.error);
      const fault = faultOfState(joined.value) ?? faultOfSelf(joined.value, self);
      if (fault !== undefined) return fail('bad-welcome', 'ignore', fault);
      return ok(toGroupState(joined.value));
    }
    return fail('not-for-us', 'ignore', 'no matching key package');
  }

  async function commit(
    state: GroupState,
    self: GroupSelf,
    request: CommitRequest,
  ): Promise<Result<PreparedCommit, GroupFailure>> {
    const suite = await suiteReady;
    const base = toClientState(state);
    assert(faultOfSelf(base, self) === undefined, 'a device commits in its own name');
    const proposals = proposalsOf(base, request);
    if (!proposals.ok) return proposals;
    const made = await attempt(() =>
      createCommit(
        { state: withOwnLeafRefreshed(base, self), cipherSuite: suite, pskIndex: emptyPskIndex },
        {
          extraProposals: proposals.value,
          ratchetTreeExtension: true,
          authenticatedData: copyBytes(request.authenticatedData),
        },
      ),
    );
    // What else could be wrong with an add than what was to be added?
    const failure = request.add === undefined ? 'bad-commit' : 'bad-key-package';
    if (!made.ok) return fail(failure, 'stop', made.error);
    const fault = faultOfState(made.value.newState);
    if (fault !== undefined) return fail(failure, 'stop', fault);
    return ok({
      commit: encodeMessage(made.value.commit),
      pending: toGroupState(made.value.newState),
      welcome:
        made.value.welcome &&
        encodeMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.value.welcome }),
    });
  }

  function proposalsOf(base: ClientState, request: CommitRequest): Result<Proposal[], GroupFailure> {
    const add = request.add ?? [];
    const remove = request.remove ?? [];
    const kinds = [add.length > 0, remove.length > 0, request.context !== undefined].filter(Boolean).length;
    if (kinds > 1) return fail('bad-commit', 'stop', 'proposals of different kinds are not mixed');
    if (request.context !== undefined) {
      const extensions = [contextExtension(request.context)];
      return ok([{ proposalType: 'group_context_extensions', groupContextExtensions: { extensions } }]);
    }
    const proposals: Proposal[] = [];
    for (const removed of remove) {
      if (removed === base.privatePath.leafIndex) return fail('bad-commit', 'stop', 'own leaf');
      if (leafAt(base.ratchetTree, removed) === undefined) return fail('bad-commit', 'stop', 'no such leaf');
      proposals.push({ proposalType: 'remove', remove: { removed } });
    }
    const now = services.now();
    for (const bytes of add) {
      const read = readKeyPackage(bytes);
      if (!read.ok) return read;
      const { keyPackage, notBefore, notAfter } = read.value;
      // RFC 9420 §7.3: the lifetime is checked by whoever adds, and by nobody after that.
      const isTimely = notBefore <= now && now <= notAfter;
      if (!isTimely && request.isAnyLifetime !== true)
        return fail('bad-key-package', 'stop', 'outside its lifetime');
      proposals.push({ proposalType: 'add', add: { keyPackage } });
    }
    return ok(proposals);
  }

  /**
   * A commit with a path publishes the own leaf anew: this client's present capabilities go with it, so
   * that an updated app is seen without being added again. The library takes the leaf from the tree.
   */
  function withOwnLeafRefreshed(base: ClientState, self: GroupSelf): ClientState {
    const ratchetTree = base.ratchetTree.slice();
    const own = leafAt(ratchetTree, base.privatePath.leafIndex);
    assert(own !== undefined, 'a member has a leaf');
    ratchetTree[2 * base.privatePath.leafIndex] = { nodeType: 'leaf', leaf: { ...own, capabilities } };
    return { ...base, ratchetTree, signaturePrivateKey: self.signatureSecret.expose() };
  }

  async function process(
    state: GroupState,
    commitBytes: Uint8Array,
    judge: (summary: CommitSummary) => boolean,
  ): Promise<Result<{ readonly state: GroupState; readonly summary: CommitSummary }, GroupFailure>> {
    const suite = await suiteReady;
    const base = toClientState(state);
    const message = decodeMessage(commitBytes);
    if (message?.wireformat !== 'mls_private_message') return badCommit('not a private message');
    const { privateMessage } = message;
    if (privateMessage.contentType !== 'commit') return badCommit('not a commit');
    if (!equalBytes(privateMessage.groupId, base.groupContext.groupId)) return badCommit('another group');
    if (privateMessage.epoch !== base.groupContext.epoch) {
      const late = privateMessage.epoch < base.groupContext.epoch;
      return fail('wrong-epoch', late ? 'ignore' : 'retry', `epoch ${privateMessage.epoch}`);
    }

    let seen: { readonly committer: GroupMember; readonly shape: CommitShape } | undefined;
    let fault: string | undefined;
    const processed = await attempt(() =>
      processPrivateMessage(base, privateMessage, emptyPskIndex, suite, (incoming) => {
        const looked = lookAt(base, incoming);
        if ('fault' in looked) fault = looked.fault;
        else seen = looked;
        return 'fault' in looked || isOwn(base, looked.committer) ? 'reject' : 'accept';
      }),
    );
    if (fault !== undefined) return badCommit(fault);
    if (!processed.ok) return badCommit(processed.error);
    if (processed.value.kind !== 'newState' || seen === undefined) return badCommit('not a commit');

    const next = processed.value.newState;
    const summary = summaryOf(base, seen.committer, seen.shape, privateMessage.authenticatedData);
    // Signed with our key: what leads to its epoch is with whoever made it.
    if (isOwn(base, seen.committer)) return judge(summary) ? fail('own', 'stop') : fail('refused', 'ignore');
    if (next.groupActiveState.kind === 'removedFromGroup') {
      return judge(summary) ? fail('removed', 'stop') : fail('refused', 'ignore');
    }
    const faultOfNext =
      faultOfState(next) ?? faultOfCommitter(next, seen.committer) ?? faultOfContext(base, next, seen.shape);
    if (faultOfNext !== undefined) return badCommit(faultOfNext);
    if (!judge(summary)) return fail('refused', 'ignore');
    return ok({ state: toGroupState(next), summary });
  }

  async function exportSecret(state: GroupState, label: string, length: number): Promise<SecretKey> {
    const { exporterSecret } = toClientState(state).keySchedule;
    const bytes = await mlsExporter(exporterSecret, label, new Uint8Array(0), length, await suiteReady);
    const secret = new SecretKey(bytes);
    bytes.fill(0);
    return secret;
  }

  return {
    createKeyPackage,
    parseKeyPackage,
    sealTo,
    openFrom,
    found,
    join,
    commit,
    process,
    epoch: (state) => Number(toClientState(state).groupContext.epoch),
    groupId: (state) => copyBytes(toClientState(state).groupContext.groupId),
    context(state) {
      const context = contextOf(toClientState(state).groupContext.extensions);
      assert(context !== undefined, 'a group has an application context');
      return context;
    },
    members: (state) => membersOf(toClientState(state).ratchetTree),
    commonRulesets: (state) => commonRulesetsOf(toClientState(state).ratchetTree),
    ownLeaf: (state) => toClientState(state).privatePath.leafIndex,
    epochAuthenticator: (state) => copyBytes(toClientState(state).keySchedule.epochAuthenticator),
    exportSecret,
    encode: encodeState,
    decode: decodeState,
    wipe,
  };
}

function lookAt(
  base: ClientState,
  incoming: Parameters<NonNullable<Parameters<typeof processPrivateMessage>[4]>>[0],
): { readonly committer: GroupMember; readonly shape: CommitShape } | { readonly fault: string } {
  if (incoming.kind !== 'commit' || incoming.senderLeafIndex === undefined)
    return { fault: 'not a member commit' };
  const committer = memberAt(base.ratchetTree, incoming.senderLeafIndex);
  if (committer === undefined) return { fault: 'committer is not a member' };
  const shaped = shapeOfProposals(incoming.proposals);
  return 'fault' in shaped ? shaped : { committer, shape: shaped.shape };
}

function isOwn(base: ClientState, { leaf }: GroupMember): boolean {
  return leaf === base.privatePath.leafIndex;
}

function summaryOf(
  base: ClientState,
  committer: GroupMember,
  shape: CommitShape,
  authenticatedData: Uint8Array,
): CommitSummary {
  return {
    committer,
    added: shape.added,
    removed: shape.removedLeaves.flatMap((leaf) => memberAt(base.ratchetTree, leaf) ?? []),
    context: shape.context,
    authenticatedData: copyBytes(authenticatedData),
  };
}

function faultOfSelf(state: ClientState, self: GroupSelf): string | undefined {
  const own = memberAt(state.ratchetTree, state.privatePath.leafIndex);
  if (own === undefined) return 'own leaf is blank';
  return equalBytes(own.device, self.device) && equalBytes(own.signatureKey, self.signatureKey)
    ? undefined
    : 'own leaf is another device';
}

/** The library compares neither credential nor signature key of an update with the leaf it replaces. */
function faultOfCommitter(next: ClientState, committer: GroupMember): string | undefined {
  const after = memberAt(next.ratchetTree, committer.leaf);
  if (after === undefined) return 'committer vanished';
  return equalBytes(after.device, committer.device) && equalBytes(after.signatureKey, committer.signatureKey)
    ? undefined
    : 'committer changed its identity';
}

function faultOfContext(base: ClientState, next: ClientState, shape: CommitShape): string | undefined {
  const expected = shape.context ?? contextOf(base.groupContext.extensions);
  const actual = contextOf(next.groupContext.extensions);
  return expected !== undefined && actual !== undefined && equalBytes(expected, actual)
    ? undefined
    : 'context';
}

function contextExtension(context: Bytes): { extensionType: number; extensionData: Bytes } {
  return { extensionType: CONTEXT_EXTENSION, extensionData: copyBytes(context) };
}

function infoOf(label: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(label));
}

function toSeconds(milliseconds: number): bigint {
  return BigInt(Math.max(0, Math.floor(milliseconds / 1000)));
}
