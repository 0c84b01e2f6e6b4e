/**
 * Opens the intents that a tab reads. All that wait are read at every change of one of them, because a
 * screen must see them in one moment with the rows they become; so what has been opened is kept for as
 * long as it is there unchanged.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { SEAL_NONCE_BYTES } from '../crypto/seal';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultRow } from '../vault/vault';
import type { StoredIntent } from './setupRecords';

export interface OpenedIntent {
  readonly number: number;
  readonly value: StoredIntent;
}

interface Kept {
  readonly nonce: Bytes;
  /** Undefined when it could not be opened. */
  readonly opened: Promise<OpenedIntent | undefined>;
}

export class IntentReader {
  readonly #records: SealedRecords;
  #kept = new Map<number, Kept>();

  constructor(records: SealedRecords) {
    this.#records = records;
  }

  /** `rows`: the whole store. What cannot be opened is left out. */
  async open(rows: readonly VaultRow[]): Promise<readonly OpenedIntent[]> {
    const kept = new Map(rows.map((row) => [row.key[0], this.#keep(row)]));
    this.#kept = kept;
    const opened = await Promise.all([...kept.values()].map((one) => one.opened));
    return opened.filter((one) => one !== undefined);
  }

  #keep(row: VaultRow): Kept {
    const known = this.#kept.get(row.key[0]);
    const nonce = row.value.subarray(0, SEAL_NONCE_BYTES);
    if (known !== undefined && equalBytes(known.nonce, nonce)) return known;
    const opened = this.#records.openIntents<StoredIntent>([row]).then(([one]) => one);
    return { nonce: new Uint8Array(nonce), opened };
  }
}
