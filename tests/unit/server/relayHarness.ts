/** A relay over a store in memory, a clock that is moved by hand, and peers that write down what they get. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type * as v from 'valibot';
import { parse } from 'valibot';
import { bytesToHex, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import {
  appendResult,
  LOG_KINDS,
  OP,
  parseReply,
  REPLY,
  watchResult,
  type LogKind,
  type ReplyFrame,
} from '../../../src/protocol/frames';
import { relayAuthMessage } from '../../../src/protocol/relayAuth';
import { randomBytes, sha256 } from '../../../server/hashes';
import type { Peer } from '../../../server/peer';
import { Relay, type RelayOptions } from '../../../server/relay';
import type { Session } from '../../../server/session';
import { createMemoryLogStore } from '../../../server/stores/memoryLogStore';
import { entry } from '../../contract/logStore.contract';

export const HOST = 'relay.test';
export const NO_KEY = new Uint8Array(0);

export class TestKey {
  readonly bytes: Bytes;
  readonly #secret: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.bytes = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    this.#secret = privateKey;
  }

  answer(nonce: Bytes, host = HOST): Bytes {
    return new Uint8Array(sign(null, relayAuthMessage(host, nonce), this.#secret));
  }
}

export class TestPeer implements Peer {
  bufferedBytes = 0;
  closedWith: number | undefined;
  rested = 0;
  isTrusted = false;
  roomBytes = Number.MAX_SAFE_INTEGER;
  drain: () => void = () => undefined;
  readonly frames: ReplyFrame[] = [];

  send(frame: Bytes): void {
    const parsed = parseReply(frame);
    if (!parsed.ok)
      throw new Error(`the relay sent a frame that does not parse: ${parsed.error.detail ?? ''}`);
    this.frames.push(parsed.value);
  }

  close(code: number): void {
    this.closedWith = code;
  }

  rest(ms: number): void {
    this.rested += ms;
  }

  trust(): void {
    this.isTrusted = true;
  }

  /** Until `bufferedBytes` are set to less; the test then calls `drain`. */
  async room(): Promise<void> {
    while (this.bufferedBytes > this.roomBytes) await new Promise<void>((resolve) => (this.drain = resolve));
  }

  of<C extends ReplyFrame[0]>(code: C): Extract<ReplyFrame, readonly [C, ...unknown[]]>[] {
    return this.frames.filter(
      (frame): frame is Extract<ReplyFrame, readonly [C, ...unknown[]]> => frame[0] === code,
    );
  }
}

export class TestDevice {
  readonly peer = new TestPeer();
  readonly session: Session;
  readonly #relay: Relay;
  #req = 0;

  constructor(relay: Relay) {
    this.#relay = relay;
    this.session = relay.connect(this.peer, HOST);
  }

  get nonce(): Bytes {
    const [hello] = this.peer.of(REPLY.hello);
    if (hello === undefined) throw new Error('no hello');
    return hello[2];
  }

  /** The result of `ok`, or the refusal's reason. */
  async ask(operation: number, ...rest: readonly unknown[]): Promise<unknown> {
    const req = ++this.#req;
    await this.raw(encodeCbor([operation, req, ...rest]));
    const ok = this.peer.of(REPLY.ok).find((frame) => frame[1] === req);
    if (ok !== undefined) return ok[2];
    return this.peer.of(REPLY.refused).find((frame) => frame[1] === req)?.[2];
  }

  raw(bytes: Uint8Array): Promise<void> {
    return this.#relay.receive(this.session, bytes);
  }

  authenticate(key: TestKey): Promise<unknown> {
    return this.ask(OP.auth, key.bytes, key.answer(this.nonce));
  }

  async append(log: TestLog, after: number, ...list: readonly Bytes[]) {
    const answer = await this.ask(OP.append, log.log, log.write, after, list);
    return parse(appendResult, answer);
  }

  async watch(
    ...logs: readonly (readonly [Bytes, Bytes, number, number])[]
  ): Promise<v.InferOutput<typeof watchResult>> {
    return parse(watchResult, await this.ask(OP.watch, logs));
  }
}

export interface TestLog {
  readonly log: Bytes;
  readonly read: Bytes;
  readonly write: Bytes;
  readonly close: Bytes;
}

export class TestRelay {
  now = 1_000_000;
  readonly relay: Relay;
  readonly store;

  constructor(options: Partial<RelayOptions> = {}) {
    this.store = options.store ?? createMemoryLogStore();
    this.relay = new Relay({ now: () => this.now, ...options, store: this.store });
  }

  stranger(): TestDevice {
    return new TestDevice(this.relay);
  }

  async device(key = new TestKey(), isAdmin = false): Promise<TestDevice> {
    await this.relay.passes.admit([{ key: key.bytes, isAdmin }]);
    const device = new TestDevice(this.relay);
    if ((await device.authenticate(key)) !== true) throw new Error('not authenticated');
    return device;
  }

  async log(by: TestDevice, kind: LogKind = LOG_KINDS.conversation): Promise<TestLog> {
    const open = kind === LOG_KINDS.channel;
    const log: TestLog = {
      log: randomBytes(32),
      read: open ? NO_KEY : randomBytes(32),
      write: kind === LOG_KINDS.mailbox ? NO_KEY : randomBytes(32),
      close: randomBytes(32),
    };
    const made = await by.ask(
      OP.create,
      log.log,
      kind,
      sha256(log.read),
      sha256(log.write),
      sha256(log.close),
    );
    if (made !== true) throw new Error(`not created: ${String(made)}`);
    return log;
  }
}

export const smallEntry = (): Bytes => entry(40);
export const hex = bytesToHex;
