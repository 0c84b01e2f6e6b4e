/** What a key package must look like beyond its signatures (RFC 9420 §10.1). */
import { equalBytes } from '../../lib/bytes';
import { LAST_RESORT_EXTENSION } from './leafRules';
import type { KeyPackage } from './library';
import { SUITE } from './suite';
import { isUsableX25519PublicKey } from './x25519PublicKey';

/** A reason, or undefined. The leaf inside is judged by `faultOfLeaf`. */
export function faultOfKeyPackage(keyPackage: KeyPackage): string | undefined {
  if (keyPackage.version !== 'mls10') return 'version';
  if (keyPackage.cipherSuite !== SUITE) return 'cipher suite';
  if (!isUsableX25519PublicKey(keyPackage.initKey)) return 'init key';
  if (equalBytes(keyPackage.initKey, keyPackage.leafNode.hpkePublicKey))
    return 'init key is the encryption key';
  if (keyPackage.extensions.some(({ extensionType }) => extensionType !== LAST_RESORT_EXTENSION)) {
    return 'key package extensions are not used';
  }
  return undefined;
}
