/** The world as the house may see it: passed in, so that a seeded one can stand in for the real one. */
import type { Bytes } from './bytes';

export interface Clock {
  /** Milliseconds since the epoch, as this device believes. */
  now(): number;
  /** Calls back once after at least `ms`; answers the way to cancel. */
  after(ms: number, callback: () => void): () => void;
}

export interface RandomSource {
  bytes(length: number): Bytes;
}

/** One connection to the relay; frames are whole binary messages. */
export interface Socket {
  send(frame: Uint8Array): void;
  close(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onFrame(frame: Uint8Array): void;
  /** Exactly once, after which nothing else comes. */
  onClose(): void;
}

export interface Network {
  /** `address` is a ws:// or wss:// URL. Never throws; failure is an `onClose`. */
  connect(address: string, events: SocketEvents): Socket;
}
