/** What this device knows of its relay's identity, as the vault keeps it (META.relay). */
import type { Bytes } from '../lib/bytes';

export interface RelayRecord {
  /** The last one whose logs went on where ours were. */
  readonly incarnation: Bytes | undefined;
  /** The relay we meet does not have what we have read: nothing is handed over (SPEC Q3). */
  readonly lostSince: number | undefined;
  /** An admin has confirmed the new relay; strictly kept before anything is asked there (SPEC Q6). */
  readonly attempt?: Attempt | undefined;
  readonly continuedAt?: number | undefined;
  /** Somebody else has this generation's log at the relay: who asks again goes on beyond it. */
  readonly taken?: number | undefined;
}

export interface Attempt {
  /** Of the relay's one-time link. */
  readonly token: Bytes;
  readonly generation: number;
  /** Of the town's next log: the same ones again after a crash. */
  readonly readKey: Bytes;
  readonly writeKey: Bytes;
  readonly closeKey: Bytes;
}
