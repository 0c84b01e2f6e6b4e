import type { Census } from './census';
import type { Witness } from './witness';

/** What every judge needs. */
export interface Court {
  readonly census: Census;
  readonly witness: Witness;
  readonly fault: (what: string) => void;
}
