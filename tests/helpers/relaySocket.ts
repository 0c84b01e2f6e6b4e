/**
 * A device as the relay sees it: a key, a socket, frames. Nothing of the app, so that tests and load
 * loops can say exactly what crosses the wire.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Bytes } from '../../src/lib/bytes';
import { encodeCbor } from '../../src/protocol/codec';
import { OP, parseReply, REPLY, type ReplyFrame } from '../../src/protocol/frames';
import { relayAuthMessage } from '../../src/protocol/relayAuth';

export class RelayKey {
  readonly bytes: Bytes;
  readonly #secret: KeyObject;

  constructor(secret: KeyObject = generateKeyPairSync('ed25519').privateKey) {
    const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
    this.bytes = new Uint8Array(spki.subarray(-32));
    this.#secret = secret;
  }

  /** For another process. */
  static fromHex(pkcs8: string): RelayKey {
    return new RelayKey(createPrivateKey({ key: Buffer.from(pkcs8, 'hex'), format: 'der', type: 'pkcs8' }));
  }

  secretHex(): string {
    return this.#secret.export({ format: 'der', type: 'pkcs8' }).toString('hex');
  }

  answer(host: string, nonce: Bytes): Bytes {
    return new Uint8Array(sign(null, relayAuthMessage(host, nonce), this.#secret));
  }
}

/** What a request came to; `gone` when the connection ended before its answer. */
export type Asked =
  | { readonly type: 'ok'; readonly value: unknown }
  | { readonly type: 'refused'; readonly reason: string; readonly value: number }
  | { readonly type: 'gone' };

const GONE: Asked = { type: 'gone' };

export class RelaySocket {
  readonly #socket: WebSocket;
  readonly #host: string;
  readonly #open = new Map<number, (asked: Asked) => void>();
  #req = 0;
  /** News, slots, casts, closed. */
  onPush: (frame: ReplyFrame) => void = () => undefined;
  /** Undefined when the connection ended before the hello. */
  readonly nonce: Promise<Bytes | undefined>;
  /** The close code. */
  readonly closed: Promise<number>;

  /** `host` as in `localhost:8080`; `options` are those of `ws`. */
  constructor(host: string, options: ConstructorParameters<typeof WebSocket>[2] = {}) {
    this.#host = host;
    this.#socket = new WebSocket(`ws://${host}/relay`, { perMessageDeflate: false, ...options });
    this.#socket.on('error', () => undefined); // the close event follows
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', (code) => {
        for (const answer of this.#open.values()) answer(GONE);
        this.#open.clear();
        resolve(code);
      });
    });
    this.nonce = new Promise((resolve) => {
      this.#socket.on('message', (data: Buffer) => {
        const parsed = parseReply(data);
        if (!parsed.ok) throw new Error(`the relay sent what does not parse: ${parsed.error.detail ?? ''}`);
        const frame = parsed.value;
        if (frame[0] === REPLY.hello) resolve(frame[2]);
        else if (frame[0] === REPLY.ok) this.#settle(frame[1], { type: 'ok', value: frame[2] });
        else if (frame[0] === REPLY.refused)
          this.#settle(frame[1], { type: 'refused', reason: frame[2], value: frame[3] });
        else this.onPush(frame);
      });
      void this.closed.then(() => {
        resolve(undefined);
      });
    });
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  ask(operation: number, ...rest: readonly unknown[]): Promise<Asked> {
    if (this.#socket.readyState > WebSocket.OPEN) return Promise.resolve(GONE);
    const req = ++this.#req;
    return new Promise((resolve) => {
      this.#open.set(req, resolve);
      this.#socket.send(encodeCbor([operation, req, ...rest]), () => undefined);
    });
  }

  async authenticate(key: RelayKey): Promise<Asked> {
    const nonce = await this.nonce;
    return nonce === undefined ? GONE : this.ask(OP.auth, key.bytes, key.answer(this.#host, nonce));
  }

  /** At once, without a goodbye. */
  drop(): void {
    this.#socket.terminate();
  }

  #settle(req: number, asked: Asked): void {
    this.#open.get(req)?.(asked);
    this.#open.delete(req);
  }
}

/** The result of a request that must succeed. */
export function valueOfAsked(asked: Asked): unknown {
  if (asked.type === 'ok') return asked.value;
  throw new Error(asked.type === 'gone' ? 'the relay went away' : `refused: ${asked.reason}`);
}
