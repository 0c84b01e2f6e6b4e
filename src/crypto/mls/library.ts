/**
 * The one door to `ts-mls` (pinned, patched: .ci/patches/ts-mls+1.6.4.patch). Nothing else in the house
 * imports it; `tsMlsGroup.ts` and the helpers beside this file import from here.
 */
export {
  createCommit,
  createGroup,
  decodeGroupState,
  decodeMlsMessage,
  defaultKeyPackageEqualityConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeGroupState,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  joinGroup,
  mlsExporter,
  processPrivateMessage,
} from 'ts-mls';
export type {
  Capabilities,
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  Credential,
  Extension,
  KeyPackage,
  LeafNode,
  MLSMessage,
  PrivateKey,
  PrivateKeyPackage,
  PrivateMessage,
  Proposal,
  ProposalWithSender,
  PublicKey,
  RatchetTree,
  Welcome,
} from 'ts-mls';
export { makeKeyPackageRef, verifyKeyPackage } from 'ts-mls/keyPackage.js';
export { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js';
