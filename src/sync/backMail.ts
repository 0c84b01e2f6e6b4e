/** A request to be taken back on its way to one device that may help (SPEC B2): the second kind of mail. */
import * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import type { GroupCrypto, KeyPackagePair } from '../crypto/group';
import { encodeCbor } from '../protocol/codec';
import { encodeEnvelope, EPOCH_TAG_BYTES, parseEnvelope } from '../protocol/envelope';
import { anyBytes, parseCbor, uint } from '../protocol/fields';
import { LIMITS } from '../protocol/limits';

const LABEL = 'depesche/back-mail/1';
const mailSchema = v.strictTuple([v.literal(2), anyBytes]);
const contentSchema = v.strictTuple([anyBytes, uint]);

export interface BackMail {
  readonly request: Bytes;
  /** Those with a higher one wait for those with a lower one. */
  readonly rank: number;
}

/** Undefined when the key package cannot be used. */
export async function writeBackMail(
  groups: GroupCrypto,
  keyPackage: Bytes,
  { request, rank }: BackMail,
): Promise<Bytes | undefined> {
  const sealed = await groups.sealTo(keyPackage, LABEL, encodeCbor([request, rank]));
  if (!sealed.ok) return undefined;
  return encodeEnvelope({
    isCommit: false,
    epochTag: new Uint8Array(EPOCH_TAG_BYTES),
    sealed: encodeCbor([2, sealed.value]),
  });
}

/** Undefined for what is no such mail, or not for these packages. */
export async function openBackMail(
  groups: GroupCrypto,
  packages: readonly KeyPackagePair[],
  envelopeBytes: Uint8Array,
): Promise<BackMail | undefined> {
  const envelope = parseEnvelope(envelopeBytes, LIMITS.mailboxEnvelopeBytes);
  const mail = envelope.ok ? parseCbor(mailSchema, envelope.value.sealed) : undefined;
  if (mail?.ok !== true) return undefined;
  const plain = await groups.openFrom(packages, LABEL, mail.value[1]);
  const content = plain && parseCbor(contentSchema, plain);
  return content?.ok === true ? { request: content.value[0], rank: content.value[1] } : undefined;
}
