/**
 * What the tab that leads sees of the engine, in a row that every tab reads (decision 0021). Derived as all
 * views are: when the vault does not take it, what it refused is told anyhow (V5).
 */
import type { Clock } from '../lib/services';
import { VIEW } from '../records/keys';
import type { SealedRecords } from '../records/sealedRecords';
import type { EngineView } from './views';

export async function reportStuck(records: SealedRecords, clock: Clock): Promise<void> {
  const view: EngineView = { stuckSince: clock.now() };
  await records.vault.commit({ writes: [await records.put('views', VIEW.engine, view)] });
}

export async function reportWell({ vault }: SealedRecords): Promise<void> {
  if ((await vault.get('views', VIEW.engine)) === undefined) return;
  await vault.commit({ writes: [{ store: 'views', delete: VIEW.engine }] });
}
