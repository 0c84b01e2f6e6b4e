/** The relay's passes, kept as the directory says by admins' engines (protocol.md 9). */
import { bytesToHex, type Bytes } from '../lib/bytes';
import { allDevicesAt, isAdminAt, type Directory } from '../domain/directory';
import type { DeviceId } from '../domain/ids';
import { OP, doneResult, passesResult } from '../protocol/frames';
import { LIMITS } from '../protocol/limits';
import { TOWN_LOG } from '../records/keys';
import type { RelayClient } from '../sync/relayClient';
import type { Engine } from './engine';
import { inChunks } from './inChunks';

const AGAIN_MS = 5_000;

/**
 * One run after the other: what a run saw of the directory must not revoke what a later one has admitted.
 * A run that could not be done is done later.
 */
export class PassKeeper {
  readonly #engine: Engine;
  #isRunning = false;
  #isWanted = false;
  #isWaiting = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async reconcile(): Promise<void> {
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#once();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #once(): Promise<void> {
    const engine = this.#engine;
    const { relay } = engine;
    const town = engine.runners.get(TOWN_LOG);
    if (relay?.isOnline !== true || town === undefined || !engine.isAdmin) return;
    // What it has folded stands still (SPEC B).
    if (town.lost !== undefined) return;
    const before = engine.townSeq();
    const set = engine.back.isLeftBehind ? revokeFormer : setPasses;
    const isDone = !town.isCatchingUp && (await set(relay, engine.directory(), before));
    if (isDone) void engine.invitations.admitted();
    // Whom somebody else admitted meanwhile we may just have revoked.
    if (engine.townSeq() !== before) this.#isWanted = true;
    else if (!isDone) this.#later();
  }

  #later(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#engine.services.clock.after(AGAIN_MS, () => {
      this.#isWaiting = false;
      void this.reconcile();
    });
  }
}

/** True when the relay's passes are those of the directory at `seq`. Revocation first. */
export async function setPasses(relay: RelayClient, directory: Directory, seq: number): Promise<boolean> {
  const passes = await relay.request([OP.passes], passesResult);
  if (!passes.ok) return false;
  const present = new Map(passes.value.map(([key, isAdmin]) => [bytesToHex(key), isAdmin]));
  const admit: [Bytes, boolean][] = [];
  const valid = new Set<string>();
  for (const device of allDevicesAt(directory, seq)) {
    const key = bytesToHex(device.facts.relayKey);
    const isAdmin = isAdminAt(directory, device.person, seq);
    valid.add(key);
    if (present.get(key) !== isAdmin) admit.push([device.facts.relayKey, isAdmin]);
  }
  // Also passes that stand for nobody: whoever has one got it past the directory.
  const revoke = passes.value.flatMap(([key]) => (valid.has(bytesToHex(key)) ? [] : [key]));
  let isDone = await revokeAll(relay, revoke);
  for (const keys of inChunks(admit, LIMITS.passesPerFrame))
    isDone = (await relay.request([OP.admit, keys], doneResult)).ok && isDone;
  return isDone;
}

/**
 * Beside a next town log that we are not in (SPEC B1) our directory may be old: it does not know who has come
 * since. Who was put out stays out; any member could have made that log, and must not keep a pass by it.
 */
async function revokeFormer(relay: RelayClient, directory: Directory, seq: number): Promise<boolean> {
  const valid = new Set(allDevicesAt(directory, seq));
  const former = Object.values(directory.devices).filter((device) => !valid.has(device));
  return revokeAll(
    relay,
    former.map(({ facts }) => facts.relayKey),
  );
}

async function revokeAll(relay: RelayClient, keys: readonly Bytes[]): Promise<boolean> {
  let isDone = true;
  for (const some of inChunks(keys, LIMITS.passesPerFrame))
    isDone = (await relay.request([OP.revoke, some], doneResult)).ok && isDone;
  return isDone;
}

/** One device of the directory, as it stands there. */
export async function admitPass(engine: Engine, device: DeviceId): Promise<boolean> {
  const directory = engine.directory();
  const seq = engine.townSeq();
  const found = allDevicesAt(directory, seq).find(({ facts }) => facts.id === device);
  if (found === undefined || engine.relay === undefined) return false;
  const isAdmin = isAdminAt(directory, found.person, seq);
  return (await engine.relay.request([OP.admit, [[found.facts.relayKey, isAdmin]]], doneResult)).ok;
}
