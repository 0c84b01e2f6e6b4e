/**
 * The vault's expected failures in one place, so that every adapter gives the same advice with them.
 * Reads have no `Result` in the port: they reject with a `VaultError`, which carries the failure.
 */
import type { VaultFailure } from './vault';

const dispositionOf = {
  /** The leader is no longer the leader: its worker ends. */
  fenced: 'stop',
  /** Only the user can make room. */
  'storage-full': 'stop',
  'storage-failed': 'retry',
  'too-new': 'stop',
} as const satisfies Record<VaultFailure['type'], VaultFailure['then']>;

export function vaultFailure(
  type: VaultFailure['type'],
  detail?: string,
  then: VaultFailure['then'] = dispositionOf[type],
): VaultFailure {
  return detail === undefined ? { type, then } : { type, then, detail };
}

export const vaultClosed = vaultFailure('storage-failed', 'this vault was closed', 'stop');
export const vaultErased = vaultFailure('storage-failed', 'this vault was erased', 'stop');

export class VaultError extends Error {
  readonly failure: VaultFailure;

  constructor(failure: VaultFailure, cause?: unknown) {
    super(failure.detail === undefined ? failure.type : `${failure.type}: ${failure.detail}`, { cause });
    this.name = 'VaultError';
    this.failure = failure;
  }
}
