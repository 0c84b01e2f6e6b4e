/**
 * The library's tree arithmetic against RFC 9420, appendix C, written down here once more by drawing the tree
 * (§4.1.2): no file of numbers is needed, as a tree of so many leaves is what it is.
 */
import { describe, expect, test } from 'vitest';
import {
  copath,
  directPath,
  left,
  leafWidth,
  nodeWidth,
  parent,
  right,
  root,
  sibling,
  toNodeIndex,
} from 'ts-mls/treemath.js';

interface Node {
  readonly index: number;
  readonly children: readonly [Node, Node] | undefined;
}

/** A complete tree of 2^depth leaves: its nodes are numbered from left to right. */
function draw(depth: number, first = 0): Node {
  if (depth === 0) return { index: first, children: undefined };
  const half = 2 ** depth;
  const children = [draw(depth - 1, first), draw(depth - 1, first + half)] as const;
  return { index: first + half - 1, children };
}

/** From the root down to `index`, both included. */
function wayTo(node: Node, index: number): readonly Node[] {
  if (node.index === index) return [node];
  const child = node.children?.[index < node.index ? 0 : 1];
  return child === undefined ? [] : [node, ...wayTo(child, index)];
}

const numbers = (nodes: readonly number[]): readonly number[] => nodes.map(Number);

describe('tree-math (appendix C)', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('a tree of 2^%i leaves', (depth) => {
    const leaves = 2 ** depth;
    const tree = draw(depth);
    const width = 2 * leaves - 1;
    expect(nodeWidth(leaves)).toBe(width);
    expect(leafWidth(width)).toBe(leaves);
    expect(Number(root(leaves))).toBe(tree.index);
    for (let index = 0; index < width; index++) {
      const node = toNodeIndex(index);
      const way = wayTo(tree, index);
      const [self, above] = [way.at(-1), way.at(-2)];
      expect(self?.index).toBe(index);
      if (self?.children === undefined) {
        expect(() => left(node)).toThrow();
        expect(() => right(node)).toThrow();
      } else expect([left(node), right(node)].map(Number)).toEqual(self.children.map((child) => child.index));
      if (above?.children === undefined) expect(() => parent(node, leaves)).toThrow();
      else {
        expect(Number(parent(node, leaves))).toBe(above.index);
        const [a, b] = above.children;
        expect(Number(sibling(node, leaves))).toBe(a.index === index ? b.index : a.index);
      }
      const upwards = way.slice(0, -1).reverse();
      expect(numbers(directPath(node, leaves))).toEqual(upwards.map((one) => one.index));
      const beside = [...way].reverse().flatMap((one, i, all) => {
        const children = all[i + 1]?.children;
        return children === undefined ? [] : [children.find((child) => child.index !== one.index)?.index];
      });
      expect(numbers(copath(node, leaves))).toEqual(beside);
    }
  });
});
