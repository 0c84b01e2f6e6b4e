/**
 * What a shared document needs from the rest of the house: accepted updates in log order, then own
 * ones that wait; presence beside them, never stored. The engine implements it over the vault.
 */
import type { Bytes } from '../lib/bytes';
import type { Failure, Result } from '../lib/result';

/** Nothing was saved; `storage-full` asks the user to free space. */
export type SaveFailure = Failure & { readonly type: 'storage-full' | 'storage-failed' };

export interface DocumentChannel {
  /** This device, for client ids (protocol.md 10). */
  readonly device: Bytes;
  /** A state (`CanonicalDoc.stateAsUpdate`) may stand for the accepted updates it was made of. */
  load(): Promise<readonly Bytes[]>;
  /**
   * `onRebuild`: an update of this device was refused, or the accepted log was read anew; what was
   * handed out before no longer holds. `load` already answers the new truth when it is called.
   */
  observeUpdates(onUpdates: (updates: readonly Bytes[]) => void, onRebuild: () => void): () => void;
  /** Durable when it resolves; nothing is saved when it answers a failure. */
  send(session: Bytes, update: Bytes): Promise<Result<void, SaveFailure>>;
  sendPresence(bytes: Bytes): void;
  observePresence(onPresence: (bytes: Bytes) => void): () => void;
}
