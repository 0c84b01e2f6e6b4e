/**
 * One opening of a document: one session nonce, one client id, one Yjs document and the provider that
 * binds it to the channel. Thrown away as a whole and opened anew; never repaired.
 */
import { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { Random } from '../crypto/random';
import type { DocumentChannel } from './documentChannel';
import { documentClientId } from './documentClientId';
import { DOCUMENT_LIMITS } from './documentLimits';
import type { SaveState } from './outgoingUpdates';
import { SealedSocket } from './sealedSocket';

export interface DocumentOpeningOptions {
  readonly channel: DocumentChannel;
  readonly documentId: string;
  readonly random: Random;
  onSaveState(state: SaveState): void;
  onOutdated(): void;
}

export class DocumentOpening {
  readonly doc = new Y.Doc();
  readonly awareness: Awareness;
  /** Rejects when the channel could not load; open anew then. */
  readonly whenSynced: Promise<void>;
  readonly socket: SealedSocket;
  readonly #provider: WebsocketProvider;

  constructor({ channel, documentId, random, onSaveState, onOutdated }: DocumentOpeningOptions) {
    // A nonce is never used twice: an id reused after a lost write diverges for good.
    const session = random.bytes(DOCUMENT_LIMITS.sessionBytes);
    const client = documentClientId(channel.device, documentId, session);
    this.doc.clientID = client;
    this.awareness = new Awareness(this.doc);
    // Silent until the screen says where its person is.
    this.awareness.setLocalState(null);
    const { promise, resolve, reject } = deferred();
    this.whenSynced = promise;
    this.socket = new SealedSocket({
      channel,
      session,
      client,
      onSaveState,
      onOutdated,
      onLoadFailed: reject,
    });
    this.#provider = new WebsocketProvider('sealed:', 'document', this.doc, {
      awareness: this.awareness,
      WebSocketPolyfill: this.socket.WebSocket,
      disableBc: true,
    });
    this.#provider.on('sync', (isSynced: boolean) => {
      if (isSynced) resolve();
    });
  }

  /** Everything stops at once; resolves when what was typed is saved. */
  async close(): Promise<void> {
    // Says goodbye while the socket still listens.
    this.awareness.setLocalState(null);
    const saved = this.socket.close();
    // The provider would set a reconnect timer for a socket it closes itself, even while destroyed.
    this.#provider.shouldConnect = false;
    this.#provider.wsconnected = false;
    this.#provider.ws?.close();
    this.#provider.ws = null;
    this.#provider.destroy();
    // Stops awareness' timer, too.
    this.doc.destroy();
    await saved;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  // Whoever awaits it hears of a rejection; nobody has to.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
