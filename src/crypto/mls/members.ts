/** Who is in a tree. */
import { copyBytes } from '../../lib/bytes';
import type { GroupMember } from '../group';
import { deviceOf, rulesetsOf } from './leafRules';
import type { LeafNode, RatchetTree } from './library';

export function membersOf(tree: RatchetTree): GroupMember[] {
  const members: GroupMember[] = [];
  for (let leaf = 0; 2 * leaf < tree.length; leaf++) {
    const member = memberAt(tree, leaf);
    if (member !== undefined) members.push(member);
  }
  return members;
}

export function commonRulesetsOf(tree: RatchetTree): number[] {
  let common: number[] | undefined;
  for (const node of tree) {
    if (node?.nodeType !== 'leaf') continue;
    const own = rulesetsOf(node.leaf.capabilities);
    common = common === undefined ? own : common.filter((ruleset) => own.includes(ruleset));
  }
  return common ?? [];
}

export function memberAt(tree: RatchetTree, leafIndex: number): GroupMember | undefined {
  const leaf = leafAt(tree, leafIndex);
  const device = leaf && deviceOf(leaf);
  if (leaf === undefined || device === undefined) return undefined;
  return { leaf: leafIndex, device, signatureKey: copyBytes(leaf.signaturePublicKey) };
}

/** RFC 9420 appendix C: leaf n is node 2n. */
export function leafAt(tree: RatchetTree, leafIndex: number): LeafNode | undefined {
  const node = tree[2 * leafIndex];
  return node?.nodeType === 'leaf' ? node.leaf : undefined;
}
