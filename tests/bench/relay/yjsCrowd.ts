/**
 * A crowd in one Yjs document, at `@y/websocket-server` or Hocuspocus. It speaks their protocol itself, because
 * their own clients would fold each update into a document and be most of what is measured. One sender, whose
 * updates add a text of our size to a list: deliveries keep the order, so the nth update is the nth message.
 */
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding';
import {
  createEncoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
  type Encoder,
} from 'lib0/encoding';
import { WebSocket } from 'ws';
import { Doc } from 'yjs';
import { equalBytes } from '../../../src/lib/bytes';
import { insist } from '../row';
import { MESSAGE_BYTES, type Crowd } from './load';
import { addressOf, type ServerName } from './serverProcess';

const SYNC = 0;
const AUTH = 2;
const UPDATE = 2;
const DOCUMENT = 'room';
const AT_ONCE = 200;

type Peer = Exclude<ServerName, 'depesche'>;

export async function gatherAtYjs(name: Peer, port: number, size: number): Promise<Crowd> {
  return new YjsCrowd(name, await connectYjs(name, port, size));
}

/** Sockets in the room, of which the server has said so. */
export async function connectYjs(name: Peer, port: number, size: number): Promise<readonly WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < size) {
    const count = Math.min(AT_ONCE, size - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: count }, () => enter(name, port)))));
  }
  return sockets;
}

function enter(name: Peer, port: number): Promise<WebSocket> {
  const socket = new WebSocket(addressOf(name, port), { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    if (name === 'y-websocket') {
      socket.once('message', () => resolve(socket));
      return;
    }
    socket.once('open', () => {
      const hello = frame(name, AUTH);
      writeVarUint(hello, 0);
      writeVarString(hello, 'token');
      socket.send(toUint8Array(hello));
      // An empty document's state: answered only once the connection is set up.
      const ask = frame(name, SYNC);
      writeVarUint(ask, 0);
      writeVarUint8Array(ask, new Uint8Array([0]));
      socket.send(toUint8Array(ask));
    });
    socket.on('message', function wait(data: Buffer) {
      const decoder = createDecoder(new Uint8Array(data));
      readVarString(decoder);
      if (readVarUint(decoder) !== SYNC) return;
      socket.off('message', wait);
      resolve(socket);
    });
  });
}

function frame(name: Peer, type: number): Encoder {
  const encoder = createEncoder();
  if (name === 'hocuspocus') writeVarString(encoder, DOCUMENT);
  writeVarUint(encoder, type);
  return encoder;
}

class YjsCrowd implements Crowd {
  onDelivery: (message: number) => void = () => undefined;
  readonly #name: Peer;
  readonly #sockets: readonly WebSocket[];
  readonly #doc = new Doc();
  readonly #updates: Uint8Array[] = [];

  constructor(name: Peer, sockets: readonly WebSocket[]) {
    this.#name = name;
    this.#sockets = sockets;
    this.#doc.on('update', (update: Uint8Array) => this.#updates.push(update));
    for (const socket of sockets) this.#listen(socket);
  }

  get watchers(): number {
    return this.#sockets.length;
  }

  send(count: number): readonly Promise<void>[] {
    for (let i = 0; i < count; i++) {
      const number = this.#updates.length;
      this.#doc.getArray<string>('messages').push([String(number).padEnd(MESSAGE_BYTES, 'x')]);
      const update = this.#updates[number];
      insist(update !== undefined, 'an update of the document');
      const message = frame(this.#name, SYNC);
      writeVarUint(message, UPDATE);
      writeVarUint8Array(message, update);
      this.#sockets[0]?.send(toUint8Array(message));
    }
    return [];
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#doc.destroy();
  }

  #listen(socket: WebSocket): void {
    let next = 0;
    socket.on('message', (data: Buffer) => {
      const decoder = createDecoder(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      if (this.#name === 'hocuspocus') readVarString(decoder);
      if (readVarUint(decoder) !== SYNC || readVarUint(decoder) !== UPDATE) return;
      const sent = this.#updates[next];
      const got = readVarUint8Array(decoder);
      insist(sent !== undefined && equalBytes(got, sent), 'what is delivered is what was sent');
      this.onDelivery(next);
      next += 1;
    });
  }
}
