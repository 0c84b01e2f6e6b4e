/**
 * Whether a cut in the document would fall between the halves of a surrogate pair. A pair always lies
 * within one struct: text arrives as UTF-8, which has no halves, and no accepted update cuts one.
 */
import * as Y from 'yjs';
import { structAt, type StructId, type UpdateClaim } from './readUpdate';

/** `id` is in the document or in the update. */
export function cutsPairAfter(doc: Y.Doc, claim: UpdateClaim, id: StructId): boolean {
  const state = Y.getState(doc.store, id.client);
  if (id.clock >= state) {
    const struct = structAt(claim, id);
    return struct?.text !== undefined && isPairAt(struct.text, id.clock - struct.clock);
  }
  const item = Y.getItem(doc.store, Y.createID(id.client, id.clock));
  // What was deleted has no letters left to cut.
  return (
    item instanceof Y.Item &&
    item.content instanceof Y.ContentString &&
    isPairAt(item.content.str, id.clock - item.id.clock)
  );
}

export function cutsPairBefore(doc: Y.Doc, claim: UpdateClaim, id: StructId): boolean {
  return id.clock > 0 && cutsPairAfter(doc, claim, { client: id.client, clock: id.clock - 1 });
}

function isPairAt(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}
