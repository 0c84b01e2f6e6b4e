import type { WorldDevice } from './worldDevice';
import type { WorldRelay } from './worldRelay';

/** Whoever sits between devices and relay: what goes in, what comes out. */
export interface Between {
  up(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[];
  down(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[];
  /** The relay that a device's next connection leads to; the world's when there is none. */
  relayOf?(device: WorldDevice): WorldRelay | undefined;
}

export const NOBODY_BETWEEN: Between = {
  up: (_, frame) => [frame],
  down: (_, frame) => [frame],
};
