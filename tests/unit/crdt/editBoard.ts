/** One random edit, as a person on one of the fields would make it. */
import type * as Y from 'yjs';
import {
  addItem,
  BOARD_LIMITS,
  moveItem,
  readBoard,
  removeItem,
  setItemText,
  setText,
  setTitle,
  toggleItem,
} from '../../../src/crdt/noticeBoard';
import { isBoundary } from '../../../src/crdt/textSplice';
import type { Chooser } from './pick';

const SNIPPETS = ['a', 'ß', 'Größe ', '👩‍👩‍👧', 'e\u0301', '🇩🇪', '\n', 'Dienst: ', '👍🏽', 'zwölf'];

export function editBoard(doc: Y.Doc, choose: Chooser): void {
  const board = readBoard(doc);
  const item = board.items.length > 0 ? choose.of(board.items) : undefined;
  switch (choose.below(9)) {
    case 0:
      return setTitle(doc, changed(board.title, choose));
    case 1:
    case 2:
    case 3:
      return setText(doc, changed(board.text, choose));
    case 4:
      addItem(doc, `i${choose.below(1_000_000)}`, choose.of(SNIPPETS));
      return;
    case 5:
      if (item) setItemText(doc, item.id, changed(item.text, choose));
      return;
    case 6:
      if (item) toggleItem(doc, item.id, !item.done, 'p');
      return;
    case 7:
      if (item) moveItem(doc, item.id, choose.chance(0.3) ? undefined : choose.of(board.items).id);
      return;
    default:
      if (item && board.items.length > BOARD_LIMITS.items / 100) removeItem(doc, item.id);
  }
}

export function changed(text: string, choose: Chooser): string {
  const at = boundary(text, choose);
  const end = choose.chance(0.4) ? boundary(text, choose) : at;
  return text.slice(0, Math.min(at, end)) + choose.of(SNIPPETS) + text.slice(Math.max(at, end));
}

function boundary(text: string, choose: Chooser): number {
  let at = choose.below(text.length + 1);
  while (!isBoundary(text, at)) at--;
  return at;
}
