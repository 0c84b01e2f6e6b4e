/**
 * Which commits this house makes and accepts (SPEC: G4), decided on the proposals alone: adds, or removes,
 * or one change of the application context, or nothing (the committer renews its leaf). Never mixed,
 * never by reference, nothing else of RFC 9420 §12.1. Whether the committer *may* do this is not decided
 * here but by the caller's judge.
 */
import { copyBytes, type Bytes } from '../../lib/bytes';
import { CONTEXT_EXTENSION, deviceOf, faultOfLeaf } from './leafRules';
import type { Extension, KeyPackage, ProposalWithSender } from './library';
import { faultOfKeyPackage } from './keyPackageRules';

export interface CommitShape {
  readonly added: readonly { readonly device: Bytes; readonly signatureKey: Bytes }[];
  readonly removedLeaves: readonly number[];
  readonly context: Bytes | undefined;
}

export type ShapeOrFault = { readonly shape: CommitShape } | { readonly fault: string };

export function shapeOfProposals(proposals: readonly ProposalWithSender[]): ShapeOrFault {
  const added: { device: Bytes; signatureKey: Bytes }[] = [];
  const removedLeaves: number[] = [];
  let context: Bytes | undefined;
  for (const { proposal } of proposals) {
    // A custom proposal's type is a number; the library's own narrowing is by name.
    switch (proposal.proposalType) {
      case 'add': {
        const fault =
          faultOfKeyPackage(proposal.add.keyPackage) ?? faultOfLeaf(proposal.add.keyPackage.leafNode);
        if (fault !== undefined) return { fault };
        const member = memberOf(proposal.add.keyPackage);
        if (member === undefined) return { fault: 'credential is not a device id' };
        added.push(member);
        break;
      }
      case 'remove':
        removedLeaves.push(proposal.remove.removed);
        break;
      case 'group_context_extensions': {
        const next = contextOf(proposal.groupContextExtensions.extensions);
        if (next === undefined) return { fault: 'group context holds something else' };
        if (context !== undefined) return { fault: 'two changes of context' };
        context = next;
        break;
      }
      default:
        return { fault: `proposal ${proposal.proposalType} is not used` };
    }
  }
  const kinds = [added.length > 0, removedLeaves.length > 0, context !== undefined].filter(Boolean).length;
  if (kinds > 1) return { fault: 'proposals of different kinds are not mixed' };
  return { shape: { added, removedLeaves, context } };
}

/** The application's context; undefined unless it is the one extension of the group context. */
export function contextOf(extensions: readonly Extension[]): Bytes | undefined {
  const [only] = extensions;
  if (extensions.length !== 1 || only?.extensionType !== CONTEXT_EXTENSION) return undefined;
  return copyBytes(only.extensionData);
}

function memberOf(keyPackage: KeyPackage): { device: Bytes; signatureKey: Bytes } | undefined {
  const device = deviceOf(keyPackage.leafNode);
  if (device === undefined) return undefined;
  return { device, signatureKey: copyBytes(keyPackage.leafNode.signaturePublicKey) };
}
