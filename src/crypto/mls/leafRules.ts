/**
 * What every leaf of every tree must look like, beyond RFC 9420 §7.3. The library compares neither a new
 * leaf's keys with the tree's nor its capabilities with what the group needs; one member could thereby
 * make a tree that everyone accepts and nobody can join.
 */
import { bytesToHex, type Bytes } from '../../lib/bytes';
import { isStrictEd25519PublicKey } from '../ed25519Strict';
import type { Capabilities, LeafNode, RatchetTree } from './library';
import { SUITE } from './suite';
import { isUsableX25519PublicKey } from './x25519PublicKey';

export const DEVICE_ID_BYTES = 16;

/** Private use (RFC 9420 §17.3): the application's part of the group context. */
export const CONTEXT_EXTENSION = 0xf0de;
/** One capability per ruleset a client can judge by: this number plus the ruleset's. */
export const RULESET_CAPABILITY_BASE = 0xf100;
export const RULESETS = 256;
/** RFC 9750 / draft-ietf-mls-extensions: the package may be used again. */
export const LAST_RESORT_EXTENSION = 0x000a;

export function ownCapabilities(rulesets: readonly number[]): Capabilities {
  return {
    versions: ['mls10'],
    ciphersuites: [SUITE],
    extensions: [
      LAST_RESORT_EXTENSION,
      CONTEXT_EXTENSION,
      ...rulesets.map((n) => RULESET_CAPABILITY_BASE + n),
    ],
    proposals: [],
    credentials: ['basic'],
  };
}

export function rulesetsOf(capabilities: Capabilities): number[] {
  return capabilities.extensions
    .map((type) => type - RULESET_CAPABILITY_BASE)
    .filter((n) => n >= 0 && n < RULESETS)
    .sort((a, b) => a - b);
}

/** Undefined when the leaf does not carry a device id of the right size. */
export function deviceOf(leaf: LeafNode): Bytes | undefined {
  const { credential } = leaf;
  if (credential.credentialType !== 'basic') return undefined;
  return credential.identity.length === DEVICE_ID_BYTES ? new Uint8Array(credential.identity) : undefined;
}

/** A reason, or undefined when the leaf is acceptable by itself. */
export function faultOfLeaf(leaf: LeafNode): string | undefined {
  if (deviceOf(leaf) === undefined) return 'credential is not a device id';
  if (!isStrictEd25519PublicKey(leaf.signaturePublicKey)) return 'signature key';
  if (!isUsableX25519PublicKey(leaf.hpkePublicKey)) return 'encryption key';
  if (leaf.extensions.length > 0) return 'leaf extensions are not used';
  const { versions, ciphersuites, extensions, credentials } = leaf.capabilities;
  const capable =
    versions.includes('mls10') &&
    ciphersuites.includes(SUITE) &&
    extensions.includes(CONTEXT_EXTENSION) &&
    credentials.includes('basic');
  return capable ? undefined : 'capabilities do not cover the group';
}

/** A reason, or undefined: leaves acceptable, and every device and key once (SPEC: G3). */
export function faultOfTree(tree: RatchetTree): string | undefined {
  const devices = new Set<string>();
  const signatureKeys = new Set<string>();
  const encryptionKeys = new Set<string>();
  for (const node of tree) {
    if (node === undefined) continue;
    const encryptionKey = node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey;
    if (isKnown(encryptionKeys, encryptionKey)) return 'encryption key used twice';
    if (node.nodeType === 'parent') {
      if (!isUsableX25519PublicKey(encryptionKey)) return 'encryption key of a parent';
      continue;
    }
    const fault = faultOfLeaf(node.leaf);
    if (fault !== undefined) return fault;
    if (isKnown(signatureKeys, node.leaf.signaturePublicKey)) return 'signature key used twice';
    const device = deviceOf(node.leaf);
    if (device === undefined || isKnown(devices, device)) return 'device is in the group twice';
  }
  return undefined;
}

function isKnown(seen: Set<string>, bytes: Uint8Array): boolean {
  const name = bytesToHex(bytes);
  if (seen.has(name)) return true;
  seen.add(name);
  return false;
}
