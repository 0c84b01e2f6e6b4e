/**
 * A group's notice board: title, free text and a checklist, edited together. Top-level types are
 * reached by name, so two devices that begin offline begin the same board. Reading trusts nothing:
 * what another device wrote may be of any allowed shape, and is skipped where it makes no sense.
 * Limits: longer texts than the bounds can come about by concurrent edits; they are shown cut.
 */
import * as Y from 'yjs';
import { isPosition, positionBetween, spreadPositions } from './itemPosition';
import { boardTextDiff, isBoundary, isHighSurrogate, rebaseSplice } from './textSplice';

export const BOARD_LIMITS = { title: 120, itemText: 500, text: 10_000, items: 300 } as const;

export interface BoardContent {
  readonly title: string;
  readonly text: string;
  /** In the order shown. */
  readonly items: readonly BoardItem[];
}

export interface BoardItem {
  readonly id: string;
  readonly text: string;
  readonly done: boolean;
  /** Who ticked it off, as that person's device wrote it: not proven. */
  readonly doneBy: string | undefined;
}

export interface TextEdit {
  /** The text the user was looking at, when it may differ from the document's by now. */
  readonly base?: string;
  /** The caret in the new text. */
  readonly caret?: number;
}

export function readBoard(doc: Y.Doc): BoardContent {
  return {
    title: cut(boardTitle(doc).toString(), BOARD_LIMITS.title),
    text: cut(boardText(doc).toString(), BOARD_LIMITS.text),
    items: readItems(doc).map(({ id, text, map }) => {
      const by = map.get('by');
      const done = map.get('done') === true;
      const doneBy = done && typeof by === 'string' ? by : undefined;
      return { id, text: cut(text.toString(), BOARD_LIMITS.itemText), done, doneBy };
    }),
  };
}

/** Calls back at once and after every change, one's own included. Answers the way to stop. */
export function observeBoard(doc: Y.Doc, onValue: (board: BoardContent) => void): () => void {
  const read = (): void => onValue(readBoard(doc));
  doc.on('update', read);
  read();
  return () => doc.off('update', read);
}

export function setTitle(doc: Y.Doc, title: string, edit: TextEdit = {}): void {
  // A title is one line, whatever is pasted into it.
  setSharedText(boardTitle(doc), title.replace(/\s*[\r\n]+\s*/g, ' '), BOARD_LIMITS.title, edit);
}

export function setText(doc: Y.Doc, text: string, edit: TextEdit = {}): void {
  setSharedText(boardText(doc), text, BOARD_LIMITS.text, edit);
}

/** At the end of the list. `id` is chosen by the caller (random); false when the list is full. */
export function addItem(doc: Y.Doc, id: string, text: string): boolean {
  const items = readItems(doc);
  if (items.length >= BOARD_LIMITS.items || items.some((item) => item.id === id)) return false;
  doc.transact(() => {
    const map = new Y.Map<unknown>();
    map.set('id', id);
    map.set('text', new Y.Text(cut(wellFormed(text), BOARD_LIMITS.itemText)));
    map.set('done', false);
    map.set('position', freePosition(items, items.length));
    boardItems(doc).push([map]);
  });
  return true;
}

export function setItemText(doc: Y.Doc, id: string, text: string, edit: TextEdit = {}): void {
  const item = findItem(doc, id);
  if (item) setSharedText(item.text, text, BOARD_LIMITS.itemText, edit);
}

/** `by` is the person who ticks it off. */
export function toggleItem(doc: Y.Doc, id: string, done: boolean, by: string): void {
  const map = findItem(doc, id)?.map;
  if (map === undefined || (map.get('done') === true) === done) return;
  doc.transact(() => {
    map.set('done', done);
    if (done) map.set('by', by);
    else map.delete('by');
  });
}

/** To stand before the item `beforeId`, or last when that is undefined. */
export function moveItem(doc: Y.Doc, id: string, beforeId: string | undefined): void {
  const moved = findItem(doc, id);
  if (moved === undefined || id === beforeId) return;
  const others = readItems(doc).filter((item) => item.id !== id);
  const found = beforeId === undefined ? -1 : others.findIndex((item) => item.id === beforeId);
  const index = found === -1 ? others.length : found;
  doc.transact(() => moved.map.set('position', freePosition(others, index)));
}

export function removeItem(doc: Y.Doc, id: string): void {
  const item = findItem(doc, id);
  if (item === undefined) return;
  // A flooded item would make one deletion larger than an update may be.
  while (item.text.length > STEP) item.text.delete(item.text.length - STEP, STEP);
  const items = boardItems(doc);
  doc.transact(() => {
    for (let i = items.length - 1; i >= 0; i--) {
      const value: unknown = items.get(i);
      if (value instanceof Y.Map && value.get('id') === id) items.delete(i);
    }
  });
}

/** Letters per transaction: every transaction must fit into an update (DOCUMENT_LIMITS). */
const STEP = 8_192;

interface ItemEntry {
  readonly id: string;
  readonly position: string;
  readonly map: Y.Map<unknown>;
  readonly text: Y.Text;
}

function boardTitle(doc: Y.Doc): Y.Text {
  return doc.getText('title');
}
function boardText(doc: Y.Doc): Y.Text {
  return doc.getText('text');
}
function boardItems(doc: Y.Doc): Y.Array<unknown> {
  return doc.getArray('items');
}

function readItems(doc: Y.Doc): ItemEntry[] {
  const items = new Map<string, ItemEntry>();
  for (const map of boardItems(doc)) {
    if (!(map instanceof Y.Map)) continue;
    const id: unknown = map.get('id');
    const text: unknown = map.get('text');
    const position: unknown = map.get('position');
    // The first of two with one id, so that ids stay keys for the screen.
    if (typeof id !== 'string' || id.length > 64 || !(text instanceof Y.Text) || items.has(id)) continue;
    items.set(id, { id, text, map, position: isPosition(position) ? position : 'z' });
    // A flood is shown up to here; removing items brings the rest into sight.
    if (items.size >= 2 * BOARD_LIMITS.items) break;
  }
  return [...items.values()].sort((a, b) => compare(a.position, b.position) || compare(a.id, b.id));
}

function findItem(doc: Y.Doc, id: string): ItemEntry | undefined {
  return readItems(doc).find((item) => item.id === id);
}

/** Within a transaction: may give all items new positions to make room. */
function freePosition(items: readonly ItemEntry[], index: number): string {
  const before = items[index - 1]?.position;
  const after = items[index]?.position;
  const position = positionBetween(before, after);
  if (position !== undefined) return position;
  const positions = spreadPositions(items.length + 1);
  items.forEach((item, i) => item.map.set('position', positions[i < index ? i : i + 1]));
  return positions[index] ?? 'V';
}

function setSharedText(shared: Y.Text, wanted: string, limit: number, { base, caret }: TextEdit): void {
  const current = shared.toString();
  const seen = base ?? cut(current, limit);
  const user = boardTextDiff(seen, cut(wellFormed(wanted), limit), caret);
  if (user === undefined) return;
  const splice = rebaseSplice(user, boardTextDiff(seen, current), current);
  if (splice === undefined) return;
  const room = limit - (current.length - splice.remove);
  write(shared, { ...splice, insert: cut(splice.insert, Math.max(0, room)) });
}

function write(shared: Y.Text, splice: { at: number; remove: number; insert: string }): void {
  const isSmall = splice.remove <= STEP && splice.insert.length <= STEP;
  const run = (): void => {
    for (let left = splice.remove; left > 0; left -= STEP) shared.delete(splice.at, Math.min(left, STEP));
    let at = splice.at;
    for (const piece of pieces(splice.insert)) {
      shared.insert(at, piece);
      at += piece.length;
    }
  };
  // A replacement is one step for the others; only what is too large for one update comes in several.
  if (isSmall && shared.doc) shared.doc.transact(run);
  else run();
}

function pieces(text: string): string[] {
  const out: string[] = [];
  for (let at = 0; at < text.length;) {
    const piece = cut(text.slice(at), STEP);
    out.push(piece);
    at += piece.length;
  }
  return out;
}

/** Half a pair (some keyboards compose so) has no UTF-8: the others would read something else. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

/** At most `limit` long, never through a character (of which one alone may be endless: marks on marks). */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = limit;
  while (end > 0 && limit - end < 64 && !isBoundary(text, end)) end--;
  if (!isBoundary(text, end)) end = isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
  return text.slice(0, Math.max(0, end));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
