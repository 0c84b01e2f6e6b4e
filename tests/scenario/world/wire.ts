/**
 * One connection between a device and the relay, as a WebSocket over a bad line behaves: frames arrive
 * late, in order and once; a connection that breaks takes what was on its way with it, in part; one that
 * goes silent swallows everything and says nothing.
 */
import { LIMITS } from '../../../src/protocol/limits';
import type { Socket, SocketEvents } from '../../../src/lib/services';
import { spoiltAnswer, type AnswerFate } from './badAnswers';
import type { Dice } from './dice';
import type { Scheduler } from './scheduler';
import type { RelayLine, WorldRelay } from './worldRelay';

export interface WireWorld {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly relay: WorldRelay;
  readonly host: string;
  isReachable(): boolean;
  /** Runs it in the device's process, when that lives and is awake. */
  deliver(run: () => void): void;
  /** What somebody between the two makes of a frame; the frame itself, others, or none. */
  up(frame: Uint8Array): readonly Uint8Array[];
  down(frame: Uint8Array): readonly Uint8Array[];
  log(line: string): void;
  closed(wire: Wire): void;
  /** What is to become of the answer to this request, when something bad is. Asked once for each frame. */
  fateOfAnswer(frame: Uint8Array): AnswerFate | undefined;
  /** Milliseconds on the way; grows with the badness of the line. */
  readonly slowness: number;
}

export class Wire implements Socket {
  readonly #world: WireWorld;
  readonly #events: SocketEvents;
  #line: RelayLine | undefined;
  #lastUp = 0;
  #lastDown = 0;
  /** Frames that would arrive later than this are lost. */
  #upUntil = Infinity;
  #downUntil = Infinity;
  #isClosing = false;
  #hasClosed = false;
  /** The next answer to an append is lost, and the connection with it. */
  losesNextAnswer = false;
  readonly #fates: AnswerFate[] = [];

  constructor(world: WireWorld, events: SocketEvents) {
    this.#world = world;
    this.#events = events;
    this.#lastUp = this.#lastDown = world.scheduler.now + this.#latency();
    world.scheduler.at(this.#lastUp, () => {
      this.#open();
    });
  }

  send(frame: Uint8Array): void {
    if (this.#isClosing) return;
    const fate = this.#world.fateOfAnswer(frame);
    if (fate !== undefined) this.#fates.push(fate);
    for (const sent of this.#world.up(frame)) {
      this.#lastUp = Math.max(this.#lastUp, this.#world.scheduler.now + this.#latency());
      const at = this.#lastUp;
      this.#world.scheduler.at(at, () => {
        if (at > this.#upUntil) return;
        this.#world.log(`> ${sent.length} ${mark(sent)}`);
        if (sent.length > LIMITS.frameBytes) this.cut();
        else this.#line?.receive(new Uint8Array(sent));
      });
    }
  }

  /** By the device: what was sent before still arrives. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#downUntil = Math.min(this.#downUntil, this.#world.scheduler.now);
    this.#world.scheduler.at(Math.max(this.#lastUp, this.#world.scheduler.now), () => {
      this.#hangUp();
    });
    this.#world.scheduler.in(this.#world.dice.between(0, 20), () => {
      this.#tellClosed();
    });
  }

  /** The line breaks: of what is on its way, each direction loses its end. */
  cut(): void {
    if (this.#hasClosed) return;
    const { scheduler, dice } = this.#world;
    this.#isClosing = true;
    this.#upUntil = Math.min(this.#upUntil, scheduler.now + dice.below(60));
    this.#downUntil = Math.min(this.#downUntil, scheduler.now + dice.below(60));
    scheduler.in(dice.between(60, 120), () => {
      this.#tellClosed();
    });
    // The relay may believe in the connection for a while.
    scheduler.in(dice.isLucky(0.2) ? dice.between(1_000, 60_000) : dice.between(60, 200), () => {
      this.#hangUp();
    });
  }

  /** Nothing passes any more, and nobody is told. */
  goSilent(): void {
    const { scheduler } = this.#world;
    this.#upUntil = Math.min(this.#upUntil, scheduler.now);
    this.#downUntil = Math.min(this.#downUntil, scheduler.now);
    scheduler.in(90_000, () => {
      this.cut();
    });
  }

  /** The device's process is gone. */
  abandon(): void {
    this.#hasClosed = true;
    this.cut();
    this.#isClosing = true;
    this.#upUntil = Math.min(this.#upUntil, this.#world.scheduler.now + this.#world.dice.below(60));
    this.#world.scheduler.in(this.#world.dice.between(60, 200), () => {
      this.#hangUp();
    });
  }

  #open(): void {
    const { relay, host, scheduler } = this.#world;
    if (this.#hasClosed || this.#isClosing) return;
    const peer = {
      bufferedBytes: 0,
      send: (frame: Uint8Array) => {
        this.#down(frame);
      },
      close: () => {
        this.#lastDown = Math.max(this.#lastDown, scheduler.now + this.#latency());
        scheduler.at(this.#lastDown, () => {
          this.#isClosing = true;
          this.#tellClosed();
        });
        this.#hangUp();
      },
      rest: () => undefined,
      trust: () => undefined,
      room: () => Promise.resolve(),
    };
    const line = this.#world.isReachable() ? relay.connect(peer, host, () => this.cut()) : undefined;
    if (line === undefined) {
      this.#isClosing = true;
      scheduler.in(this.#world.dice.between(1, 200), () => {
        this.#tellClosed();
      });
      return;
    }
    this.#line = line;
    this.#world.deliver(() => {
      if (!this.#hasClosed) this.#events.onOpen();
    });
  }

  #down(frame: Uint8Array): void {
    for (const sent of this.#world.down(frame)) {
      this.#lastDown = Math.max(this.#lastDown, this.#world.scheduler.now + this.#latency());
      const at = this.#lastDown;
      this.#world.scheduler.at(at, () => {
        if (at > this.#downUntil) return;
        if (this.losesNextAnswer && isAppendAnswer(sent)) {
          this.#world.log('an answer is lost');
          this.#downUntil = 0;
          this.cut();
          return;
        }
        const told = this.#fates.length === 0 ? sent : spoiltAnswer(this.#fates, sent);
        this.#world.log(told === sent ? `< ${sent.length} ${mark(sent)}` : 'an answer is spoilt');
        if (told === undefined) return;
        this.#world.deliver(() => {
          if (!this.#hasClosed) this.#events.onFrame(new Uint8Array(told));
        });
      });
    }
  }

  #tellClosed(): void {
    if (this.#hasClosed) return;
    this.#world.deliver(() => {
      if (this.#hasClosed) return;
      this.#hasClosed = true;
      this.#world.closed(this);
      this.#events.onClose();
    });
  }

  #hangUp(): void {
    this.#upUntil = Math.min(this.#upUntil, this.#world.scheduler.now);
    this.#line?.hangUp();
    this.#line = undefined;
  }

  #latency(): number {
    const { dice, slowness } = this.#world;
    return dice.isLucky(0.05) ? dice.between(slowness, slowness * 20) : dice.between(1, slowness);
  }
}

/** `[129, number, [[[seq, time]…], refusal]]`, as the relay encodes it. */
function isAppendAnswer(frame: Uint8Array): boolean {
  const body = frame.subarray(3);
  const at = body[0] === 0x18 ? 2 : body[0] === 0x19 ? 3 : body[0] === 0x1a ? 5 : 1;
  return frame[0] === 0x83 && frame[1] === 0x18 && frame[2] === 129 && body[at] === 0x82;
}

function mark(frame: Uint8Array): string {
  // FNV-1a: enough to see that two runs differ, and cheap.
  let hash = 0x811c9dc5;
  for (const byte of frame) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
