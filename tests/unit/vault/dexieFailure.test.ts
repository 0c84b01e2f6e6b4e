import { Dexie } from 'dexie';
import { describe, expect, it } from 'vitest';
import { errorToVaultError, isConnectionLost } from '../../../src/vault/dexieFailure';
import { VaultError, vaultFailure } from '../../../src/vault/vaultFailure';

const quota = new DOMException('The quota has been exceeded.', 'QuotaExceededError');

describe('storage errors', () => {
  it.each([
    ['itself', quota],
    ['inside an abort (Dexie)', new Dexie.AbortError('aborted', quota)],
    ['inside an abort (cause)', new Error('aborted', { cause: quota })],
    ['Firefox by another name', Object.assign(new Error('x'), { name: 'NS_ERROR_DOM_QUOTA_REACHED' })],
    [
      'a full disk under UnknownError',
      new DOMException('Internal error committing transaction: FILE_ERROR_NO_SPACE', 'UnknownError'),
    ],
  ])('call a full disk so: %s', (_, error) => {
    expect(isConnectionLost(error)).toBe(false);
    expect(errorToVaultError(error).failure).toMatchObject({ type: 'storage-full', then: 'stop' });
  });

  it.each(['UnknownError', 'DatabaseClosedError', 'InvalidStateError', 'AbortError'])(
    'call %s a lost connection',
    (name) => {
      const error = Object.assign(new Error('x'), { name });
      expect(isConnectionLost(error)).toBe(true);
      expect(errorToVaultError(error).failure).toMatchObject({ type: 'storage-failed', then: 'retry' });
    },
  );

  it('do not open again for a newer version', () => {
    const error = new Dexie.OpenFailedError('x', new DOMException('x', 'VersionError'));
    expect(isConnectionLost(error)).toBe(false);
    expect(errorToVaultError(error).failure).toMatchObject({ type: 'too-new', then: 'stop' });
  });

  it('let bugs through', () => {
    for (const error of [
      new TypeError('x'),
      new Error('x'),
      new DOMException('x', 'DataCloneError'),
      'text',
      undefined,
    ]) {
      expect(isConnectionLost(error)).toBe(false);
      expect(() => errorToVaultError(error)).toThrow();
    }
  });

  it('keep a failure that was already decided', () => {
    const error = new VaultError(vaultFailure('fenced'));
    expect(isConnectionLost(error)).toBe(false);
    expect(errorToVaultError(error)).toBe(error);
  });
});
