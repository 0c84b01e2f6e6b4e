/** Devices for group tests: everything from one seed, a clock that stands still. */
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import type { GroupCrypto, GroupSelf, GroupState, KeyPackagePair } from '../../../src/crypto/group';
import { seededRandom, type Random } from '../../../src/crypto/random';
import { generateSignatureKeyPair } from '../../../src/crypto/signature';
import type { Result } from '../../../src/lib/result';

export const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
export const LIFETIME = { notBefore: NOW - HOUR, notAfter: NOW + 24 * HOUR };

export interface TestDevice {
  readonly self: GroupSelf;
  readonly keyPackage: KeyPackagePair;
}

export interface GroupFixture {
  readonly random: Random;
  readonly crypto: GroupCrypto;
  device(): Promise<TestDevice>;
}

export function createGroupFixture(seed: string | number): GroupFixture {
  const random = seededRandom(seed);
  const crypto = createTsMlsGroupCrypto({ now: () => NOW, random });
  return {
    random,
    crypto,
    async device() {
      const keys = generateSignatureKeyPair(random);
      const self = { device: random.bytes(16), signatureKey: keys.publicKey, signatureSecret: keys.secret };
      return { self, keyPackage: await crypto.createKeyPackage(self, LIFETIME) };
    },
  };
}

export function valueOf<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`expected a value: ${JSON.stringify(result.error)}`);
  return result.value;
}

export function errorOf<T, E>(result: Result<T, E>): E {
  if (result.ok) throw new Error('expected a failure');
  return result.error;
}

export const bytesOf = (text: string) => new Uint8Array(new TextEncoder().encode(text));
export const accept = () => true;

/** A group of `count` devices, built by one batch add. */
export async function groupOf(
  fixture: GroupFixture,
  count: number,
): Promise<{ devices: TestDevice[]; states: GroupState[] }> {
  const devices: TestDevice[] = [];
  for (let i = 0; i < count; i++) devices.push(await fixture.device());
  const [founder, ...others] = devices;
  if (founder === undefined) throw new Error('a group has a founder');
  const founded = await fixture.crypto.found(founder.self, bytesOf('group'), bytesOf('context'));
  if (others.length === 0) return { devices, states: [founded] };
  const add = others.map(({ keyPackage }) => keyPackage.keyPackage);
  const made = valueOf(
    await fixture.crypto.commit(founded, founder.self, { add, authenticatedData: new Uint8Array(0) }),
  );
  if (made.welcome === undefined) throw new Error('an add has a welcome');
  const states = [made.pending];
  for (const other of others) {
    states.push(valueOf(await fixture.crypto.join(other.self, made.welcome, [other.keyPackage])));
  }
  return { devices, states };
}
