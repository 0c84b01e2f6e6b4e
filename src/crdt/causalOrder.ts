/**
 * Whether the structs of an update could have been written by an honest tab.
 *
 * An editor puts a struct between two neighbours that touch each other in what it sees. So nothing
 * between them may belong to what its author must have seen: whatever the struct, its neighbours and
 * its parent build on, all of it in turn, and everything earlier of the same sessions. Yjs does not
 * look, and a struct that breaks this is placed differently depending on what was there first: in an
 * overlay, or after loading a snapshot, it would show another text for good. Where it holds, every
 * struct is the honest edit of somebody with an old view, and those converge.
 *
 * Looked at after integration, because only then the update's own structs have their places. The
 * answer does not depend on how Yjs has merged structs: a merged run builds on itself, and shares its
 * right neighbour. Tombstones of deleted parents have lost what they built on; that only makes the
 * view smaller, for everybody.
 */
import * as Y from 'yjs';
import type { StructClaim, StructId, UpdateClaim } from './readUpdate';

export function isCausal(doc: Y.Doc, client: number, { structs }: UpdateClaim): boolean {
  const view = new CausalView(doc);
  for (const struct of structs) {
    const between = strictlyBetween(doc, client, struct);
    if (between === undefined) return false;
    if (between.length === 0) continue;
    // Only now: the view is empty work for an edit that touches its neighbours, as nearly all do.
    view.include(client, struct.clock);
    for (const id of [struct.origin, struct.rightOrigin]) if (id) view.include(id.client, id.clock + 1);
    if (struct.parent !== undefined && 'client' in struct.parent) view.include(struct.parent.client, struct.parent.clock + 1);
    if (between.some((id) => view.has(id))) return false;
  }
  return true;
}

/**
 * The first ids of other clients' runs between the struct's neighbours; undefined when an earlier
 * struct of the same client lies there, or the right neighbour does not lie to the right.
 */
function strictlyBetween(doc: Y.Doc, client: number, struct: StructClaim): StructId[] | undefined {
  const { store } = doc;
  const item = Y.getItem(store, Y.createID(client, struct.clock));
  // Kept as a tombstone, it lies in no list.
  if (!(item instanceof Y.Item) || !(item.parent instanceof Y.AbstractType)) return [];
  const { origin, rightOrigin } = struct;
  const found: StructId[] = [];
  let at: Y.Item | null;
  let from = 0;
  if (origin === undefined) {
    at = first(item.parent as Y.AbstractType<unknown>, item.parentSub);
  } else {
    const left = Y.getItem(store, Y.createID(origin.client, origin.clock));
    if (!(left instanceof Y.Item)) return [];
    at = left;
    from = origin.clock + 1;
  }
  for (; at !== null; at = at.right, from = 0) {
    const begin = Math.max(at.id.clock, from);
    const end = at.id.clock + at.length;
    const hasRight = rightOrigin?.client === at.id.client && rightOrigin.clock >= begin && rightOrigin.clock < end;
    if (begin < (hasRight ? rightOrigin.clock : end)) {
      if (at.id.client !== client) found.push({ client: at.id.client, clock: begin });
      else if (begin < struct.clock) return undefined;
    }
    if (hasRight) return found;
  }
  return rightOrigin === undefined ? found : undefined;
}

function first(list: Y.AbstractType<unknown>, key: string | null): Y.Item | null {
  if (key === null) return list._start;
  let item = list._map.get(key) ?? null;
  while (item !== null && item.left !== null) item = item.left;
  return item;
}

/** A set of structs closed under "builds on" and "earlier by the same client". */
class CausalView {
  readonly #doc: Y.Doc;
  readonly #endByClient = new Map<number, number>();

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  has({ client, clock }: StructId): boolean {
    return clock < (this.#endByClient.get(client) ?? 0);
  }

  include(client: number, end: number): void {
    // A stack of its own: chains are as long as the document is old.
    const waiting: { client: number; end: number }[] = [{ client, end }];
    const need = (id: StructId | null): void => {
      if (id !== null && !this.has(id)) waiting.push({ client: id.client, end: id.clock + 1 });
    };
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const begin = this.#endByClient.get(next.client) ?? 0;
      if (next.end <= begin) continue;
      this.#endByClient.set(next.client, next.end);
      const structs = this.#doc.store.clients.get(next.client) ?? [];
      for (let i = Y.findIndexSS(structs, begin); i < structs.length; i++) {
        const struct = structs[i];
        if (struct === undefined || struct.id.clock >= next.end) break;
        if (!(struct instanceof Y.Item)) continue;
        need(struct.origin);
        need(struct.rightOrigin);
        if (struct.parent instanceof Y.AbstractType) need(struct.parent._item?.id ?? null);
      }
    }
  }
}
