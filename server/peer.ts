/** The other end of a connection as the relay sees it: something to send to. */
import type { Bytes } from '../src/lib/bytes';

export interface Peer {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  send(frame: Bytes): void;
  close(code: number, reason: string): void;
  /** Takes nothing from this peer for so many milliseconds. */
  rest(ms: number): void;
  /** It has shown a pass: its frames may be as large as frames are. */
  trust(): void;
  /** Resolves when there is room for another answer, or nobody left to answer. */
  room(): Promise<void>;
}

/** WebSocket close codes the relay uses. */
export const CLOSE = {
  goingAway: 1001,
  policy: 1008,
  tryAgainLater: 1013,
} as const;
