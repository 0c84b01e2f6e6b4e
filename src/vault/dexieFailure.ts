/**
 * What a browser's storage error means for us. Engines report the same trouble under different names
 * and wrapped differently, so the whole chain of causes is looked at.
 */
import type { VaultFailure } from './vault';
import { VaultError, vaultFailure } from './vaultFailure';

const QUOTA_NAMES = new Set([
  'QuotaExceededError',
  'NS_ERROR_DOM_QUOTA_REACHED',
  'NS_ERROR_FILE_NO_DEVICE_SPACE',
]);
/** A full disk is not always called a quota. */
const FULL_DISK = /quota|no space|disk (is )?full|not enough (disk )?space|NO_SPACE/i;

/** Safari ends connections in the background (dexie #2008); browsers close them under memory pressure. */
const LOST_NAMES = new Set([
  'DatabaseClosedError',
  'InvalidStateError',
  'UnknownError',
  'AbortError',
  'TransactionInactiveError',
  'TimeoutError',
  'OpenFailedError',
]);

/** Programming errors: they would fail again, and hiding them would cost a day. */
const BUG_NAMES = new Set([
  'DataError',
  'DataCloneError',
  'ReadOnlyError',
  'InvalidAccessError',
  'TypeError',
  'Error',
]);

interface Cause {
  readonly name: string;
  readonly message: string;
}

export function isQuotaError(error: unknown): boolean {
  return causesOf(error).some(({ name, message }) => QUOTA_NAMES.has(name) || FULL_DISK.test(message));
}

/** Worth one more try over a new connection. */
export function isConnectionLost(error: unknown): boolean {
  const causes = causesOf(error);
  if (isQuotaError(error) || causes.some(({ name }) => name === 'VersionError')) return false;
  return causes.some(({ name, message }) => LOST_NAMES.has(name) || /connection.*lost/i.test(message));
}

/** Throws on what is no storage trouble but a bug. */
export function errorToVaultError(error: unknown): VaultError {
  if (error instanceof VaultError) return error;
  const [outer] = causesOf(error);
  if (outer === undefined || (BUG_NAMES.has(outer.name) && !isQuotaError(error))) throw error;
  return new VaultError(errorToFailure(error, outer), error);
}

function errorToFailure(error: unknown, outer: Cause): VaultFailure {
  const detail = `${outer.name}: ${outer.message}`;
  if (isQuotaError(error)) return vaultFailure('storage-full', detail);
  if (causesOf(error).some(({ name }) => name === 'VersionError')) return vaultFailure('too-new', detail);
  // No IndexedDB at all (some private windows), or a store is missing: trying again changes nothing.
  if (outer.name === 'MissingAPIError' || outer.name === 'NotFoundError')
    return vaultFailure('storage-failed', detail, 'stop');
  return vaultFailure('storage-failed', detail);
}

function causesOf(error: unknown): readonly Cause[] {
  const causes: Cause[] = [];
  let current = error;
  while (isErrorLike(current) && causes.length < 8) {
    causes.push(current);
    current = current.inner ?? current.cause;
  }
  return causes;
}

function isErrorLike(
  value: unknown,
): value is Cause & { readonly inner?: unknown; readonly cause?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
