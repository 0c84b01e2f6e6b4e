/** One device's connection to our relay, without the engine: what a load is made of. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { WebSocket } from 'ws';
import { equalBytes, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { OP, parseReply, REPLY, type ReplyFrame } from '../../../src/protocol/frames';
import { relayAuthMessage } from '../../../src/protocol/relayAuth';
import { randomBytes } from '../../../server/hashes';

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export class DeviceKey {
  readonly publicKey: Bytes;
  readonly #secret: KeyObject;

  constructor(seed: Uint8Array = randomBytes(32)) {
    this.#secret = createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#secret).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(-32));
  }

  sign(message: Bytes): Bytes {
    return new Uint8Array(sign(null, message, this.#secret));
  }
}

/** News go to all watchers as the same bytes: in a load of many sockets they are parsed once. */
let lastBytes: Uint8Array = new Uint8Array(0);
let lastFrame: ReplyFrame | undefined;

export function parseFrame(bytes: Uint8Array): ReplyFrame {
  if (lastFrame !== undefined && equalBytes(bytes, lastBytes)) return lastFrame;
  const parsed = parseReply(bytes);
  if (!parsed.ok) throw new Error('the relay sent a frame that does not parse');
  [lastBytes, lastFrame] = [bytes, parsed.value];
  return parsed.value;
}

export class RelayConnection {
  onFrame: (frame: ReplyFrame) => void = () => undefined;
  readonly hello: Promise<Bytes>;
  readonly #host: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (frame: ReplyFrame) => void>();
  #req = 0;
  isOpen = true;

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`;
    this.#socket = new WebSocket(`ws://${this.#host}/relay`, { perMessageDeflate: false });
    this.#socket.on('close', () => {
      this.isOpen = false;
    });
    this.hello = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('message', (data: Buffer) => {
        const frame = parseFrame(data);
        if (frame[0] === REPLY.hello) resolve(frame[2]);
        else if (frame[0] === REPLY.ok || frame[0] === REPLY.refused) {
          this.#answers.get(frame[1])?.(frame);
          this.#answers.delete(frame[1]);
        } else this.onFrame(frame);
      });
    });
  }

  /** The result; throws when the relay refuses, since no load is meant to be refused. */
  async ask(operation: number, ...rest: readonly unknown[]): Promise<unknown> {
    const frame = await this.#answer(operation, rest);
    if (frame[0] === REPLY.ok) return frame[2];
    throw new Error(`the relay refused operation ${operation}: ${String(frame[2])}`);
  }

  /** The same for who writes more than a pass may in so short a time, and waits as long as it is told. */
  async askPatiently(operation: number, ...rest: readonly unknown[]): Promise<unknown> {
    for (;;) {
      const frame = await this.#answer(operation, rest);
      if (frame[0] === REPLY.ok) return frame[2];
      if (frame[0] !== REPLY.refused || frame[2] !== 'rate')
        throw new Error(`the relay refused operation ${operation}: ${String(frame[2])}`);
      const wait = frame[3];
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, wait)));
    }
  }

  #answer(operation: number, rest: readonly unknown[]): Promise<ReplyFrame> {
    const req = ++this.#req;
    const answer = new Promise<ReplyFrame>((resolve) => this.#answers.set(req, resolve));
    this.#socket.send(encodeCbor([operation, req, ...rest]));
    return answer;
  }

  async authenticate(key: DeviceKey): Promise<void> {
    const signature = key.sign(relayAuthMessage(this.#host, await this.hello));
    await this.ask(OP.auth, key.publicKey, signature);
  }

  close(): void {
    this.#socket.terminate();
  }
}
