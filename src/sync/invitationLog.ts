/**
 * The small two-way log between newcomer and inviter (SPEC J1, J2): log id, keys and seal all come from
 * the invitation's secret, so that whoever holds the link can speak there, and the relay cannot listen.
 */
import * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import { bytesToHex } from '../lib/bytes';
import { deriveKeys } from '../crypto/hash';
import { openWithSecret, sealWithSecret } from '../crypto/secretBox';
import { SecretKey } from '../crypto/secretKey';
import type { Random } from '../crypto/random';
import { BACK_REQUEST_BYTES, deviceSchema, nameSchema } from '../domain/body';
import { deviceIdSchema, personIdSchema, type LogId } from '../domain/ids';
import { encodeCbor } from '../protocol/codec';
import { encodeEnvelope, EPOCH_TAG_BYTES, parseEnvelope } from '../protocol/envelope';
import { bytesUpTo, parseCbor } from '../protocol/fields';
import { LIMITS } from '../protocol/limits';

export interface InvitationKeys {
  readonly log: LogId;
  readonly readKey: Bytes;
  readonly writeKey: Bytes;
  readonly closeKey: Bytes;
  readonly seal: SecretKey;
}

export function invitationKeys(secret: Bytes): InvitationKeys {
  const root = new SecretKey(secret);
  const derive = (use: string) => deriveKeys(root, `invitation-${use}`, 32);
  return {
    log: bytesToHex(derive('log').expose()) as LogId,
    readKey: derive('read').expose(),
    writeKey: derive('write').expose(),
    closeKey: derive('close').expose(),
    seal: derive('seal'),
  };
}

/** Names and devices as the directory takes them: what could not be admitted is no request. */
const messageSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('request'),
    person: personIdSchema,
    name: nameSchema,
    device: deviceSchema,
  }),
  v.strictObject({ type: v.literal('accepted'), device: deviceIdSchema, townName: nameSchema }),
  v.strictObject({
    type: v.literal('refused'),
    device: deviceIdSchema,
    reason: v.picklist(['used', 'expired', 'withdrawn', 'damaged']),
  }),
  /** Of a guest who was admitted and is not let in (SPEC B2). */
  v.strictObject({ type: v.literal('back'), request: bytesUpTo(BACK_REQUEST_BYTES) }),
]);
export type InvitationMessage = v.InferOutput<typeof messageSchema>;
export type JoinRequest = Extract<InvitationMessage, { type: 'request' }>;

const LABEL = new TextEncoder().encode('depesche/invitation-seal/1');

export function sealInvitationMessage(
  keys: InvitationKeys,
  message: InvitationMessage,
  random: Random,
): Bytes {
  return encodeEnvelope({
    isCommit: false,
    epochTag: new Uint8Array(EPOCH_TAG_BYTES),
    sealed: sealWithSecret(keys.seal, LABEL, encodeCbor(message), random),
  });
}

/** Undefined for anything that is not a message of this invitation: it is passed over. */
export function openInvitationMessage(
  keys: InvitationKeys,
  envelopeBytes: Uint8Array,
): InvitationMessage | undefined {
  const envelope = parseEnvelope(envelopeBytes, LIMITS.invitationEnvelopeBytes);
  if (!envelope.ok) return undefined;
  const plain = openWithSecret(keys.seal, LABEL, envelope.value.sealed);
  const parsed = plain.ok ? parseCbor(messageSchema, plain.value) : undefined;
  return parsed?.ok === true ? parsed.value : undefined;
}
