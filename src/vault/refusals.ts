/**
 * Who hears that the vault takes nothing at the moment (V5). Not every failure is one: a fenced leader, a
 * vault that was closed and one of newer code are over for whoever asked, and for nobody else.
 */
import type { VaultFailure, VaultRefusal } from './vault';

export class Refusals {
  readonly #observers = new Set<(refusal: VaultRefusal) => void>();

  observe(onRefused: (refusal: VaultRefusal) => void): () => void {
    // A function of its own: the same one may be given twice.
    const observer = (refusal: VaultRefusal): void => onRefused(refusal);
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
    };
  }

  tell(refusal: VaultRefusal): void {
    for (const observer of [...this.#observers]) observer(refusal);
  }

  clear(): void {
    this.#observers.clear();
  }
}

export function refusalOf(failure: VaultFailure): VaultRefusal | undefined {
  if (failure.type === 'storage-full') return 'storage-full';
  return failure.type === 'storage-failed' && failure.then === 'retry' ? 'storage-failed' : undefined;
}
