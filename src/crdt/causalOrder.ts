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
  return structs.every((struct) => {
    const span = spanOf(doc, client, struct);
    if (span === undefined) return true;
    let isTouching = true;
    // Own earlier structs count as seen; the own later ones came in between.
    const isWellPlaced = everyBetween(span, struct.rightOrigin, (id) => {
      if (id.client === client) return id.clock >= struct.clock;
      isTouching = false;
      return true;
    });
    // The view is needed only for edits made beside somebody else's at the same time.
    if (!isWellPlaced || isTouching) return isWellPlaced;
    view.include(client, struct.clock);
    for (const id of [struct.origin, struct.rightOrigin]) if (id) view.include(id.client, id.clock + 1);
    if (struct.parent !== undefined && 'client' in struct.parent)
      view.include(struct.parent.client, struct.parent.clock + 1);
    return everyBetween(span, struct.rightOrigin, (id) => id.client === client || !view.has(id));
  });
}

/** Where the walk begins: an item, and the first clock in it that lies right of the left neighbour. */
interface Span {
  readonly item: Y.Item | null;
  readonly from: number;
}

/** Undefined for what is kept as a tombstone and lies in no list. */
function spanOf({ store }: Y.Doc, client: number, { clock, origin }: StructClaim): Span | undefined {
  const item = Y.getItem(store, Y.createID(client, clock));
  if (!(item instanceof Y.Item) || !(item.parent instanceof Y.AbstractType)) return undefined;
  if (origin === undefined)
    return { item: first(item.parent as Y.AbstractType<unknown>, item.parentSub), from: 0 };
  const left = Y.getItem(store, Y.createID(origin.client, origin.clock));
  return left instanceof Y.Item ? { item: left, from: origin.clock + 1 } : undefined;
}

/**
 * Whether `test` holds for the first id of every run before `right`, and `right` is met. The same
 * object is passed each time: there may be very many.
 */
function everyBetween(
  { item, from }: Span,
  right: StructId | undefined,
  test: (id: StructId) => boolean,
): boolean {
  const id = { client: 0, clock: 0 };
  let begin = from;
  for (let at = item; at !== null; at = at.right, begin = 0) {
    id.client = at.id.client;
    id.clock = Math.max(at.id.clock, begin);
    const end = at.id.clock + at.length;
    const isLast =
      right !== undefined && right.client === id.client && right.clock >= id.clock && right.clock < end;
    if (id.clock < (isLast ? right.clock : end) && !test(id)) return false;
    if (isLast) return true;
  }
  return right === undefined;
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
