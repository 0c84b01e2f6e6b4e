/** What this device knows of its relay's identity, as the vault keeps it (META.relay). */
import type { Bytes } from '../lib/bytes';

export interface RelayRecord {
  /** The last one whose logs went on where ours were. */
  readonly incarnation: Bytes | undefined;
  /** The relay we meet does not have what we have read: nothing is handed over (SPEC Q3). */
  readonly lostSince: number | undefined;
}
