/**
 * The device's one connection to the relay: connects, proves the relay key, repeats, and gives every
 * request exactly one answer. It knows frames, not logs: what is inside an envelope never comes here.
 *
 * R1 A request is answered by its reply, or by `offline` when the connection goes first.
 * R2 Waiting between tries grows from half a second to half a minute; `connectNow` skips the wait.
 * R3 A frame that does not parse, or a hello that is not the first frame, ends the connection: two
 *    sides that do not understand each other must not guess. The next connection starts from the cursors.
 */
import type * as v from 'valibot';
import { err, ok, type Disposition, type Result } from '../lib/result';
import { bytesToHex, type Bytes } from '../lib/bytes';
import type { Clock, Network, Socket } from '../lib/services';
import type { LogId } from '../domain/ids';
import {
  OP,
  REFUSAL_THEN,
  REPLY,
  encodeFrame,
  laterVersionIn,
  parseReply,
  type Refusal,
  type RequestFrame,
  type StoredEnvelope,
} from '../protocol/frames';
import { parseValue } from '../protocol/fields';

export interface RelayFailure {
  readonly type: Refusal | 'offline' | 'malformed';
  readonly then: Disposition;
  /** stale: last commit; rate: wait in ms. */
  readonly number: number;
}

export type RelayState =
  | { readonly state: 'online' }
  | { readonly state: 'connecting'; readonly since: number }
  | { readonly state: 'offline'; readonly since: number; readonly nextTryAt: number };

export interface RelayEvents {
  onState(state: RelayState): void;
  /** Authenticated on a fresh connection; nothing is watched yet. */
  onOnline(incarnation: Bytes, relayTime: number): void;
  /** The relay speaks a later version than this app; the connection ends. */
  onVersion(version: number): void;
  onNews(log: LogId, envelopes: readonly StoredEnvelope[], lastCommit: number): void;
  onSlot(log: LogId, putNumber: number, slot: Bytes, value: Bytes): void;
  onCast(log: LogId, bytes: Bytes): void;
  onClosed(log: LogId): void;
}

export interface RelayCredentials {
  readonly relayKey: Bytes;
  /** Signs the relay's challenge (SPEC F2). */
  sign(nonce: Bytes): Promise<Bytes>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_WITHIN_MS = 20_000;
const ALIVE_EVERY_MS = 25_000;
const CLOCK_JUMP_MS = 60_000;

type WithoutNumber<F> = F extends readonly [infer Op, number, ...infer Rest] ? readonly [Op, ...Rest] : never;
/** A request without its number, which the client gives. */
export type Request = WithoutNumber<RequestFrame>;

interface Waiting {
  readonly settle: (result: Result<unknown, RelayFailure>) => void;
  readonly cancelTimer: () => void;
}

export class RelayClient {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #address: string;
  readonly #credentials: RelayCredentials;
  readonly #events: RelayEvents;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | undefined;
  #isOnline = false;
  /** This connection has had its hello, which is its first frame and comes once (SPEC F1). */
  #isGreeted = false;
  #isStopped = true;
  /** Ends the connection for us at once, however slowly its socket closes. */
  #endConnection: (() => void) | undefined;
  #nextNumber = 1;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelAlive: (() => void) | undefined;
  #downSince: number;

  constructor(
    services: { readonly network: Network; readonly clock: Clock },
    address: string,
    credentials: RelayCredentials,
    events: RelayEvents,
  ) {
    this.#network = services.network;
    this.#clock = services.clock;
    this.#address = address;
    this.#credentials = credentials;
    this.#events = events;
    this.#downSince = services.clock.now();
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#endConnection?.();
  }

  /** Skips the wait before the next try; a living connection is asked whether it still is. */
  connectNow(): void {
    if (this.#isStopped) return;
    if (this.#cancelRetry !== undefined) {
      this.#cancelRetry();
      this.#cancelRetry = undefined;
      this.#failures = 0;
      this.#connect();
    } else if (this.#isOnline) void this.#probe();
  }

  /** Ends this connection and begins another at once (after a pass was given). */
  reconnect(): void {
    this.#failures = 0;
    this.#endConnection?.();
    this.connectNow();
  }

  /** The parsed result of the operation, or why there is none. */
  async request<T extends v.GenericSchema>(
    request: Request,
    schema: T,
  ): Promise<Result<v.InferOutput<T>, RelayFailure>> {
    if (!this.#isOnline) return err(OFFLINE);
    const answer = await this.#send(request);
    if (!answer.ok) return answer;
    const parsed = parseValue(schema, answer.value);
    return parsed.ok ? parsed : err({ type: 'malformed', then: 'retry', number: 0 });
  }

  /** For frames whose answer nobody waits for. */
  tell(request: Request): void {
    if (this.#isOnline) void this.#send(request);
  }

  #connect(): void {
    this.#events.onState({ state: 'connecting', since: this.#downSince });
    let socket: Socket | undefined = undefined;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      this.#disconnected();
    };
    // A deaf address must not hold us for the minutes that TCP would.
    const cancelTimer = this.#clock.after(ANSWER_WITHIN_MS, () => {
      if (!this.#isOnline) socket?.close();
    });
    this.#isGreeted = false;
    socket = this.#network.connect(this.#address, {
      onOpen: () => undefined,
      onFrame: (frame) => {
        if (!isOver) this.#receive(frame);
      },
      onClose: () => {
        end();
      },
    });
    if (!isOver) this.#socket = socket;
    this.#endConnection = () => {
      end();
      socket.close();
    };
  }

  #disconnected(): void {
    this.#socket = undefined;
    this.#cancelAlive?.();
    if (this.#isOnline) this.#downSince = this.#clock.now();
    this.#isOnline = false;
    for (const waiting of [...this.#waiting.values()]) waiting.settle(err(OFFLINE));
    this.#waiting.clear();
    if (this.#isStopped) return;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#events.onState({ state: 'offline', since: this.#downSince, nextTryAt: this.#clock.now() + wait });
    this.#cancelRetry = this.#clock.after(wait, () => {
      this.#cancelRetry = undefined;
      this.#connect();
    });
  }

  #receive(bytes: Uint8Array): void {
    const parsed = parseReply(bytes);
    if (!parsed.ok) {
      const version = laterVersionIn(bytes);
      if (version !== undefined) this.#events.onVersion(version);
      this.#socket?.close();
      return;
    }
    const frame = parsed.value;
    if ((frame[0] === REPLY.hello) === this.#isGreeted) {
      this.#socket?.close();
      return;
    }
    switch (frame[0]) {
      case REPLY.hello:
        this.#isGreeted = true;
        void this.#authenticate(frame[2], frame[3], frame[4]);
        return;
      case REPLY.ok:
        this.#waiting.get(frame[1])?.settle(ok(frame[2]));
        return;
      case REPLY.refused:
        this.#waiting
          .get(frame[1])
          ?.settle(err({ type: frame[2], then: REFUSAL_THEN[frame[2]], number: frame[3] }));
        return;
      case REPLY.news:
        this.#events.onNews(bytesToHex(frame[1]) as LogId, frame[2], frame[3]);
        return;
      case REPLY.slot:
        this.#events.onSlot(bytesToHex(frame[1]) as LogId, frame[2], frame[3], frame[4]);
        return;
      case REPLY.cast:
        this.#events.onCast(bytesToHex(frame[1]) as LogId, frame[2]);
        return;
      case REPLY.closed:
        this.#events.onClosed(bytesToHex(frame[1]) as LogId);
    }
  }

  async #authenticate(nonce: Bytes, incarnation: Bytes, relayTime: number): Promise<void> {
    const socket = this.#socket;
    const signature = await this.#credentials.sign(nonce);
    if (socket === undefined || this.#socket !== socket) return;
    const answer = await this.#send([OP.auth, this.#credentials.relayKey, signature]);
    if (this.#socket !== socket) return;
    if (!answer.ok) {
      socket.close();
      return;
    }
    this.#isOnline = true;
    this.#failures = 0;
    this.#keepAlive();
    this.#events.onState({ state: 'online' });
    this.#events.onOnline(incarnation, relayTime);
  }

  /** Browsers show no pings: an empty request tells a dead connection from a quiet one. */
  #keepAlive(): void {
    const before = this.#clock.now();
    this.#cancelAlive = this.#clock.after(ALIVE_EVERY_MS, () => {
      const elapsed = this.#clock.now() - before;
      // The clock was set, or the device slept: what was agreed by it is agreed anew.
      if (Math.abs(elapsed - ALIVE_EVERY_MS) > CLOCK_JUMP_MS) this.#socket?.close();
      else {
        void this.#probe();
        this.#keepAlive();
      }
    });
  }

  async #probe(): Promise<void> {
    await this.#send([OP.unwatch, []]);
  }

  #send(request: Request): Promise<Result<unknown, RelayFailure>> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.resolve(err(OFFLINE));
    const number = this.#nextNumber++;
    const [operation, ...rest] = request;
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(ANSWER_WITHIN_MS, () => {
        socket.close();
      });
      this.#waiting.set(number, {
        cancelTimer,
        settle: (result) => {
          cancelTimer();
          this.#waiting.delete(number);
          resolve(result);
        },
      });
      socket.send(encodeFrame([operation, number, ...rest] as unknown as RequestFrame));
    });
  }
}

const OFFLINE: RelayFailure = { type: 'offline', then: 'retry', number: 0 };
