import { describe, expect, it } from 'vitest';
import { deriveKeys } from '../../../src/crypto/hash';
import { seededRandom } from '../../../src/crypto/random';
import { sealWithSecret } from '../../../src/crypto/secretBox';
import { SecretKey } from '../../../src/crypto/secretKey';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import { bytesToHex } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope, parseEnvelope } from '../../../src/protocol/envelope';
import { LIMITS } from '../../../src/protocol/limits';
import {
  invitationKeys,
  openInvitationMessage,
  sealInvitationMessage,
  type InvitationMessage,
} from '../../../src/sync/invitationLog';

const random = seededRandom('invitation log');
const secret = new Uint8Array(32).fill(5);
const keys = invitationKeys(secret);
const LABEL = new TextEncoder().encode('depesche/invitation-seal/1');

const device = {
  id: 'd'.repeat(32) as DeviceId,
  signatureKey: new Uint8Array(32),
  relayKey: new Uint8Array(32).fill(1),
  keyPackage: new Uint8Array(300),
  mailbox: 'c'.repeat(64) as LogId,
};
const messages: readonly InvitationMessage[] = [
  { type: 'request', person: 'a'.repeat(32) as PersonId, name: 'Bert Böhm', device },
  { type: 'accepted', device: device.id, townName: 'Musterstadt' },
  { type: 'refused', device: device.id, reason: 'expired' },
  { type: 'back', request: new Uint8Array(9_000) },
];

/** Whoever holds the link can write anything. */
function written(value: unknown): Uint8Array {
  return encodeEnvelope({
    isCommit: false,
    epochTag: new Uint8Array(8),
    sealed: sealWithSecret(keys.seal, LABEL, encodeCbor(value), random),
  });
}

describe('an invitation’s log (SPEC J2)', () => {
  it('and all its keys come from the secret alone, each from a label of its own', () => {
    const again = invitationKeys(new Uint8Array(secret));
    expect(again.log).toBe(keys.log);
    const root = new SecretKey(secret);
    expect(keys.log).toBe(bytesToHex(deriveKeys(root, 'invitation-log', 32).expose()));
    const all = [
      keys.log,
      ...[keys.readKey, keys.writeKey, keys.closeKey, keys.seal.expose()].map(bytesToHex),
    ];
    expect(new Set(all).size).toBe(5);
    expect(all).not.toContain(bytesToHex(secret));
    const other = invitationKeys(new Uint8Array(32).fill(6));
    expect([other.log, bytesToHex(other.readKey)]).not.toContain(keys.log);
    expect(other.writeKey).not.toEqual(keys.writeKey);
  });

  it.each(messages)('$type opens as it was sealed', (message) => {
    const sealed = sealInvitationMessage(keys, message, random);
    expect(openInvitationMessage(keys, sealed)).toEqual(message);
    const envelope = parseEnvelope(sealed);
    expect(envelope).toMatchObject({ ok: true, value: { isCommit: false, epochTag: new Uint8Array(8) } });
    expect(sealed.length).toBeLessThanOrEqual(LIMITS.invitationEnvelopeBytes);
  });

  it('a message of another invitation, damaged, or too large is passed over', () => {
    const sealed = sealInvitationMessage(keys, messages[0]!, random);
    expect(openInvitationMessage(invitationKeys(new Uint8Array(32)), sealed)).toBeUndefined();
    for (let i = 0; i < sealed.length; i += 5) {
      const damaged = new Uint8Array(sealed);
      damaged[i] = (damaged[i] ?? 0) ^ 2;
      // The tag is zero by convention and says nothing.
      if (i < 2 || i >= 10) expect(openInvitationMessage(keys, damaged), `byte ${i}`).toBeUndefined();
      expect(openInvitationMessage(keys, sealed.subarray(0, i))).toBeUndefined();
    }
    const large = { ...messages[0], device: { ...device, keyPackage: new Uint8Array(17_000) } };
    expect(openInvitationMessage(keys, written(large))).toBeUndefined();
  });

  it('a request of another form is passed over', () => {
    const request = messages[0] as Extract<InvitationMessage, { type: 'request' }>;
    expect(openInvitationMessage(keys, written(request))).toEqual(request);
    for (const wrong of [
      { ...request, more: 1 },
      { ...request, type: 'Request' },
      { ...request, person: 'A'.repeat(32) },
      { ...request, person: new Uint8Array(16) },
      { ...request, name: '' },
      { ...request, name: 'x'.repeat(81) },
      // What the directory would not take would make the admission unreadable for everybody (E8, E9).
      { ...request, name: 'Bert\nBöhm' },
      { ...request, name: ' Bert' },
      { ...request, device: { ...device, keyPackage: new Uint8Array(8_193) } },
      { ...request, device: { ...device, keyPackage: new Uint8Array(0) } },
      { type: 'accepted', device: device.id, townName: 'x'.repeat(81) },
      { ...request, device: { ...device, signatureKey: new Uint8Array(31) } },
      { ...request, device: { ...device, relayKey: 'x' } },
      { ...request, device: { ...device, mailbox: 'c'.repeat(32) } },
      { ...request, device: { ...device, id: 'x' } },
      { ...request, device: { ...device, isAdmin: true } },
      { type: 'accepted', device: device.id },
      { type: 'refused', device: device.id, reason: 'because' },
      { type: 'request' },
      { type: 'back', request: new Uint8Array(9_001) },
      [],
      'request',
      null,
    ])
      expect(openInvitationMessage(keys, written(wrong))).toBeUndefined();
  });
});
