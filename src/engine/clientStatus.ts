/**
 * The line of truth as a tab shows it: the engine's status from the vault, and above it what the status
 * cannot say of itself. A full vault cannot hold the row that says so (V5), and an engine that hangs writes
 * nothing; the tab that leads keeps what it sees of the engine in a row of its own (decision 0021).
 */
import type { Clock } from '../lib/services';
import type { Vault, VaultRefusal } from '../vault/vault';
import type { Stop } from './client';
import type { EngineView, StatusView } from './views';

/**
 * So long does a refusal speak for now. Whoever was refused tries again sooner (views and drafts after 5 s,
 * the start of an engine after 1 s); nobody has to say that the vault is well again, and nobody who died
 * leaves it ill for ever.
 */
const REFUSAL_HOLDS_MS = 8_000;

export interface StatusSources {
  readonly vault: Vault;
  readonly clock: Clock;
  observeEngineStatus(onValue: (view: StatusView) => void): Stop;
  observeEngine(onValue: (view: EngineView) => void): Stop;
}

export function observeStatus(sources: StatusSources, onValue: (view: StatusView) => void): Stop {
  let status: StatusView | undefined;
  let engine: EngineView = { stuckSince: undefined };
  let refusal: VaultRefusal | undefined;
  let cancelEnd: Stop = () => undefined;

  const emit = (): void => {
    if (status !== undefined) onValue({ ...status, problem: problemOf(status, engine, refusal) });
  };
  const hold = (next: VaultRefusal | undefined): void => {
    if (next === refusal) return;
    refusal = next;
    emit();
  };
  const stops = [
    sources.observeEngineStatus((view) => {
      status = view;
      emit();
    }),
    sources.observeEngine((view) => {
      engine = view;
      emit();
    }),
    sources.vault.observeRefusals((next) => {
      cancelEnd();
      cancelEnd = sources.clock.after(REFUSAL_HOLDS_MS, () => {
        hold(undefined);
      });
      hold(next);
    }),
  ];
  return () => {
    cancelEnd();
    for (const stop of stops) stop();
  };
}

function problemOf(
  { problem }: StatusView,
  { stuckSince }: EngineView,
  refusal: VaultRefusal | undefined,
): StatusView['problem'] {
  if (refusal !== undefined) return refusal;
  // An engine that hangs cannot take back what it said last.
  return stuckSince === undefined ? problem : 'engine-stuck';
}
