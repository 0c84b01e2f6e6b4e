/**
 * The verdict on a claim against the document as accepted so far. It must be a pure function of the
 * accepted updates: nothing here depends on how Yjs happens to have split or merged its structs
 * (walks count clock units, never structs), because a document loaded from a snapshot is cut
 * differently from one built update by update.
 *
 * Kept here:
 *   SPEC X2  every struct carries the client id derived from author device, document and session;
 *   SPEC X3  structs begin exactly where that client's accepted structs end (or were all accepted before);
 *   SPEC X5  whatever is referred to or deleted is in the document or earlier in the same update;
 *   SPEC X5  both neighbours lie in the same list, the left one before the right one (what else must hold
 *       between them can only be seen once the structs are in: `causalOrder`);
 *   SPEC X4  depth, and the walk that integration costs, are bounded;
 *   SPEC X5  nothing cuts a surrogate pair in two: Yjs turns both halves into U+FFFD when it cuts, and
 *       whether it has to cut depends on what else a device holds.
 */
import * as Y from 'yjs';
import { ok, type Result } from '../lib/result';
import { DOCUMENT_LIMITS as LIMITS } from './documentLimits';
import { refuse, type DocumentRefusal } from './documentRefusal';
import { distance, type Walk } from './listDistance';
import { structAt, type StructClaim, type StructId, type UpdateClaim } from './readUpdate';
import { cutsPairAfter, cutsPairBefore } from './surrogatePairs';

export interface UpdateVerdict {
  /** All structs were accepted before (a repeated save); only the deletions still matter. */
  readonly isKnown: boolean;
  /** Clock units that integration may walk: charged to the author. */
  readonly walk: number;
}

export function checkUpdate(
  doc: Y.Doc,
  client: number,
  claim: UpdateClaim,
): Result<UpdateVerdict, DocumentRefusal> {
  if (claim.client !== undefined && claim.client !== client) return refuse('foreign-client', 'structs');
  const state = Y.getState(doc.store, client);
  const isKnown = claim.end <= state;
  if (claim.structs.length > 0 && !isKnown && claim.start !== state)
    return refuse('clock-gap', `${claim.start}`);
  for (const range of claim.deletes) {
    const known = range.client === client ? Math.max(state, claim.end) : Y.getState(doc.store, range.client);
    if (range.clock + range.length > known) return refuse('unknown-reference', 'delete range');
    const last = { client: range.client, clock: range.clock + range.length - 1 };
    if (cutsPairBefore(doc, claim, range) || cutsPairAfter(doc, claim, last))
      return refuse('cut-character', 'delete range');
  }
  if (claim.structs.length === 0 || isKnown) return ok({ isKnown: true, walk: 0 });
  return new PlacementCheck(doc, client, claim).run();
}

/** A list: of a type in the document, of a type this update makes, or of a root not used before. */
type List = Y.AbstractType<unknown> | StructClaim | string;

/** Where a struct goes; undefined when Yjs will keep it as a tombstone (its surroundings are gone). */
interface Place {
  readonly list: List;
  readonly key: string | null;
  readonly depth: number;
  /** The nearest neighbours that were in the document before this update. */
  readonly left: StructId | undefined;
  readonly right: StructId | undefined;
}

class PlacementCheck {
  readonly #doc: Y.Doc;
  readonly #client: number;
  readonly #claim: UpdateClaim;
  readonly #places = new Map<StructClaim, Place | undefined>();
  readonly #walks = new Map<string, Walk>();
  #walked = 0;

  constructor(doc: Y.Doc, client: number, claim: UpdateClaim) {
    this.#doc = doc;
    this.#client = client;
    this.#claim = claim;
  }

  run(): Result<UpdateVerdict, DocumentRefusal> {
    for (const struct of this.#claim.structs) {
      const place = this.#place(struct);
      if (!place.ok) return place;
      this.#places.set(struct, place.value);
      if (place.value === undefined) continue;
      if (struct.kind === 'type' && place.value.depth >= LIMITS.depth) return refuse('over-limit', 'depth');
      const order = this.#checkWalk(place.value);
      if (!order.ok) return order;
    }
    return ok({ isKnown: false, walk: this.#walked });
  }

  #place(struct: StructClaim): Result<Place | undefined, DocumentRefusal> {
    if (struct.kind === 'gc') return ok(undefined);
    if (struct.parent !== undefined) return this.#placeInParent(struct.parent, struct);
    const left = struct.origin && this.#placeOf(struct.origin, struct);
    const right = struct.rightOrigin && this.#placeOf(struct.rightOrigin, struct);
    if (left && !left.ok) return left;
    if (right && !right.ok) return right;
    if ((left && left.value === undefined) || (right && right.value === undefined)) return ok(undefined);
    const a = left?.value;
    const b = right?.value;
    if (a && b && (a.list !== b.list || a.key !== b.key)) return refuse('crossed-neighbours', 'lists');
    const home = a ?? b;
    if (home === undefined) return refuse('malformed', 'no parent');
    return ok({ ...home, left: a?.left, right: b?.right });
  }

  #placeInParent(
    parent: StructId | { readonly root: string },
    struct: StructClaim,
  ): Result<Place | undefined, DocumentRefusal> {
    const key = struct.key ?? null;
    const bare = { key, left: undefined, right: undefined };
    if ('root' in parent) {
      const root = this.#doc.share.get(parent.root) as Y.AbstractType<unknown> | undefined;
      return ok({ ...bare, list: root ?? parent.root, depth: 0 });
    }
    if (!this.#isKnown(parent, struct)) return refuse('unknown-reference', 'parent');
    const own = this.#inUpdate(parent);
    if (own !== undefined) {
      const ownPlace = this.#places.get(own);
      if (own.kind === 'gc' || own.kind === 'deleted' || ownPlace === undefined) return ok(undefined);
      if (own.kind !== 'type') return refuse('unknown-reference', 'parent is no type');
      return ok({ ...bare, list: own, depth: ownPlace.depth + 1 });
    }
    const item = Y.getItem(this.#doc.store, toYjsId(parent));
    if (!(item instanceof Y.Item) || item.content instanceof Y.ContentDeleted) return ok(undefined);
    if (!(item.content instanceof Y.ContentType)) return refuse('unknown-reference', 'parent is no type');
    return ok({ ...bare, list: item.content.type, depth: depthOf(item.content.type) });
  }

  /** The place of a neighbour, with itself as nearest on both sides if it is an old one. */
  #placeOf(id: StructId, struct: StructClaim): Result<Place | undefined, DocumentRefusal> {
    if (!this.#isKnown(id, struct)) return refuse('unknown-reference', 'neighbour');
    const cuts =
      id === struct.origin
        ? cutsPairAfter(this.#doc, this.#claim, id)
        : cutsPairBefore(this.#doc, this.#claim, id);
    if (cuts) return refuse('cut-character', 'neighbour');
    const own = this.#inUpdate(id);
    if (own !== undefined) return ok(this.#places.get(own));
    const item = Y.getItem(this.#doc.store, toYjsId(id));
    if (!(item instanceof Y.Item) || !(item.parent instanceof Y.AbstractType)) return ok(undefined);
    const list = item.parent as Y.AbstractType<unknown>;
    return ok({ list, key: item.parentSub, depth: depthOf(list), left: id, right: id });
  }

  #checkWalk(place: Place): Result<void, DocumentRefusal> {
    if (!(place.list instanceof Y.AbstractType)) return ok(undefined);
    // Structs of one run share their old neighbours: walk once, charge each.
    const name = `${nameOf(place.left)}|${nameOf(place.right)}|${place.left || place.right ? '' : listName(place)}`;
    let walk = this.#walks.get(name);
    if (walk === undefined) {
      walk = distance(this.#doc, place.list, place.key, place.left, place.right, LIMITS.walk - this.#walked);
      this.#walks.set(name, walk);
    }
    if (walk.type === 'never') return refuse('crossed-neighbours', 'order');
    if (walk.type === 'too-far') return refuse('over-limit', 'walk');
    this.#walked += walk.length;
    return this.#walked > LIMITS.walk ? refuse('over-limit', 'walk') : ok(undefined);
  }

  #isKnown(id: StructId, struct: StructClaim): boolean {
    // Yjs skips this test for the author's own client and then looks for what is not there.
    if (id.client === this.#client) return id.clock < struct.clock;
    return id.clock < Y.getState(this.#doc.store, id.client);
  }

  #inUpdate(id: StructId): StructClaim | undefined {
    return structAt(this.#claim, id);
  }
}

/** How many types lie around the children of `type`. A root's children have depth 0. */
function depthOf(type: Y.AbstractType<unknown>): number {
  let depth = 0;
  for (let item = type._item; item !== null; depth++) {
    if (!(item.parent instanceof Y.AbstractType)) break;
    item = item.parent._item;
  }
  return depth;
}

const listNumbers = new WeakMap<object, number>();
let lastListNumber = 0;

function listName(place: Place): string {
  if (typeof place.list === 'string') return place.list;
  let number = listNumbers.get(place.list);
  if (number === undefined) {
    number = ++lastListNumber;
    listNumbers.set(place.list, number);
  }
  return `${number}/${place.key ?? ''}/${place.key === null ? 'list' : 'key'}`;
}

function nameOf(id: StructId | undefined): string {
  return id === undefined ? '' : `${id.client}:${id.clock}`;
}

function toYjsId(id: StructId): Y.ID {
  return Y.createID(id.client, id.clock);
}
