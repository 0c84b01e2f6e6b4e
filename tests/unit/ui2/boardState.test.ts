import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/crypto/random';
import type { PersonId } from '../../../src/domain/ids';
import type { DocumentChannel } from '../../../src/engine/client';
import { err, ok } from '../../../src/lib/result';
import type { Bytes } from '../../../src/lib/bytes';
import { BoardState } from '../../../src/ui/board/boardState.svelte';

/** All devices of a group, connected as long as `isOnline`. */
class Group {
  readonly log: Bytes[] = [];
  isFull = false;
  readonly #members: { readonly onUpdates: (updates: readonly Bytes[]) => void }[] = [];
  readonly #watchers: ((bytes: Bytes) => void)[] = [];

  channel(device: number): DocumentChannel {
    return {
      device: new Uint8Array(16).fill(device),
      load: () => Promise.resolve([...this.log]),
      observeUpdates: (onUpdates) => {
        const member = { onUpdates };
        this.#members.push(member);
        return () => this.#members.splice(this.#members.indexOf(member), 1);
      },
      send: (_session, update) => {
        if (this.isFull) return Promise.resolve(err({ type: 'storage-full', then: 'stop' }));
        this.log.push(update);
        for (const { onUpdates } of [...this.#members]) onUpdates([update]);
        return Promise.resolve(ok(undefined));
      },
      sendPresence: (bytes) => {
        for (const watcher of [...this.#watchers]) watcher(bytes);
      },
      observePresence: (onPresence) => {
        this.#watchers.push(onPresence);
        return () => this.#watchers.splice(this.#watchers.indexOf(onPresence), 1);
      },
    };
  }
}

const anna = 'a'.repeat(32) as PersonId;
const boris = 'b'.repeat(32) as PersonId;
const open: BoardState[] = [];

async function openBoard(group: Group, me: PersonId, device: number): Promise<BoardState> {
  const board = new BoardState({
    channel: group.channel(device),
    me,
    random: seededRandom(`board ${device}`),
  });
  open.push(board);
  await expect.poll(() => board.step).toBe('ready');
  return board;
}
const texts = (board: BoardState) => board.content.items.map((item) => item.text);

afterEach(async () => {
  await Promise.all(open.splice(0).map((board) => board.close()));
});

describe('BoardState', () => {
  it('adds at the end or behind an item, moves and ticks', async () => {
    const board = await openBoard(new Group(), anna, 1);
    const first = board.add('Streugut');
    board.add('Schilder');
    board.add('Fahrzeug', first);
    expect(texts(board)).toEqual(['Streugut', 'Fahrzeug', 'Schilder']);
    if (first) board.move(first, 1);
    expect(texts(board)).toEqual(['Fahrzeug', 'Streugut', 'Schilder']);
    if (first) board.move(first, 1);
    if (first) board.move(first, 1);
    expect(texts(board)).toEqual(['Fahrzeug', 'Schilder', 'Streugut']);
    if (first) board.toggle(first, true);
    expect([board.doneCount, board.content.items[2]?.doneBy]).toEqual([1, anna]);
  });

  it('puts a removed item back where it stood', async () => {
    const board = await openBoard(new Group(), anna, 1);
    const ids = ['eins', 'zwei', 'drei'].map((text) => board.add(text));
    board.remove(ids[1] ?? '');
    expect([texts(board), board.removed?.text]).toEqual([['eins', 'drei'], 'zwei']);
    board.restore();
    expect([texts(board), board.removed]).toEqual([['eins', 'zwei', 'drei'], undefined]);
  });

  it('undoes own changes only', async () => {
    const group = new Group();
    const here = await openBoard(group, anna, 1);
    const there = await openBoard(group, boris, 2);
    here.setTitle('Stadtfest', { base: '' });
    await here.flush();
    await expect.poll(() => there.content.title).toBe('Stadtfest');
    there.setText('Strom ab 8 Uhr', { base: '' });
    await there.flush();
    await expect.poll(() => here.content.text).toBe('Strom ab 8 Uhr');
    here.undo();
    expect([here.content.title, here.content.text]).toEqual(['', 'Strom ab 8 Uhr']);
  });

  it('shows who else is here, and in which field, but never oneself', async () => {
    const group = new Group();
    const here = await openBoard(group, anna, 1);
    const there = await openBoard(group, boris, 2);
    const own = await openBoard(group, anna, 3);
    there.enter('text');
    own.enter('title');
    await expect.poll(() => here.editorsOf('text')).toEqual([boris]);
    expect(here.others).toEqual([boris]);
    there.leave('text');
    await expect.poll(() => here.editorsOf('text')).toEqual([]);
    expect(here.others).toEqual([boris]);
  });

  it('says saved only when it is, and unsaved when the vault is full', async () => {
    const group = new Group();
    const board = await openBoard(group, anna, 1);
    expect([board.saving, board.hasEdited]).toEqual(['saved', false]);
    group.isFull = true;
    board.setText('Wichtig', { base: '' });
    expect(board.saving).toBe('saving');
    expect(await board.flush()).toBe(false);
    expect(board.saving).toBe('unsaved');
    group.isFull = false;
    expect(await board.flush()).toBe(true);
    expect([board.saving, group.log.length]).toEqual(['saved', 1]);
  });

  it('says when the document cannot be opened', async () => {
    const channel = { ...new Group().channel(1), load: () => Promise.reject(new Error('database gone')) };
    const board = new BoardState({ channel, me: anna, random: seededRandom(1) });
    open.push(board);
    await expect.poll(() => board.step).toBe('failed');
  });
});
