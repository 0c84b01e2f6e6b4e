/**
 * The vault without a disk: for the seeded world and for tests. Behaves as IndexedDB does where a caller
 * could tell: bytes are copied in and out, a handle's operations keep their order, observers are told
 * after the batch. Several handles over one `MemoryStore` are several tabs.
 */
import { err, ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import type { Vault, VaultFailure, VaultReader } from './vault';
import { MemoryStore } from './memoryStore';
import { notingReader, startObservation, type Observation, type ObservationOptions } from './observation';
import { Refusals } from './refusals';
import { VaultError, vaultClosed, vaultErased, vaultFailure } from './vaultFailure';
import { assertKey, assertWrites, type TouchedRange } from './vaultKeys';

export type WriteKind = 'commit' | 'intent' | 'lead' | 'seal-key';

/** What can go wrong, decided by the world. */
export interface MemoryFaults {
  /** A failure writes nothing. */
  readonly failWrite?: (kind: WriteKind) => 'storage-full' | 'storage-failed' | undefined;
  readonly failRead?: () => boolean;
  /** Awaited before every operation, so that a scheduler can put others in between. */
  readonly pause?: () => Promise<void>;
}

export interface MemoryVaultOptions {
  readonly store?: MemoryStore;
  readonly faults?: MemoryFaults;
}

export function createMemoryVault({
  store = new MemoryStore(),
  faults = {},
}: MemoryVaultOptions = {}): Vault {
  /** Why it is over, once it is. */
  let end: VaultFailure | undefined;
  const observations = new Set<Observation>();
  const refusals = new Refusals();
  const stopListening = store.listen({
    onWritten: (touched) => observations.forEach((observation) => observation.tell(touched)),
    onRefused: (refusal) => refusals.tell(refusal),
    onGone: (how) => {
      if (how === 'crashed') close();
      else endForOthers();
    },
  });

  let turn = Promise.resolve();
  async function waitForTurn(): Promise<void> {
    if (faults.pause === undefined) return;
    turn = turn.then(faults.pause);
    await turn;
  }

  /** `step` is one moment of the store: it must not wait. */
  async function write<T>(
    kind: WriteKind,
    step: () => Result<T, VaultFailure>,
  ): Promise<Result<T, VaultFailure>> {
    await waitForTurn();
    if (end !== undefined) return err(end);
    const fault = faults.failWrite?.(kind);
    if (fault === undefined) return step();
    store.refused(fault);
    return err(vaultFailure(fault));
  }

  async function read<T>(step: () => T): Promise<T> {
    await waitForTurn();
    if (end !== undefined) throw new VaultError(end);
    if (faults.failRead?.() === true) throw new VaultError(vaultFailure('storage-failed'));
    return step();
  }

  const reader: VaultReader = {
    get(name, key) {
      assertKey(key);
      return read(() => store.get(name, key));
    },
    range(name, range) {
      assertKey(range.from);
      assertKey(range.to);
      return read(() => store.range(name, range));
    },
  };

  /** A batch in between would tear what is read, so the read begins again. */
  async function readWhole<T>(ask: ObservationOptions<T>['read'], seen: TouchedRange[]): Promise<T> {
    for (;;) {
      seen.length = 0;
      const before = store.revision;
      const value = await ask(notingReader(reader, seen));
      if (store.revision === before) return value;
    }
  }

  /** Observers of an erased vault learn it, as its tabs have to. */
  function endForOthers(): void {
    end ??= vaultErased;
    for (const observation of observations) observation.refresh();
  }

  function close(): void {
    end ??= vaultClosed;
    stopListening();
    for (const observation of observations) observation.stop();
    observations.clear();
    refusals.clear();
  }

  return {
    ...reader,
    commit(batch) {
      assertWrites(batch.writes);
      return write('commit', () => {
        if (batch.fence !== undefined && !store.holds(batch.fence)) return err(vaultFailure('fenced'));
        return ok(store.apply(batch));
      });
    },
    addIntent: (value: Bytes) => write('intent', () => ok(store.addIntent(value))),
    takeLead: () => write('lead', () => ok(store.raiseTerm())),
    logVersion: (log) => read(() => store.logVersion(log)),
    observe(ask, onValue, onError) {
      if (end !== undefined) {
        onError?.(end);
        return () => undefined;
      }
      const observation = startObservation({ read: ask, runRead: readWhole, onValue, onError });
      observations.add(observation);
      return () => {
        observation.stop();
        observations.delete(observation);
      };
    },
    observeRefusals: (onRefused) => refusals.observe(onRefused),
    async sealKey(create) {
      const kept = await write('seal-key', () => ok(store.sealKey));
      if (!kept.ok) return kept;
      if (kept.value !== undefined) return ok(kept.value);
      const made = await create();
      return write('seal-key', () => ok(store.keepSealKey(made)));
    },
    close,
    async erase() {
      end ??= vaultErased;
      close();
      store.erase();
    },
  };
}
