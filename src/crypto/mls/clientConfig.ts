/**
 * What ts-mls asks its client. A state read back from bytes comes without it, so it is a constant and put
 * back at every decode. The credential service is the first line only; `leafRules` is the whole check.
 */
import { isStrictEd25519PublicKey } from '../ed25519Strict';
import { DEVICE_ID_BYTES } from './leafRules';
import { defaultKeyPackageEqualityConfig, defaultPaddingConfig, type ClientConfig } from './library';

export const groupClientConfig: ClientConfig = {
  keyRetentionConfig: {
    // Handshake ratchets only, one commit per member and epoch; past epochs are dropped by `toGroupState`.
    retainKeysForEpochs: 1,
    retainKeysForGenerations: 1,
    maximumForwardRatchetSteps: 8,
  },
  lifetimeConfig: {
    maximumTotalLifetime: 0n,
    validateLifetimeOnReceive: false,
  },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  // Padding is ours (`padding.ts`); the library's writes none.
  paddingConfig: defaultPaddingConfig,
  authService: {
    validateCredential: (credential, signaturePublicKey) =>
      Promise.resolve(
        credential.credentialType === 'basic' &&
          credential.identity.length === DEVICE_ID_BYTES &&
          isStrictEd25519PublicKey(signaturePublicKey),
      ),
  },
};
