/**
 * Continuous group key agreement as the rest of the house sees it. RFC 9420 (MLS) stands behind it;
 * `tsMlsGroup.ts` is the only file that knows the library.
 *
 * A group's state is a value: every operation returns a new one and leaves the given one untouched,
 * so that the caller can store it in the same transaction as everything it implies, or throw it away.
 */
import type { Bytes } from '../lib/bytes';
import type { Failure, Result } from '../lib/result';
import type { SecretKey } from './secretKey';

/** Opaque; only `GroupCrypto` looks inside. */
export interface GroupState {
  readonly groupState: unique symbol;
}

export interface GroupMember {
  readonly leaf: number;
  /** The credential: a device id, 16 bytes. */
  readonly device: Bytes;
  /** Ed25519, 32 bytes. */
  readonly signatureKey: Bytes;
}

/** The device on whose behalf a group is founded, joined or changed. */
export interface GroupSelf {
  readonly device: Bytes;
  readonly signatureKey: Bytes;
  /** Ed25519 seed, 32 bytes. */
  readonly signatureSecret: SecretKey;
}

export interface KeyPackagePair {
  /** Public, a bare RFC 9420 KeyPackage inside an MLSMessage. */
  readonly keyPackage: Bytes;
  /** Private part, serialised; to be sealed by the vault. */
  readonly secret: SecretKey;
}

export interface ParsedKeyPackage {
  readonly device: Bytes;
  readonly signatureKey: Bytes;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What a commit does, told before it is accepted, so that the caller can judge it. */
export interface CommitSummary {
  readonly committer: GroupMember;
  readonly added: readonly Omit<GroupMember, 'leaf'>[];
  readonly removed: readonly GroupMember[];
  /** Set when the application context changes. */
  readonly context: Bytes | undefined;
  /** The committer renewed its own leaf keys (device and signature key must stay the same). */
  readonly authenticatedData: Bytes;
}

export interface CommitRequest {
  /** Key packages (MLSMessage bytes) to add in one batch. */
  readonly add?: readonly Bytes[];
  /** Also packages out of their lifetime. */
  readonly isAnyLifetime?: boolean;
  /** Leaves to remove. Never together with `add` or `context`. */
  readonly remove?: readonly number[];
  /** New application context. Never together with another proposal. */
  readonly context?: Bytes;
  /** Carried in the clear inside the MLS message; the caller seals the whole commit once more. */
  readonly authenticatedData: Bytes;
}

export interface PreparedCommit {
  /** PrivateMessage as MLSMessage bytes. */
  readonly commit: Bytes;
  /** The state after this commit, to be adopted only when it is read back from the log. */
  readonly pending: GroupState;
  /** One Welcome for all added devices; undefined when nobody was added. Carries the ratchet tree. */
  readonly welcome: Bytes | undefined;
}

export type GroupFailure = Failure & {
  readonly type:
    | 'bad-key-package'
    | 'bad-commit'
    | 'wrong-epoch'
    | 'refused'
    | 'own'
    | 'bad-welcome'
    | 'not-for-us'
    | 'bad-state'
    | 'removed';
};

export interface GroupCrypto {
  /** `lifetime` in milliseconds since the epoch. A last-resort package: usable for many joins. */
  createKeyPackage(
    self: GroupSelf,
    lifetime: { readonly notBefore: number; readonly notAfter: number },
  ): Promise<KeyPackagePair>;
  /** Checks signature and suite, not the lifetime: that is the adder's decision. */
  parseKeyPackage(keyPackage: Uint8Array): Promise<Result<ParsedKeyPackage, GroupFailure>>;

  /** To the device that holds the private part of this package (HPKE, base mode); `label` says what for. */
  sealTo(keyPackage: Uint8Array, label: string, plaintext: Bytes): Promise<Result<Bytes, GroupFailure>>;
  /** Undefined when it was sealed to none of these packages, for another use, or was damaged. */
  openFrom(
    keyPackages: readonly KeyPackagePair[],
    label: string,
    sealed: Uint8Array,
  ): Promise<Bytes | undefined>;

  /** A group with one member. `context` is the application's part of the group context. */
  found(self: GroupSelf, groupId: Bytes, context: Bytes): Promise<GroupState>;
  join(
    self: GroupSelf,
    welcome: Uint8Array,
    keyPackages: readonly KeyPackagePair[],
  ): Promise<Result<GroupState, GroupFailure>>;
  /** With neither add, remove nor context: an empty commit that renews the own leaf. */
  commit(
    state: GroupState,
    self: GroupSelf,
    request: CommitRequest,
  ): Promise<Result<PreparedCommit, GroupFailure>>;
  /**
   * `judge` decides by the rules of the application; when it says no, the answer is `refused` and
   * nothing has changed. `removed` when the commit is valid and removes ourselves; `own` when it was signed
   * with our key and the judge says yes: only whoever made it has its epoch.
   */
  process(
    state: GroupState,
    commit: Uint8Array,
    judge: (summary: CommitSummary) => boolean,
  ): Promise<Result<{ readonly state: GroupState; readonly summary: CommitSummary }, GroupFailure>>;

  epoch(state: GroupState): number;
  groupId(state: GroupState): Bytes;
  context(state: GroupState): Bytes;
  members(state: GroupState): readonly GroupMember[];
  ownLeaf(state: GroupState): number;
  /** RFC 9420 §8.7: equal for all members of an epoch. */
  epochAuthenticator(state: GroupState): Bytes;
  /** MLS-Exporter(label, empty context, length), RFC 9420 §8.5. */
  exportSecret(state: GroupState, label: string, length: number): Promise<SecretKey>;

  /** Rulesets that every leaf's capabilities list, ascending. A leaf lists its client's at each renewal. */
  commonRulesets(state: GroupState): readonly number[];

  encode(state: GroupState): Bytes;
  decode(bytes: Uint8Array): Result<GroupState, GroupFailure>;
  /**
   * Zeroes the epoch secrets of a state that its successor has replaced for good (never before an own
   * commit is adopted). The state must not be used afterwards; states made from it stay valid.
   */
  wipe(state: GroupState): void;
}
