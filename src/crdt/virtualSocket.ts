/**
 * As much of a WebSocket as y-websocket uses. It opens in the next microtask, delivers to the handler
 * that is set at that moment, and never closes by itself.
 */
export interface SocketPeer {
  onFrame(socket: VirtualSocket, frame: Uint8Array): void;
  onClose(socket: VirtualSocket): void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

export class VirtualSocket {
  readonly OPEN = OPEN;
  binaryType = 'arraybuffer';
  readyState = CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #peer: SocketPeer;

  constructor(peer: SocketPeer) {
    this.#peer = peer;
    // Handlers are set after construction.
    queueMicrotask(() => {
      if (this.readyState !== CONNECTING) return;
      this.readyState = OPEN;
      this.onopen?.();
    });
  }

  send(frame: Uint8Array): void {
    if (this.readyState === OPEN) this.#peer.onFrame(this, frame);
  }

  deliver(frame: Uint8Array): void {
    if (this.readyState === OPEN) this.onmessage?.({ data: new Uint8Array(frame).buffer });
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#peer.onClose(this);
  }
}
