import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { isPosition, positionBetween, spreadPositions } from '../../../src/crdt/itemPosition';
import {
  addItem,
  BOARD_LIMITS,
  moveItem,
  observeBoard,
  readBoard,
  removeItem,
  setItemText,
  setText,
  setTitle,
  toggleItem,
} from '../../../src/crdt/noticeBoard';
import { chooser } from './pick';

// Long runs, on machines that may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

function merge(...docs: readonly Y.Doc[]): void {
  const updates = docs.map((doc) => Y.encodeStateAsUpdate(doc));
  for (const doc of docs) for (const update of updates) Y.applyUpdate(doc, update);
}

function ids(doc: Y.Doc): string {
  return readBoard(doc)
    .items.map(({ id }) => id)
    .join('');
}

describe('notice board', () => {
  test('two people who begin offline begin the same board', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    setTitle(a, 'Woche 47');
    addItem(a, 'a', 'Schlüssel');
    setText(b, 'Treffpunkt Bauhof');
    addItem(b, 'b', 'Öl');
    merge(a, b);
    expect(readBoard(a)).toEqual(readBoard(b));
    expect(readBoard(a)).toMatchObject({ title: 'Woche 47', text: 'Treffpunkt Bauhof' });
    expect(ids(a)).toHaveLength(2);
  });

  test('edits in two places of one text both stay', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    setText(a, 'Müller früh, Öztürk spät');
    merge(a, b);
    setText(a, 'Möller früh, Öztürk spät');
    setText(b, 'Müller früh, Öztürk nacht');
    merge(a, b);
    expect(readBoard(a).text).toBe('Möller früh, Öztürk nacht');
    expect(readBoard(b)).toEqual(readBoard(a));
  });

  test('an edit made on an older text leaves what came in between', () => {
    const doc = new Y.Doc();
    setText(doc, 'eins drei');
    setText(doc, 'null eins drei');
    setText(doc, 'eins zwei drei', { base: 'eins drei' });
    expect(readBoard(doc).text).toBe('null eins zwei drei');
  });

  test('an item moved by two people at once is there once, with what a third one typed', () => {
    const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()] as const;
    const [a, b, c] = docs;
    for (const id of ['a', 'b', 'c', 'd']) addItem(a, id, id);
    merge(...docs);
    moveItem(a, 'd', 'a');
    moveItem(b, 'd', 'b');
    setItemText(c, 'd', 'dazu');
    merge(...docs);
    merge(...docs);
    expect(ids(a)).toMatch(/^(dabc|adbc)$/);
    expect(readBoard(a).items.find(({ id }) => id === 'd')?.text).toBe('dazu');
    expect(readBoard(b)).toEqual(readBoard(a));
    expect(readBoard(c)).toEqual(readBoard(a));
  });

  test('ticking, removing, adding twice', () => {
    const doc = new Y.Doc();
    expect(addItem(doc, 'a', 'Brot')).toBe(true);
    expect(addItem(doc, 'a', 'Brot')).toBe(false);
    toggleItem(doc, 'a', true, 'p1');
    expect(readBoard(doc).items[0]).toEqual({ id: 'a', text: 'Brot', done: true, doneBy: 'p1' });
    toggleItem(doc, 'a', false, 'p1');
    expect(readBoard(doc).items[0]?.doneBy).toBeUndefined();
    removeItem(doc, 'a');
    removeItem(doc, 'a');
    expect(readBoard(doc).items).toEqual([]);
  });

  test.each([1, 2, 3])('moving lands where it was asked to, for ever; seed %i', (seed) => {
    const choose = chooser(seed);
    const doc = new Y.Doc();
    let expected: string[] = [];
    for (const id of 'abcdefghij') {
      addItem(doc, id, id);
      expected.push(id);
    }
    for (let i = 0; i < 600; i++) {
      const id = choose.of(expected);
      // Mostly into the same gap: the positions there grow until all are spread anew.
      const before = choose.chance(0.7) ? expected[1] : choose.chance(0.3) ? undefined : choose.of(expected);
      moveItem(doc, id, before);
      if (id === before) continue;
      expected = expected.filter((each) => each !== id);
      const at = before === undefined ? expected.length : expected.indexOf(before);
      expected.splice(at, 0, id);
      expect(ids(doc)).toBe(expected.join(''));
    }
  });

  test('what makes no sense is skipped, not thrown', () => {
    const doc = new Y.Doc();
    const items = doc.getArray('items');
    const half = new Y.Map<unknown>();
    half.set('id', 'x');
    items.push(['text', 7, new Y.Text('a'), new Y.Map(), half]);
    addItem(doc, 'a', 'a');
    (items.get(5) as Y.Map<unknown>).set('position', '<b>');
    (items.get(5) as Y.Map<unknown>).set('done', 'yes');
    expect(readBoard(doc).items).toEqual([{ id: 'a', text: 'a', done: false, doneBy: undefined }]);
    expect(addItem(doc, 'b', 'b')).toBe(true);
    moveItem(doc, 'b', 'a');
    expect(ids(doc)).toBe('ba');
  });

  test('keeps to its bounds, and half a pair is never written', () => {
    const doc = new Y.Doc();
    setTitle(doc, `eins\nzwei${'x'.repeat(500)}`);
    expect(readBoard(doc).title).toHaveLength(BOARD_LIMITS.title);
    expect(readBoard(doc).title.startsWith('eins zwei')).toBe(true);
    setText(doc, '😀'.repeat(BOARD_LIMITS.text));
    expect(readBoard(doc).text).toBe('😀'.repeat(BOARD_LIMITS.text / 2));
    setText(doc, 'a\ud83d');
    expect(readBoard(doc).text).toBe('a\ufffd');
    for (let i = 0; i < BOARD_LIMITS.items; i++) addItem(doc, `i${i}`, '');
    expect(addItem(doc, 'one more', '')).toBe(false);
  });

  test('a text that floods can be shortened', () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'x'.repeat(100_000));
    const shown = readBoard(doc).text;
    expect(shown).toHaveLength(BOARD_LIMITS.text);
    setText(doc, shown.slice(0, 10));
    expect(doc.getText('text')).toHaveLength(100_000 - BOARD_LIMITS.text + 10);
  });

  test('observing calls back at once, after each change, and no more when stopped', () => {
    const doc = new Y.Doc();
    const seen: string[] = [];
    const stop = observeBoard(doc, ({ title }) => seen.push(title));
    setTitle(doc, 'a');
    stop();
    setTitle(doc, 'ab');
    expect(seen).toEqual(['', 'a']);
  });

  test('positions lie strictly between, and are positions', () => {
    const choose = chooser(4);
    const positions = spreadPositions(200);
    expect([...positions].sort()).toEqual(positions);
    for (let i = 0; i < 2_000; i++) {
      const at = choose.below(positions.length + 1);
      const [before, after] = [positions[at - 1], positions[at]];
      const between = positionBetween(before, after);
      if (between === undefined) continue;
      expect(
        isPosition(between) && (before ?? '') < between && (after === undefined || between < after),
      ).toBe(true);
      positions.splice(at, 0, between);
    }
    expect(positionBetween('V', 'V')).toBeUndefined();
  });
});
