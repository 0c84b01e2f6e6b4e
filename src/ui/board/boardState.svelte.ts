/**
 * A group's notice board on the screen: what stands on it, who else is here, and whether what was
 * typed is safe. Loaded only when a board is opened, because it brings Yjs along.
 */
import * as Y from 'yjs';
import type { DocumentChannel } from '../../engine/client';
import type { PersonId } from '../../domain/ids';
import type { Random } from '../../crypto/random';
import { setPresence, observePresence, type Presence } from '../../crdt/boardPresence';
import {
  addItem,
  moveItem,
  observeBoard,
  removeItem,
  setItemText,
  setText,
  setTitle,
  toggleItem,
  type BoardContent,
  type BoardItem,
  type TextEdit,
} from '../../crdt/noticeBoard';
import { openSharedDoc, type SharedDoc } from '../../crdt/openSharedDoc';

export const BOARD_DOCUMENT = 'board';

export type BoardStep = 'loading' | 'ready' | 'failed';
export type BoardSaving = 'saved' | 'saving' | 'unsaved';

export interface BoardOptions {
  readonly channel: DocumentChannel;
  readonly me: PersonId;
  readonly random: Random;
}

const nothing: BoardContent = { title: '', text: '', items: [] };

export class BoardState {
  #step = $state<BoardStep>('loading');
  #content = $state.raw<BoardContent>(nothing);
  #others = $state.raw<readonly Presence[]>([]);
  #saving = $state<BoardSaving>('saved');
  #hasEdited = $state(false);
  #wasTakenBack = $state(false);
  #removed = $state.raw<BoardItem>();
  #field: string | undefined;
  #undo: Y.UndoManager | undefined;
  #stops: (() => void)[] = [];
  readonly #shared: SharedDoc;
  readonly #options: BoardOptions;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#shared = openSharedDoc({
      channel: options.channel,
      documentId: BOARD_DOCUMENT,
      random: options.random,
    });
    this.#shared.whenSynced.then(
      () => this.#ready(),
      () => (this.#step = 'failed'),
    );
  }

  get step(): BoardStep {
    return this.#step;
  }
  get content(): BoardContent {
    return this.#content;
  }
  get saving(): BoardSaving {
    return this.#saving;
  }
  /** Whether something was changed here since it was opened: only then is there anything to wait for. */
  get hasEdited(): boolean {
    return this.#hasEdited;
  }
  /** A change of ours was refused. */
  get wasTakenBack(): boolean {
    return this.#wasTakenBack;
  }
  /** The item that was removed last and can still be put back. */
  get removed(): BoardItem | undefined {
    return this.#removed;
  }
  get doneCount(): number {
    return this.#content.items.filter((item) => item.done).length;
  }

  /** Others who look at the board, each once. Other devices of ours are ourselves. */
  get others(): readonly PersonId[] {
    return [...new Set(this.#others.map((x) => x.person))].filter((person) => person !== this.#options.me);
  }
  editorsOf(field: string): readonly PersonId[] {
    return this.others.filter((person) => this.#others.some((x) => x.person === person && x.field === field));
  }

  // These three answer what the document says afterwards.
  setTitle(title: string, edit: TextEdit): string {
    this.#edit(() => setTitle(this.#shared.doc, title, edit));
    return this.#content.title;
  }
  setText(text: string, edit: TextEdit): string {
    this.#edit(() => setText(this.#shared.doc, text, edit));
    return this.#content.text;
  }
  /** An item is one line, whatever is pasted into it. */
  setItemText(id: string, text: string, edit: TextEdit): string {
    this.#edit(() => setItemText(this.#shared.doc, id, text.replace(/\s*[\r\n]+\s*/g, ' '), edit));
    return this.#content.items.find((item) => item.id === id)?.text ?? '';
  }
  toggle(id: string, isDone: boolean): void {
    this.#edit(() => toggleItem(this.#shared.doc, id, isDone, this.#options.me));
  }

  /** At the end, or behind another one. Answers the new item's id; undefined when the list is full. */
  add(text: string, behind?: string): string | undefined {
    const id = newItemId(this.#options.random);
    let isAdded = false;
    this.#edit(() => {
      const next = behind === undefined ? undefined : this.#content.items[this.#indexOf(behind) + 1]?.id;
      this.#shared.doc.transact(() => {
        isAdded = addItem(this.#shared.doc, id, text);
        if (isAdded && next !== undefined) moveItem(this.#shared.doc, id, next);
      });
    });
    return isAdded ? id : undefined;
  }

  remove(id: string): void {
    const item = this.#content.items.find((x) => x.id === id);
    if (item === undefined) return;
    // One step of undo by itself, whatever was typed before.
    this.#undo?.stopCapturing();
    this.#edit(() => removeItem(this.#shared.doc, id));
    this.#undo?.stopCapturing();
    this.#removed = item;
  }
  /** Puts the last removed item back where it stood, with what others wrote in it. */
  restore(): void {
    if (this.#removed === undefined) return;
    this.undo();
  }
  forgetRemoved(): void {
    this.#removed = undefined;
  }

  /** By one place up (-1) or down (1). */
  move(id: string, by: -1 | 1): void {
    const items = this.#content.items;
    const at = this.#indexOf(id);
    const target = at + by;
    if (at === -1 || target < 0 || target >= items.length) return;
    this.#edit(() => moveItem(this.#shared.doc, id, items[by === -1 ? target : target + 1]?.id));
  }

  /** Own changes only: what others wrote stays. */
  undo(): void {
    this.#removed = undefined;
    this.#undo?.undo();
  }
  redo(): void {
    this.#undo?.redo();
  }

  /** Where our caret is: 'title', 'text' or an item's id. */
  enter(field: string): void {
    this.#field = field;
    this.#announce();
  }
  leave(field: string): void {
    if (this.#field === field) this.#field = undefined;
    this.#announce();
    void this.#shared.flush();
  }

  /** Whether everything typed is durable. */
  async flush(): Promise<boolean> {
    await this.#shared.flush();
    return !this.#shared.hasUnsavedChanges();
  }

  async close(): Promise<void> {
    this.#unbind();
    await this.#shared.destroy();
  }

  #ready(): void {
    this.#stops.push(
      this.#shared.onRebuild((doc) => this.#rebuilt(doc)),
      this.#shared.observeSaving((state) => {
        this.#saving = state.isSaved ? 'saved' : state.failure === undefined ? 'saving' : 'unsaved';
      }),
    );
    this.#bind(this.#shared.doc);
    this.#step = 'ready';
  }

  #rebuilt(doc: Y.Doc): void {
    const before = this.#content;
    this.#unbindDoc();
    this.#removed = undefined;
    this.#bind(doc);
    this.#wasTakenBack = this.#hasEdited && JSON.stringify(before) !== JSON.stringify(this.#content);
  }

  #docStops: (() => void)[] = [];

  #bind(doc: Y.Doc): void {
    const undo = new Y.UndoManager(doc, { captureTimeout: 800 });
    this.#undo = undo;
    this.#docStops = [
      observeBoard(doc, (content) => (this.#content = content)),
      observePresence(this.#shared.awareness, (others) => (this.#others = others)),
      () => undo.destroy(),
    ];
    this.#announce();
  }

  #unbindDoc(): void {
    for (const stop of this.#docStops) stop();
    this.#docStops = [];
  }
  #unbind(): void {
    this.#unbindDoc();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #edit(change: () => void): void {
    if (this.#step !== 'ready') return;
    this.#hasEdited = true;
    this.#wasTakenBack = false;
    this.#removed = undefined;
    change();
  }

  #announce(): void {
    setPresence(this.#shared.awareness, { person: this.#options.me, field: this.#field });
  }

  #indexOf(id: string): number {
    return this.#content.items.findIndex((item) => item.id === id);
  }
}

function newItemId(random: Random): string {
  return Array.from(random.bytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
