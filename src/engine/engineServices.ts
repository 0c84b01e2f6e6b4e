/** Everything the engine is given; nothing in it reaches for the platform by itself. */
import type { Clock, Network } from '../lib/services';
import type { GroupCrypto } from '../crypto/group';
import type { Random } from '../crypto/random';
import type * as canonicalDoc from '../crdt/canonicalDoc';
import type { Vault } from '../vault/vault';

/** `continued`: the town goes on in another log; whoever starts the engine again finds everything there. */
export type EndReason = 'fenced' | 'too-new' | 'continued';

export interface EngineServices {
  readonly vault: Vault;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly groups: GroupCrypto;
  /** The documents' code, which the platform loads with the first document. */
  readonly loadCanonicalDoc?: () => Promise<typeof canonicalDoc>;
  /** Another engine has taken the vault, the vault is gone, or all it holds has changed: this one must end. */
  readonly onEnd: (reason: EndReason) => void;
}
