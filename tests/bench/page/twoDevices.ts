/** Two devices in one group, as the app has them: what messages between them are made with. */
import { platformRandom } from '../../../src/crypto/random';
import type { SecretKey } from '../../../src/crypto/secretKey';
import { generateSignatureKeyPair } from '../../../src/crypto/signature';
import type { GroupSelf, KeyPackagePair } from '../../../src/crypto/group';
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import type { EntryContent } from '../../../src/domain/entry';
import type { DeviceId, EntryId, LogId } from '../../../src/domain/ids';
import { bytesToHex } from '../../../src/lib/bytes';
import type { Result } from '../../../src/lib/result';
import { groupOf, type Group } from '../../../src/sync/logState';
import type { EntryToSign } from '../../../src/sync/entrySeal';

const DAY = 86_400_000;

export const groups = createTsMlsGroupCrypto({ now: () => Date.now(), random: platformRandom });

export interface TestDevice {
  readonly self: GroupSelf;
  readonly keyPackage: KeyPackagePair;
}

export async function newDevice(): Promise<TestDevice> {
  const keys = generateSignatureKeyPair(platformRandom);
  const self = {
    device: platformRandom.bytes(16),
    signatureKey: keys.publicKey,
    signatureSecret: keys.secret,
  };
  const lifetime = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  return { self, keyPackage: await groups.createKeyPackage(self, lifetime) };
}

export interface TwoDevices {
  readonly log: LogId;
  readonly author: { readonly device: DeviceId; readonly secret: SecretKey };
  readonly sender: Group;
  readonly receiver: Group;
}

export async function twoDevices(): Promise<TwoDevices> {
  const [anna, ben] = [await newDevice(), await newDevice()];
  const log = platformRandom.bytes(32);
  const founded = await groups.found(anna.self, log, platformRandom.bytes(80));
  const added = valueOf(
    await groups.commit(founded, anna.self, {
      add: [ben.keyPackage.keyPackage],
      authenticatedData: new Uint8Array(0),
    }),
  );
  if (added.welcome === undefined) throw new Error('an add has a welcome');
  const joined = valueOf(await groups.join(ben.self, added.welcome, [ben.keyPackage]));
  return {
    log: bytesToHex(log) as LogId,
    author: { device: bytesToHex(anna.self.device) as DeviceId, secret: anna.self.signatureSecret },
    sender: await groupOf(groups, added.pending),
    receiver: await groupOf(groups, joined),
  };
}

export function textEntry(counter: number, text: string): EntryToSign {
  const content: EntryContent = {
    body: { kind: 'text', text },
    writtenAt: Date.now(),
    seenSeq: counter,
    seenChain: new Uint8Array(32),
  };
  return {
    id: bytesToHex(platformRandom.bytes(16)) as EntryId,
    counter,
    salt: platformRandom.bytes(16),
    content,
  };
}

export function textNumber(n: number): string {
  return `Die Sitzung am ${(n % 28) + 1}. beginnt um 14 Uhr im kleinen Saal, Vorlage ${n} liegt bei.`;
}

export function valueOf<T>(result: Result<T, { readonly type: string }>): T {
  if (!result.ok) throw new Error(result.error.type);
  return result.value;
}
