/** Everything the engine is given; nothing in it reaches for the platform by itself. */
import type { Clock, Network } from '../lib/services';
import type { GroupCrypto } from '../crypto/group';
import type { Random } from '../crypto/random';
import type { Vault } from '../vault/vault';

export interface EngineServices {
  readonly vault: Vault;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly groups: GroupCrypto;
  /** Another engine has taken the vault, or the vault is gone: this one must end. */
  readonly onEnd: (reason: 'fenced' | 'too-new') => void;
}
