import type { Census } from './census';
import type { Excuses } from './excuses';
import type { Witness } from './witness';

/** What every judge needs. */
export interface Court {
  readonly census: Census;
  readonly witness: Witness;
  readonly excuses: Excuses;
  readonly fault: (what: string) => void;
}
