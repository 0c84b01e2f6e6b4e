/**
 * The WebSocket that y-websocket's stock provider talks to: it is always open and ends in the vault.
 * Accepted updates (and own ones that wait) answer the provider's sync step 1; what the user types
 * becomes coalesced updates of this session; presence passes through, narrowed.
 *
 * A mirror document stands for the server. It says what is new in a frame (an update event carries
 * nothing else), so echoes and repeated syncs never reach the channel.
 *
 * Limits: the channel is trusted to hand out accepted updates; they were judged before
 * (`CanonicalDoc`). Updates whose ground was refused stay pending here and are never shown.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { messageYjsSyncStep1, writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync';
import { messageAwareness, messageSync } from 'y-websocket';
import * as Y from 'yjs';
import type { Bytes } from '../lib/bytes';
import type { DocumentChannel } from './documentChannel';
import { OutgoingPresence } from './outgoingPresence';
import { OutgoingUpdates, type SaveState } from './outgoingUpdates';
import { packUpdates } from './packUpdate';
import { ownPresence, PresenceFilter } from './presenceFrames';
import { VirtualSocket, type SocketPeer } from './virtualSocket';

export interface SealedSocketOptions {
  readonly channel: DocumentChannel;
  readonly session: Bytes;
  /** Must be `documentClientId(channel.device, documentId, session)` and the document's client id. */
  readonly client: number;
  onSaveState(state: SaveState): void;
  /** The document no longer follows from the channel: open it anew. */
  onOutdated(): void;
  onLoadFailed(error: unknown): void;
}

/** The provider gives up on a socket that is silent for 30 s. */
const KEEP_ALIVE_MS = 10_000;
const LOCAL = Symbol('from the provider');
const NO_PRESENCE = new Uint8Array([0]);

export class SealedSocket {
  /** For the provider's `WebSocketPolyfill`: it uses no more of a WebSocket than this class has. */
  readonly WebSocket: typeof WebSocket;
  readonly #options: SealedSocketOptions;
  readonly #mirror = new Y.Doc();
  readonly #updates: OutgoingUpdates;
  readonly #presence: OutgoingPresence;
  readonly #filter: PresenceFilter;
  readonly #sockets = new Set<VirtualSocket>();
  readonly #loaded: Promise<boolean>;
  readonly #stops: (() => void)[];
  readonly #keepAlive: ReturnType<typeof setInterval>;
  #packedClock = 0;
  #isClosed = false;

  constructor(options: SealedSocketOptions) {
    const { channel, session, client } = options;
    this.#options = options;
    this.#filter = new PresenceFilter(client);
    this.#presence = new OutgoingPresence((bytes) => channel.sendPresence(bytes));
    this.#updates = new OutgoingUpdates({
      send: (update) => channel.send(session, update),
      pack: (updates) => this.#pack(updates),
      onUnsendable: () => options.onOutdated(),
      onState: (state) => options.onSaveState(state),
    });
    this.#mirror.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === LOCAL) this.#updates.add(update);
      else this.#broadcast(syncFrame((encoder) => writeUpdate(encoder, update)));
    });
    // Listening begins before loading, so that nothing falls between; twice does no harm.
    this.#stops = [
      channel.observeUpdates(
        (updates) => this.#apply(updates),
        () => options.onOutdated(),
      ),
      channel.observePresence((bytes) => this.#receivePresence(bytes)),
    ];
    this.#loaded = this.#load();
    this.#keepAlive = setInterval(() => this.#broadcast(presenceFrame(NO_PRESENCE)), KEEP_ALIVE_MS);
    this.WebSocket = this.#socketClass();
  }

  get saveState(): SaveState {
    return this.#updates.state;
  }

  /** Resolves when everything typed so far is durable, or saving it has failed. */
  flush(): Promise<void> {
    return this.#updates.flush();
  }

  /** Leaves no timer and no listener behind; resolves after the last save. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    clearInterval(this.#keepAlive);
    this.#presence.close();
    this.#sockets.clear();
    const saved = this.#updates.close();
    this.#mirror.destroy();
    await saved;
  }

  async #load(): Promise<boolean> {
    try {
      this.#apply(await this.#options.channel.load());
      return true;
    } catch (error) {
      if (!this.#isClosed) this.#options.onLoadFailed(error);
      return false;
    }
  }

  #apply(updates: readonly Uint8Array[]): void {
    for (const update of updates) Y.applyUpdate(this.#mirror, update);
  }

  #pack(updates: readonly Uint8Array[]): readonly Bytes[] | undefined {
    const packed = packUpdates(this.#mirror, this.#options.client, this.#packedClock, updates);
    this.#packedClock = Y.getState(this.#mirror.store, this.#options.client);
    return packed;
  }

  #receive(socket: VirtualSocket, frame: Uint8Array): void {
    if (this.#isClosed) return;
    const decoder = decoding.createDecoder(frame);
    const type = decoding.readVarUint(decoder);
    if (type === messageAwareness) {
      const entry = ownPresence(decoding.readVarUint8Array(decoder), this.#options.client);
      if (entry !== undefined) this.#presence.set(entry);
    } else if (type === messageSync) {
      const step = decoding.readVarUint(decoder);
      const body = decoding.readVarUint8Array(decoder);
      if (step === messageYjsSyncStep1) void this.#answerStep1(socket, body);
      else this.#receiveUpdate(body);
    }
  }

  async #answerStep1(socket: VirtualSocket, stateVector: Uint8Array): Promise<void> {
    if (!(await this.#loaded) || this.#isClosed) return;
    socket.deliver(syncFrame((encoder) => writeSyncStep2(encoder, this.#mirror, stateVector)));
    this.#sockets.add(socket);
    // After a silent reconnect the provider may hold edits that were never sent: ask for them.
    socket.deliver(syncFrame((encoder) => writeSyncStep1(encoder, this.#mirror)));
  }

  #receiveUpdate(update: Uint8Array): void {
    const { client, onOutdated } = this.#options;
    const { store } = this.#mirror;
    // Only this session's structs are sent. Others that did not come through the channel must not
    // become the ground of ours: such a document is given up.
    const hasUnknown = Y.decodeUpdate(update).structs.some(
      ({ id, length }) => id.client !== client && id.clock + length > Y.getState(store, id.client),
    );
    if (hasUnknown) onOutdated();
    else Y.applyUpdate(this.#mirror, update, LOCAL);
  }

  #receivePresence(bytes: Uint8Array): void {
    const accepted = this.#filter.accept(bytes);
    if (accepted === undefined) return;
    this.#broadcast(presenceFrame(accepted.bytes));
    if (accepted.isNewcomer) this.#presence.announce();
  }

  #broadcast(frame: Uint8Array): void {
    for (const socket of this.#sockets) socket.deliver(frame);
  }

  #socketClass(): typeof WebSocket {
    const peer: SocketPeer = {
      onFrame: (socket, frame) => this.#receive(socket, frame),
      onClose: (socket) => this.#sockets.delete(socket),
    };
    class BoundSocket extends VirtualSocket {
      constructor() {
        super(peer);
      }
    }
    return BoundSocket as unknown as typeof WebSocket;
  }
}

function syncFrame(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, messageSync);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

function presenceFrame(bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, messageAwareness);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}
