/** Opens the vault for a tab, and lets the tab take part in running the engine. */
import workerUrl from './engine.worker?worker&url';
import { platformRandom } from '../crypto/random';
import { SealedRecords } from '../records/sealedRecords';
import { openDexieVault } from '../vault/dexieVault';
import { VaultError } from '../vault/vaultFailure';
import type { AppClient } from './client';
import { reportStuck, reportWell } from './engineReport';
import { takePartInLeading } from './leader';
import { platformClock } from './platform';
import { VaultClient } from './vaultClient';

export type OpenFailure = 'storage-failed' | 'too-new';

export interface OpenOptions {
  /** Under Trusted Types a worker's address must have been looked at. */
  readonly trustedScriptUrl: (url: string) => string;
  /** Found out later: the engine of this version must not touch a newer vault. */
  readonly onTooNew: () => void;
}

export async function openAppClient(options: OpenOptions): Promise<AppClient | OpenFailure> {
  const vault = await openDexieVault();
  if (!vault.ok) return vault.error.type === 'too-new' ? 'too-new' : 'storage-failed';
  const records = await SealedRecords.over(vault.value);
  if (!records.ok) return 'storage-failed';
  const client = new VaultClient({
    records: records.value,
    clock: platformClock,
    random: platformRandom,
    origin: location.origin,
    onErased: () => {
      location.replace(location.origin);
    },
  });
  takePartInLeading({
    startWorker: () =>
      new Worker(options.trustedScriptUrl(workerUrl), { type: 'module', name: 'depesche-engine' }),
    onTooNew: options.onTooNew,
    onStuck: () => {
      ignoreVaultTrouble(reportStuck(records.value, platformClock));
    },
    onWell: () => {
      ignoreVaultTrouble(reportWell(records.value));
    },
  });
  connectWhenItMayHelp(client);
  return client;
}

/** A vault that cannot be read says so itself (V5). */
function ignoreVaultTrouble(report: Promise<void>): void {
  report.catch((error: unknown) => {
    if (!(error instanceof VaultError)) throw error;
  });
}

/** A tab that comes back to the front, or hears of a network, asks the engine to try at once. */
function connectWhenItMayHelp(client: AppClient): void {
  let isOnline = true;
  client.observeStatus((status) => {
    isOnline = status.connection.state === 'online';
  });
  const ask = (): void => {
    if (!isOnline) void client.intend({ type: 'connect-now' });
  };
  addEventListener('online', ask);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') ask();
  });
}
