/**
 * How far apart two neighbours lie in a list, in clock units: the upper bound of what Yjs walks when
 * it integrates a struct between them. Uses the linked list that Yjs keeps (`_start`, `_map`,
 * `Item.right`), for which it has no public way.
 */
import * as Y from 'yjs';
import type { StructId } from './readUpdate';

export type Walk =
  | { readonly type: 'reached'; readonly length: number }
  /** `right` is not to the right of `left`. */
  | { readonly type: 'never' }
  | { readonly type: 'too-far' };

const AT_ONCE: Walk = { type: 'reached', length: 0 };

/** Without `left` from the beginning, without `right` to the end of the list (of one key of a map). */
export function distance(
  doc: Y.Doc,
  list: Y.AbstractType<unknown>,
  key: string | null,
  left: StructId | undefined,
  right: StructId | undefined,
  budget: number,
): Walk {
  let length = 0;
  let item: Y.Item | null;
  if (left === undefined) {
    item = key === null ? list._start : (list._map.get(key) ?? null);
    // A map keeps only the last value of a key; Yjs walks back over the earlier ones, so they count.
    while (key !== null && item !== null && item.left !== null) {
      length += item.length;
      if (length > budget) return { type: 'too-far' };
      item = item.left;
    }
  } else {
    const at = Y.getItem(doc.store, Y.createID(left.client, left.clock));
    if (!(at instanceof Y.Item)) return AT_ONCE;
    if (right !== undefined && holds(at, right)) {
      return right.clock > left.clock
        ? { type: 'reached', length: right.clock - left.clock - 1 }
        : { type: 'never' };
    }
    length = at.id.clock + at.length - 1 - left.clock;
    item = at.right;
  }
  for (; item !== null; item = item.right) {
    if (right !== undefined && holds(item, right)) {
      return { type: 'reached', length: length + right.clock - item.id.clock };
    }
    length += item.length;
    if (length > budget) return { type: 'too-far' };
  }
  return right === undefined ? { type: 'reached', length } : { type: 'never' };
}

function holds(item: Y.Item, id: StructId): boolean {
  return item.id.client === id.client && item.id.clock <= id.clock && id.clock < item.id.clock + item.length;
}
