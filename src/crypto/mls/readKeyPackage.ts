/** A key package from outside, judged by everything but its signatures. */
import { assert } from '../../lib/assert';
import { copyBytes } from '../../lib/bytes';
import { ok, type Result } from '../../lib/result';
import type { GroupFailure, ParsedKeyPackage } from '../group';
import { fail } from './failures';
import { faultOfKeyPackage } from './keyPackageRules';
import { deviceOf, faultOfLeaf } from './leafRules';
import type { KeyPackage } from './library';
import { decodeKeyPackageMessage } from './messages';

export interface ReadKeyPackage extends ParsedKeyPackage {
  readonly keyPackage: KeyPackage;
}

/** `commit` leaves the signatures to the library, which checks them anyway. */
export function readKeyPackage(bytes: Uint8Array): Result<ReadKeyPackage, GroupFailure> {
  const keyPackage = decodeKeyPackageMessage(bytes);
  if (keyPackage === undefined) return fail('bad-key-package', 'ignore', 'malformed');
  const { leafNode } = keyPackage;
  const fault = faultOfKeyPackage(keyPackage) ?? faultOfLeaf(leafNode);
  if (fault !== undefined) return fail('bad-key-package', 'ignore', fault);
  const device = deviceOf(leafNode);
  assert(device !== undefined, 'faultOfLeaf has looked at the credential');
  return ok({
    keyPackage,
    device,
    signatureKey: copyBytes(leafNode.signaturePublicKey),
    notBefore: Number(leafNode.lifetime.notBefore) * 1000,
    notAfter: Number(leafNode.lifetime.notAfter) * 1000,
  });
}
