/** Makes the keys of a new device, and hands them out in the shapes that others need. */
import { bytesToHex, hexToBytes } from '../lib/bytes';
import { assert } from '../lib/assert';
import type { Clock } from '../lib/services';
import type { GroupCrypto, GroupSelf, KeyPackagePair } from '../crypto/group';
import type { Random } from '../crypto/random';
import { SecretKey } from '../crypto/secretKey';
import { generateSignatureKeyPair } from '../crypto/signature';
import type { DeviceFacts } from '../domain/body';
import type { DeviceId, LogId, PersonId } from '../domain/ids';
import type { Identity } from '../records/logRecords';

const DAY_MS = 86_400_000;
/** A last-resort package serves until its successor is in the directory and a month beyond. */
export const PACKAGE_LIFETIME_MS = 400 * DAY_MS;
/** Devices believe clocks that are wrong by this much. */
const CLOCK_SLACK_MS = 2 * DAY_MS;

export async function createIdentity(
  services: { readonly groups: GroupCrypto; readonly random: Random; readonly clock: Clock },
  name: string,
  relay: string,
): Promise<Identity> {
  const { random, clock, groups } = services;
  const signature = generateSignatureKeyPair(random);
  const relayPair = generateSignatureKeyPair(random);
  const device = random.bytes(16);
  const self: GroupSelf = { device, signatureKey: signature.publicKey, signatureSecret: signature.secret };
  const made = await newPackage(groups, self, clock.now());
  return {
    device: bytesToHex(device) as DeviceId,
    signatureSecret: signature.secret.expose(),
    signatureKey: signature.publicKey,
    relaySecret: relayPair.secret.expose(),
    relayKey: relayPair.publicKey,
    packages: [made],
    mailbox: { log: bytesToHex(random.bytes(32)) as LogId, readKey: random.bytes(32) },
    person: bytesToHex(random.bytes(16)) as PersonId,
    name,
    relay,
  };
}

export async function createPackage(
  services: { readonly groups: GroupCrypto; readonly clock: Clock },
  identity: Identity,
): Promise<Identity['packages'][number]> {
  return newPackage(services.groups, groupSelfOf(identity), services.clock.now());
}

async function newPackage(
  groups: GroupCrypto,
  self: GroupSelf,
  now: number,
): Promise<Identity['packages'][number]> {
  const lifetime = { notBefore: now - CLOCK_SLACK_MS, notAfter: now + PACKAGE_LIFETIME_MS };
  const pair = await groups.createKeyPackage(self, lifetime);
  return { keyPackage: pair.keyPackage, secret: pair.secret.expose(), createdAt: now };
}

export function groupSelfOf(identity: Identity): GroupSelf {
  const device = hexToBytes(identity.device);
  assert(device, 'a device id is hex');
  return {
    device,
    signatureKey: identity.signatureKey,
    signatureSecret: new SecretKey(identity.signatureSecret),
  };
}

export function keyPackagesOf(identity: Identity): readonly KeyPackagePair[] {
  return identity.packages.map(({ keyPackage, secret }) => ({ keyPackage, secret: new SecretKey(secret) }));
}

/** Throws never: a device always has a package. */
export function deviceFactsOf(identity: Identity): DeviceFacts {
  const newest = identity.packages.at(-1);
  assert(newest, 'a device has a key package');
  return {
    id: identity.device,
    signatureKey: identity.signatureKey,
    relayKey: identity.relayKey,
    keyPackage: newest.keyPackage,
    mailbox: identity.mailbox.log,
  };
}
