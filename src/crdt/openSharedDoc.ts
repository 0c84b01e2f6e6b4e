/**
 * A shared document for the screen. What the user types lives in an overlay over the accepted updates;
 * after a refusal the overlay is thrown away and opened anew under a new session, and the screen is
 * told to bind to the new document.
 *
 * Limits: what was refused is not typed again by itself. `previous` in `onRebuild` still holds it, for
 * the screen to offer.
 */
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Random } from '../crypto/random';
import type { DocumentChannel } from './documentChannel';
import { DocumentOpening } from './documentOpening';
import type { SaveState } from './outgoingUpdates';

export interface OpenSharedDocOptions {
  readonly channel: DocumentChannel;
  readonly documentId: string;
  readonly random: Random;
  /** Where `pagehide` and `visibilitychange` are heard; the window, unless told otherwise. */
  readonly page?: EventTarget | undefined;
}

export interface SharedDoc {
  /** Both change at `onRebuild`. Edit after `whenSynced`. */
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  /** The first time the document is complete; rejects when it could not be loaded. */
  readonly whenSynced: Promise<void>;
  hasUnsavedChanges(): boolean;
  /** Calls back at once and after every change. */
  observeSaving(onState: (state: SaveState) => void): () => void;
  /** `doc` is the new, complete document; `previous` can still be read, and is written by nobody. */
  onRebuild(onRebuild: (doc: Y.Doc, previous: Y.Doc) => void): () => void;
  /** Call at blur. Resolves when what was typed is durable, or saving has failed (`observeSaving`). */
  flush(): Promise<void>;
  /** Resolves after the last save. */
  destroy(): Promise<void>;
}

const REBUILD_RETRY_MS = 3_000;

export function openSharedDoc(options: OpenSharedDocOptions): SharedDoc {
  return new Overlay(options);
}

class Overlay implements SharedDoc {
  readonly whenSynced: Promise<void>;
  readonly #options: OpenSharedDocOptions;
  readonly #page: EventTarget | undefined;
  readonly #saveListeners = new Set<(state: SaveState) => void>();
  readonly #rebuildListeners = new Set<(doc: Y.Doc, previous: Y.Doc) => void>();
  readonly #flushOnHide = (): void => void this.flush();
  #current: DocumentOpening;
  #rebuilding: Promise<void> | undefined;
  /** Signals so far: a rebuild that began before the last one is stale when it is done. */
  #signals = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isDestroyed = false;

  constructor(options: OpenSharedDocOptions) {
    this.#options = options;
    this.#page = options.page ?? (typeof window === 'undefined' ? undefined : window);
    this.#page?.addEventListener('pagehide', this.#flushOnHide);
    this.#page?.addEventListener('visibilitychange', this.#flushOnHide);
    this.#current = this.#open();
    this.whenSynced = this.#current.whenSynced;
  }

  get doc(): Y.Doc {
    return this.#current.doc;
  }

  get awareness(): Awareness {
    return this.#current.awareness;
  }

  hasUnsavedChanges(): boolean {
    return !this.#current.socket.saveState.isSaved;
  }

  observeSaving(onState: (state: SaveState) => void): () => void {
    this.#saveListeners.add(onState);
    onState(this.#current.socket.saveState);
    return () => this.#saveListeners.delete(onState);
  }

  onRebuild(onRebuild: (doc: Y.Doc, previous: Y.Doc) => void): () => void {
    this.#rebuildListeners.add(onRebuild);
    return () => this.#rebuildListeners.delete(onRebuild);
  }

  flush(): Promise<void> {
    return this.#current.socket.flush();
  }

  async destroy(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    clearTimeout(this.#retry);
    this.#page?.removeEventListener('pagehide', this.#flushOnHide);
    this.#page?.removeEventListener('visibilitychange', this.#flushOnHide);
    await this.#current.close();
    await this.#rebuilding;
  }

  #open(): DocumentOpening {
    const opening: DocumentOpening = new DocumentOpening({
      ...this.#options,
      onSaveState: (state) => this.#tellSaving(opening, state),
      onOutdated: () => this.#outdated(),
    });
    return opening;
  }

  #tellSaving(opening: DocumentOpening, state: SaveState): void {
    if (opening !== this.#current) return;
    for (const listener of this.#saveListeners) listener(state);
  }

  #outdated(): void {
    if (this.#isDestroyed) return;
    this.#signals++;
    clearTimeout(this.#retry);
    this.#rebuilding ??= this.#rebuild().finally(() => (this.#rebuilding = undefined));
  }

  async #rebuild(): Promise<void> {
    // Both openings hear the signal, and one may come while the next is being opened: once is enough
    // for all that came before it was opened.
    for (let seen = -1; seen !== this.#signals && !this.#isDestroyed;) {
      // What was typed up to here is judged like everything else.
      await this.#current.socket.flush();
      seen = this.#signals;
      const next = this.#open();
      try {
        await next.whenSynced;
      } catch {
        await next.close();
        if (!this.#isDestroyed) this.#retry = setTimeout(() => this.#outdated(), REBUILD_RETRY_MS);
        return;
      }
      if (seen === this.#signals && !this.#isDestroyed) this.#swap(next);
      else await next.close();
    }
  }

  #swap(next: DocumentOpening): void {
    const previous = this.#current;
    this.#current = next;
    const presence = previous.awareness.getLocalState();
    if (presence !== null) next.awareness.setLocalState(presence);
    // Saves the last letters on its way out; they reach the new document through the channel.
    void previous.close();
    for (const listener of this.#rebuildListeners) listener(next.doc, previous.doc);
    for (const listener of this.#saveListeners) listener(next.socket.saveState);
  }
}
