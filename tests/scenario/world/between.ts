import type { WorldDevice } from './worldDevice';

/** Whoever sits between devices and relay: what goes in, what comes out. */
export interface Between {
  up(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[];
  down(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[];
}

export const NOBODY_BETWEEN: Between = {
  up: (_, frame) => [frame],
  down: (_, frame) => [frame],
};
