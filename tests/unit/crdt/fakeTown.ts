/**
 * A log in memory and devices that fold it, with the engine's contract and nothing of its machinery:
 * updates wait until the device is online, everybody judges the log on their own.
 */
import type { Bytes } from '../../../src/lib/bytes';
import { copyBytes } from '../../../src/lib/bytes';
import { err, ok, type Result } from '../../../src/lib/result';
import { seededRandom } from '../../../src/crypto/random';
import { CanonicalDoc, type AuthoredUpdate } from '../../../src/crdt/canonicalDoc';
import type { DocumentChannel, SaveFailure } from '../../../src/crdt/documentChannel';

export const DOCUMENT = 'board';

export class FakeTown {
  readonly log: AuthoredUpdate[] = [];
  readonly devices: FakeDevice[] = [];
  readonly random;

  constructor(seed: string | number) {
    this.random = seededRandom(seed);
  }

  addDevice(): FakeDevice {
    const device = new FakeDevice(this, this.random.bytes(16));
    this.devices.push(device);
    return device;
  }

  syncAll(): void {
    // Twice: what the last one appends must reach the first one.
    for (let i = 0; i < 2; i++) for (const device of this.devices) device.sync();
  }
}

interface Listener {
  readonly onUpdates: (updates: readonly Bytes[]) => void;
  readonly onRebuild: () => void;
}

export class FakeDevice {
  canonical = CanonicalDoc.empty(DOCUMENT);
  waiting: { session: Bytes; update: Bytes }[] = [];
  /** What sends were given, and what of it was saved. */
  readonly tried: Bytes[] = [];
  readonly sent: Bytes[] = [];
  /** The next sends answer this. */
  failure: SaveFailure | undefined;
  refusals: string[] = [];
  #cursor = 0;
  readonly #listeners = new Set<Listener>();
  readonly #presenceListeners = new Set<(bytes: Bytes) => void>();

  constructor(
    readonly town: FakeTown,
    readonly id: Bytes,
  ) {}

  get listenerCount(): number {
    return this.#listeners.size + this.#presenceListeners.size;
  }

  channel(): DocumentChannel {
    return {
      device: this.id,
      load: () =>
        Promise.resolve([this.canonical.stateAsUpdate(), ...this.waiting.map(({ update }) => update)]),
      observeUpdates: (onUpdates, onRebuild) => {
        const listener = { onUpdates, onRebuild };
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      send: (session, update) => Promise.resolve(this.#save(session, update)),
      sendPresence: (bytes) => {
        for (const device of this.town.devices) if (device !== this) device.receivePresence(bytes);
      },
      observePresence: (onPresence) => {
        this.#presenceListeners.add(onPresence);
        return () => this.#presenceListeners.delete(onPresence);
      },
    };
  }

  receivePresence(bytes: Bytes): void {
    for (const listener of this.#presenceListeners) listener(bytes);
  }

  /** Appends what waits, then reads to the head. */
  sync(): void {
    this.town.log.push(...this.waiting.map((own) => ({ device: this.id, ...own })));
    this.read();
  }

  read(): void {
    let mustRebuild = false;
    const accepted: Bytes[] = [];
    for (; this.#cursor < this.town.log.length; this.#cursor++) {
      const entry = this.town.log[this.#cursor];
      if (entry === undefined) break;
      const verdict = this.canonical.apply(entry);
      const at = this.waiting.findIndex(({ update }) => update === entry.update);
      if (at !== -1) this.waiting.splice(at, 1);
      if (verdict.ok) accepted.push(copyBytes(entry.update));
      else {
        this.refusals.push(verdict.error.type);
        mustRebuild ||= at !== -1;
      }
    }
    for (const listener of [...this.#listeners]) listener.onUpdates(accepted);
    if (mustRebuild) for (const listener of [...this.#listeners]) listener.onRebuild();
  }

  /** A device that starts anew from its vault. */
  restart(): void {
    const restored = CanonicalDoc.fromState(DOCUMENT, this.canonical.encodeState());
    if (!restored.ok) throw new Error(restored.error.detail);
    this.canonical.destroy();
    this.canonical = restored.value;
  }

  #save(session: Bytes, update: Bytes): Result<void, SaveFailure> {
    this.tried.push(update);
    if (this.failure) return err(this.failure);
    this.sent.push(update);
    this.waiting.push({ session, update });
    for (const listener of [...this.#listeners]) listener.onUpdates([update]);
    return ok(undefined);
  }
}
