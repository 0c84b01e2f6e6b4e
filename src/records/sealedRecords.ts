/**
 * The vault with meaning: records go in sealed and come out opened (AES-256-GCM under the vault key,
 * bound to store and key so that no row can stand in for another). Sealing and opening happen before
 * and after, never inside, a vault transaction.
 */
import { err, ok, type Failure, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import type {
  Vault,
  VaultFailure,
  VaultKey,
  VaultRange,
  VaultRow,
  VaultStore,
  VaultWrite,
} from '../vault/vault';
import { generateVaultKey, openBytes, sealBytes } from '../crypto/seal';
import { encodeCbor } from '../protocol/codec';
import { decodeRecord, encodeRecord } from './recordCodec';

export type RecordFailure = Failure & { readonly type: 'unreadable-record' };

export class SealedRecords {
  readonly vault: Vault;
  readonly #key: CryptoKey;

  private constructor(vault: Vault, key: CryptoKey) {
    this.vault = vault;
    this.#key = key;
  }

  static async over(vault: Vault): Promise<Result<SealedRecords, VaultFailure>> {
    const key = await vault.sealKey(generateVaultKey);
    return key.ok ? ok(new SealedRecords(vault, key.value)) : key;
  }

  async put(store: VaultStore, key: VaultKey, record: unknown): Promise<VaultWrite> {
    return { store, key, value: await this.seal(store, key, record) };
  }

  async seal(store: VaultStore, key: VaultKey, record: unknown): Promise<Bytes> {
    return sealBytes(this.#key, associatedData(store, key), encodeRecord(record));
  }

  async open<T>(store: VaultStore, key: VaultKey, sealed: Uint8Array): Promise<Result<T, RecordFailure>> {
    const plain = await openBytes(this.#key, associatedData(store, key), sealed);
    if (!plain.ok) return err({ type: 'unreadable-record', then: 'ignore', detail: store });
    const record = decodeRecord<T>(plain.value);
    return record.ok ? record : err({ type: 'unreadable-record', then: 'ignore', detail: store });
  }

  async get<T>(store: VaultStore, key: VaultKey): Promise<T | undefined> {
    const sealed = await this.vault.get(store, key);
    if (sealed === undefined) return undefined;
    const opened = await this.open<T>(store, key, sealed);
    return opened.ok ? opened.value : undefined;
  }

  async range<T>(store: VaultStore, range: VaultRange): Promise<readonly { key: VaultKey; value: T }[]> {
    return this.openRows<T>(store, await this.vault.range(store, range));
  }

  async openRows<T>(
    store: VaultStore,
    rows: readonly VaultRow[],
  ): Promise<readonly { key: VaultKey; value: T }[]> {
    const opened = await Promise.all(
      rows.map(async (row) => ({ key: row.key, value: await this.open<T>(store, row.key, row.value) })),
    );
    return opened.flatMap(({ key, value }) => (value.ok ? [{ key, value: value.value }] : []));
  }

  /** Intents get their number when written, so they are bound to their store only. */
  async addIntent(record: unknown): Promise<Result<number, VaultFailure>> {
    return this.vault.addIntent(await this.seal('intents', INTENT_BINDING, record));
  }
  async openIntents<T>(rows: readonly VaultRow[]): Promise<readonly { number: number; value: T }[]> {
    const opened = await Promise.all(
      rows.map(async (row) => ({
        number: row.key[0],
        value: await this.open<T>('intents', INTENT_BINDING, row.value),
      })),
    );
    return opened.flatMap(({ number, value }) => (value.ok ? [{ number, value: value.value }] : []));
  }
  async putIntent(number: number, record: unknown): Promise<VaultWrite> {
    return { store: 'intents', key: [number, 0], value: await this.seal('intents', INTENT_BINDING, record) };
  }
}

const INTENT_BINDING: VaultKey = [0, 0];

function associatedData(store: VaultStore, key: VaultKey): Bytes {
  return encodeCbor(['depesche/vault/1', store, key[0], key[1]]);
}
