/**
 * A WebSocket of a device: what comes goes to the relay, and it is the relay's `Peer` for what leaves.
 *
 * Ten thousand of these lie idle, so handlers are shared functions and lists are made when they are
 * needed. What is sent in one turn of the loop leaves in one write, whatever logs and answers it belongs
 * to. Limit: it writes beside `ws`, which is in order because messages are neither compressed nor
 * fragmented and `ws` itself sends nothing but control frames here.
 */
import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import type { Bytes } from '../src/lib/bytes';
import { LIMITS } from '../src/protocol/limits';
import type { Outbox } from './outbox';
import { CLOSE, type Peer } from './peer';
import type { Relay } from './relay';
import type { Session } from './session';
import { setMaxFrame } from './setMaxFrame';
import { wireFrameOf } from './wireFrame';

export interface SocketHouse {
  readonly relay: Relay;
  readonly outbox: Outbox;
  /** A bug while a frame was handled. */
  readonly onError: (error: unknown) => void;
}

/** Frames that may wait for their answer. */
const MAX_IN_FLIGHT = 32;
/** Small writes are put together; large ones are not copied for it. */
const JOINED_BYTES = 64 * 1024;
/** How long a goodbye is waited for (`ws` itself waits 30 s). */
const GOODBYE_MS = 2_000;

export class DeviceSocket extends WebSocket implements Peer {
  #house: SocketHouse | undefined;
  #session: Session | undefined;
  #socket: Duplex | undefined;
  #waiting: Buffer[] | undefined;
  #waitingBytes = 0;
  /** What the budget was last told. */
  #counted = 0;
  #inFlight = 0;
  #resting: NodeJS.Timeout | undefined;
  #forRoom: (() => void)[] | undefined;
  /** Heard from since the last ping. */
  #isAlive = true;

  /** Once, when the handshake is done. */
  serve(socket: Duplex, host: string, house: SocketHouse): void {
    this.#house = house;
    this.#socket = socket;
    setMaxFrame(this, LIMITS.strangerFrameBytes);
    this.on('pong', onPong);
    this.on('message', onMessage);
    this.on('error', onError);
    this.on('close', onClose);
    socket.on('drain', () => this.#drained());
    this.#session = house.relay.connect(this, host);
  }

  pingOrEnd(): void {
    if (!this.#isAlive) this.terminate();
    else this.ping();
    this.#isAlive = false;
  }

  heard(): void {
    this.#isAlive = true;
  }

  take(frame: Uint8Array): void {
    if (this.#house === undefined || this.#session === undefined) return;
    this.#inFlight += 1;
    this.#flow();
    const { relay, onError } = this.#house;
    relay
      .receive(this.#session, frame)
      .catch(onError)
      .finally(() => {
        this.#inFlight -= 1;
        this.#flow();
      });
  }

  ended(): void {
    clearTimeout(this.#resting);
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#count(0);
    this.#wake();
    if (this.#session !== undefined) this.#house?.relay.disconnect(this.#session);
  }

  // ---- as the relay's peer ------------------------------------------------------------------

  get bufferedBytes(): number {
    return (this.#socket?.writableLength ?? 0) + this.#waitingBytes;
  }

  override send(frame: Bytes): void {
    if (this.readyState !== this.OPEN || this.#house === undefined) return;
    if (this.#house.relay.budget.isStuck(this.bufferedBytes)) {
      this.close(CLOSE.tryAgainLater, 'slow');
      return;
    }
    const wire = wireFrameOf(frame);
    if (this.#waiting === undefined) {
      this.#waiting = [wire];
      this.#house.outbox.add(this);
    } else this.#waiting.push(wire);
    this.#waitingBytes += wire.length;
  }

  flush(): void {
    const waiting = this.#waiting;
    const bytes = this.#waitingBytes;
    const socket = this.#socket;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    if (waiting === undefined || socket === undefined || this.readyState !== this.OPEN) return;
    if (waiting[0] !== undefined && waiting.length === 1) socket.write(waiting[0]);
    else if (bytes <= JOINED_BYTES) socket.write(Buffer.concat(waiting, bytes));
    else {
      socket.cork();
      for (const wire of waiting) socket.write(wire);
      socket.uncork();
    }
    this.#count(socket.writableLength);
  }

  override close(code?: number, reason?: string): void {
    this.flush();
    super.close(code, reason);
    setTimeout(() => {
      this.terminate();
    }, GOODBYE_MS).unref();
  }

  rest(ms: number): void {
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined;
      this.#flow();
    }, ms);
    this.#flow();
  }

  trust(): void {
    setMaxFrame(this, LIMITS.frameBytes);
  }

  async room(): Promise<void> {
    while (this.#isSlow && this.readyState === this.OPEN)
      await new Promise<void>((resolve) => (this.#forRoom ??= []).push(resolve));
  }

  // ---- helpers ------------------------------------------------------------------------------

  get #isSlow(): boolean {
    return this.#house?.relay.budget.isSlow(this.bufferedBytes) === true;
  }

  #flow(): void {
    const mayRead = this.#inFlight < MAX_IN_FLIGHT && this.#resting === undefined && !this.#isSlow;
    if (mayRead && this.isPaused) this.resume();
    else if (!mayRead && !this.isPaused && this.readyState === this.OPEN) this.pause();
  }

  #drained(): void {
    if (this.#house === undefined) return;
    this.#count(this.#socket?.writableLength ?? 0);
    this.#wake();
    this.#flow();
    const { relay, onError } = this.#house;
    relay.drained(this).catch(onError);
  }

  #wake(): void {
    const waiting = this.#forRoom;
    this.#forRoom = undefined;
    for (const wake of waiting ?? []) wake();
  }

  #count(bytes: number): void {
    if (bytes === this.#counted) return;
    this.#house?.relay.budget.changed(bytes - this.#counted);
    this.#counted = bytes;
  }
}

function onPong(this: WebSocket): void {
  if (this instanceof DeviceSocket) this.heard();
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (!(this instanceof DeviceSocket)) return;
  this.heard();
  this.take(isBinary && data instanceof Uint8Array ? data : new Uint8Array(0));
}

function onError(): void {
  // the close event follows
}

function onClose(this: WebSocket): void {
  if (this instanceof DeviceSocket) this.ended();
}
