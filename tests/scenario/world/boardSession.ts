/**
 * One opening of a notice board in a tab, as crdt/sealedSocket.ts does it, without its timers: an edit
 * is saved at once as one update of this session.
 */
import * as Y from 'yjs';
import { documentClientId } from '../../../src/crdt/documentClientId';
import type { DocumentChannel } from '../../../src/crdt/documentChannel';
import { readBoard, type BoardContent } from '../../../src/crdt/noticeBoard';
import { packUpdates } from '../../../src/crdt/packUpdate';
import type { Bytes } from '../../../src/lib/bytes';

export const BOARD = 'board';

export class BoardSession {
  isOutdated = false;
  readonly doc = new Y.Doc();
  readonly #channel: DocumentChannel;
  readonly #session: Bytes;
  readonly #stop: () => void;

  private constructor(channel: DocumentChannel, session: Bytes) {
    this.#channel = channel;
    this.#session = session;
    this.doc.clientID = documentClientId(channel.device, BOARD, session);
    this.#stop = channel.observeUpdates(
      (updates) => {
        for (const update of updates) Y.applyUpdate(this.doc, update);
      },
      () => {
        this.isOutdated = true;
      },
    );
  }

  static async open(channel: DocumentChannel, session: Bytes): Promise<BoardSession> {
    const opened = new BoardSession(channel, session);
    for (const update of await channel.load()) Y.applyUpdate(opened.doc, update);
    return opened;
  }

  get board(): BoardContent {
    return readBoard(this.doc);
  }

  /** Whether it was saved. */
  async edit(change: (doc: Y.Doc) => void): Promise<boolean> {
    const updates: Uint8Array[] = [];
    const note = (update: Uint8Array, origin: unknown): void => {
      if (origin === null) updates.push(update);
    };
    const from = Y.getState(this.doc.store, this.doc.clientID);
    this.doc.on('update', note);
    change(this.doc);
    this.doc.off('update', note);
    for (const update of packUpdates(this.doc, this.doc.clientID, from, updates) ?? []) {
      const sent = await this.#channel.send(this.#session, update);
      if (!sent.ok) {
        // The structs are in the document and nowhere else: this opening must not go on.
        this.isOutdated = true;
        return false;
      }
    }
    return true;
  }

  close(): void {
    this.#stop();
  }
}
