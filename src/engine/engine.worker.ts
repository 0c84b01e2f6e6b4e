/**
 * The worker that holds the engine. It says to the tab that started it that it is loaded, that it runs, and
 * why it ended, and answers when it is asked whether it is alive. Everything else goes through the vault.
 */
import { platformRandom } from '../crypto/random';
import { createTsMlsGroupCrypto } from '../crypto/tsMlsGroup';
import { openDexieVault } from '../vault/dexieVault';
import { VaultError } from '../vault/vaultFailure';
import { Engine } from './engine';
import type { EndReason } from './engineServices';
import { platformClock, webSocketNetwork } from './platform';

export type WorkerQuestion = 'alive?';
export type WorkerWord =
  | { readonly type: 'loaded' }
  | { readonly type: 'answer' }
  | { readonly type: 'running' }
  | { readonly type: 'ended'; readonly reason: EndReason | 'storage' };

self.addEventListener('message', () => {
  say({ type: 'answer' });
});
say({ type: 'loaded' });

function say(word: WorkerWord): void {
  self.postMessage(word);
}

async function run(): Promise<void> {
  const vault = await openDexieVault();
  if (!vault.ok) {
    say({ type: 'ended', reason: vault.error.type === 'too-new' ? 'too-new' : 'storage' });
    return;
  }
  const engine = await Engine.start({
    vault: vault.value,
    network: webSocketNetwork,
    clock: platformClock,
    random: platformRandom,
    groups: createTsMlsGroupCrypto({ now: () => platformClock.now(), random: platformRandom }),
    onEnd: (reason) => {
      say({ type: 'ended', reason });
      self.close();
    },
  });
  if (!(engine instanceof Engine)) {
    say({ type: 'ended', reason: 'storage' });
    return;
  }
  self.addEventListener('online', () => {
    engine.connectNow();
  });
  say({ type: 'running' });
}

// A vault may fail, or be emptied, while the engine reads what it starts from. A rejection alone would
// leave a worker that lives and does nothing.
void run().catch((error: unknown) => {
  say({ type: 'ended', reason: 'storage' });
  if (!(error instanceof VaultError)) throw error;
});
