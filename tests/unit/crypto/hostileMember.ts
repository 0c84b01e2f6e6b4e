/**
 * A member that commits whatever it likes: it has its own state and keys and the bare library, without the
 * rules of `tsMlsGroup.ts`. For tests only.
 */
import {
  createCommit,
  decodeGroupState,
  encodeMlsMessage,
  emptyPskIndex,
  type ClientState,
  type Proposal,
  type PskIndex,
} from 'ts-mls';
import type { GroupCrypto, GroupState } from '../../../src/crypto/group';
import { groupClientConfig } from '../../../src/crypto/mls/clientConfig';
import { createSuite } from '../../../src/crypto/mls/suite';
import { copyBytes, type Bytes } from '../../../src/lib/bytes';
import type { GroupFixture, TestDevice } from './groupFixture';

export interface HostileCommit {
  readonly proposals?: readonly Proposal[];
  /** Lets it falsify its own view before it commits. */
  readonly tamper?: (state: ClientState) => ClientState;
  readonly pskIndex?: PskIndex;
  readonly wireAsPublicMessage?: boolean;
}

export async function hostileCommit(
  fixture: GroupFixture,
  device: TestDevice,
  state: GroupState,
  {
    proposals = [],
    tamper = (same) => same,
    pskIndex = emptyPskIndex,
    wireAsPublicMessage = false,
  }: HostileCommit,
): Promise<{ readonly commit: Bytes; readonly next: ClientState }> {
  const suite = await createSuite(fixture.random);
  const made = await createCommit(
    { state: tamper(libraryStateOf(fixture.crypto, device, state)), cipherSuite: suite, pskIndex },
    { extraProposals: [...proposals], ratchetTreeExtension: true, wireAsPublicMessage },
  );
  return { commit: copyBytes(encodeMlsMessage(made.commit)), next: made.newState };
}

export function libraryStateOf(crypto: GroupCrypto, device: TestDevice, state: GroupState): ClientState {
  const decoded = decodeGroupState(crypto.encode(state).slice(1), 0);
  if (decoded === undefined) throw new Error('an own state can be read back');
  return {
    ...decoded[0],
    signaturePrivateKey: device.self.signatureSecret.expose(),
    clientConfig: {
      ...groupClientConfig,
      authService: { validateCredential: () => Promise.resolve(true) },
      keyPackageEqualityConfig: { compareKeyPackages: () => false, compareKeyPackageToLeafNode: () => false },
    },
  };
}
