/**
 * A small town in one process: the real engine over memory vaults, the real relay logic over a store,
 * and a network without sockets. Devices can be cut off, closed and started again.
 */
import { err } from '../../src/lib/result';
import type { Clock, Network } from '../../src/lib/services';
import type { GroupCrypto } from '../../src/crypto/group';
import { sha256 } from '../../src/crypto/hash';
import { platformRandom } from '../../src/crypto/random';
import { createTsMlsGroupCrypto } from '../../src/crypto/tsMlsGroup';
import { Engine } from '../../src/engine/engine';
import { VaultClient } from '../../src/engine/vaultClient';
import type { AppClient } from '../../src/engine/client';
import type { PersonId } from '../../src/domain/ids';
import type {
  ConversationNumber,
  DirectoryView,
  InvitationView,
  ListView,
  SetupView,
  StatusView,
  SuccessionView,
  TimelineItem,
} from '../../src/engine/views';
import { bytesToBase64Url } from '../../src/lib/bytes';
import { LIMITS } from '../../src/protocol/limits';
import { SealedRecords } from '../../src/records/sealedRecords';
import { createMemoryVault, type MemoryFaults } from '../../src/vault/memoryVault';
import { MemoryStore } from '../../src/vault/memoryStore';
import { Relay } from '../../server/relay';
import type { LogStore } from '../../server/stores/logStore';
import { createMemoryLogStore } from '../../server/stores/memoryLogStore';

export const ORIGIN = 'http://town.test';

export const realClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

export class Town {
  store: LogStore;
  relay: Relay;
  /** By how much the relay's clock is ahead, ms. */
  clockError = 0;
  readonly devices: Device[] = [];
  readonly frames: Uint8Array[] = [];

  private constructor(store: LogStore) {
    this.store = store;
    this.relay = new Relay({ store, now: Date.now });
  }

  static async open(store: LogStore = createMemoryLogStore()): Promise<Town> {
    const town = new Town(store);
    await town.relay.open();
    return town;
  }

  async setupToken(): Promise<string> {
    const token = platformRandom.bytes(32);
    await this.store.setClaimToken(sha256(token));
    return bytesToBase64Url(token);
  }

  /** A relay that was killed and started again over the same database. */
  async restartRelay(): Promise<void> {
    for (const device of this.devices) device.dropConnections();
    this.relay = new Relay({ store: this.store, now: () => Date.now() + this.clockError });
    await this.relay.open();
  }

  /** Another relay at the same address: restored, or empty. */
  async replaceRelay(store: LogStore): Promise<void> {
    this.store = store;
    await this.restartRelay();
  }

  /** `store`: what its disk holds already. */
  async device(name: string, store = new MemoryStore()): Promise<Device> {
    const device = new Device(this, name, store);
    this.devices.push(device);
    await device.start();
    return device;
  }

  async close(): Promise<void> {
    for (const device of this.devices) device.stop();
    await this.relay.stop();
  }
}

export class Device {
  readonly town: Town;
  readonly name: string;
  store: MemoryStore;
  engine: Engine | undefined;
  /** How far this device's clock is ahead, ms; what waits is not woken by it. */
  skew = 0;
  readonly clock: Clock = { now: () => Date.now() + this.skew, after: realClock.after };
  isOffline = false;
  /** What the engine's vault does wrong; a person's tab reads and writes without. */
  faults: MemoryFaults = {};
  /** Frames of this device that the network keeps back until `release`. */
  holds: ((frame: Uint8Array) => boolean) | undefined;
  #held: (() => void)[] = [];
  /** What the network does with frames to this device: `late` ones come with `releaseLate`. */
  hears: ((frame: Uint8Array) => 'now' | 'late' | 'never') | undefined;
  #late: (() => void)[] = [];
  #client: AppClient | undefined;
  readonly #connections = new Set<() => void>();

  constructor(town: Town, name: string, store: MemoryStore) {
    this.town = town;
    this.name = name;
    this.store = store;
  }

  get client(): AppClient {
    if (this.#client === undefined) throw new Error(`${this.name} is not running`);
    return this.#client;
  }

  async start(): Promise<void> {
    const faults: MemoryFaults = {
      failRead: () => this.faults.failRead?.() ?? false,
      failWrite: (kind) => this.faults.failWrite?.(kind),
    };
    const vault = createMemoryVault({ store: this.store, faults });
    const engine = await Engine.start({
      vault,
      network: this.#network(),
      clock: this.clock,
      random: platformRandom,
      groups: this.#groups(),
      // As the tab does, which starts the worker anew.
      onEnd: (reason) => {
        if (reason === 'continued') void this.restart();
      },
    });
    if (!(engine instanceof Engine)) throw new Error(engine.type);
    this.engine = engine;
    const records = await SealedRecords.over(createMemoryVault({ store: this.store }));
    if (!records.ok) throw new Error(records.error.type);
    this.#client = new VaultClient({
      records: records.value,
      clock: this.clock,
      random: platformRandom,
      origin: ORIGIN,
      onErased: () => undefined,
    });
  }

  /** Commits that this device cannot follow, as if its state were damaged. */
  failsToFollow: () => boolean = () => false;

  #groups(): GroupCrypto {
    const groups = createTsMlsGroupCrypto({ now: () => this.clock.now(), random: platformRandom });
    return {
      ...groups,
      process: (state, commit, judge) =>
        this.failsToFollow()
          ? Promise.resolve(err({ type: 'bad-commit', then: 'ignore' }))
          : groups.process(state, commit, judge),
    };
  }

  stop(): void {
    this.engine?.stop();
    this.dropConnections();
  }

  /** As a killed browser: nothing is finished, what was durable stays. */
  async restart(): Promise<void> {
    this.stop();
    await this.start();
  }

  goOffline(): void {
    this.isOffline = true;
    this.dropConnections();
  }

  goOnline(): void {
    this.isOffline = false;
    this.engine?.connectNow();
  }

  get heldFrames(): number {
    return this.#held.length;
  }

  release(): void {
    this.holds = undefined;
    for (const send of this.#held.splice(0)) send();
  }

  releaseLate(): void {
    for (const deliver of this.#late.splice(0)) deliver();
  }

  dropConnections(): void {
    for (const drop of [...this.#connections]) drop();
  }

  #network(): Network {
    return {
      connect: (_address, events) => {
        let isOver = false;
        const close = (): void => {
          if (isOver) return;
          isOver = true;
          this.#connections.delete(close);
          this.town.relay.disconnect(session);
          queueMicrotask(() => {
            events.onClose();
          });
        };
        const { relay } = this.town;
        const session = relay.connect(
          {
            bufferedBytes: 0,
            send: (frame) => {
              this.town.frames.push(frame);
              const deliver = (): void => {
                if (!isOver) events.onFrame(frame);
              };
              const how = this.hears?.(frame) ?? 'now';
              if (how === 'late') this.#late.push(deliver);
              if (how === 'now') queueMicrotask(deliver);
            },
            close,
            rest: () => undefined,
            trust: () => undefined,
            room: () => Promise.resolve(),
          },
          new URL(ORIGIN).host,
        );
        this.#connections.add(close);
        if (this.isOffline) close();
        return {
          send: (frame) => {
            this.town.frames.push(frame);
            const send = (): void => {
              if (isOver) return;
              // As the real socket does (server/sockets.ts): a frame too large ends the connection.
              if (frame.length > LIMITS.frameBytes) close();
              else void relay.receive(session, frame);
            };
            if (this.holds?.(frame) === true) this.#held.push(send);
            else send();
          },
          close,
        };
      },
    };
  }

  // ---- what a person sees -----------------------------------------------------------------------

  setup(): Promise<SetupView> {
    return first((onValue) => this.client.observeSetup(onValue));
  }
  status(): Promise<StatusView> {
    return first((onValue) => this.client.observeStatus(onValue));
  }
  succession(): Promise<SuccessionView> {
    return first((onValue) => this.client.observeSuccession(onValue));
  }
  list(): Promise<ListView> {
    return first((onValue) => this.client.observeList(onValue));
  }
  directory(): Promise<DirectoryView> {
    return first((onValue) => this.client.observeDirectory(onValue));
  }
  invitations(): Promise<readonly InvitationView[]> {
    return first((onValue) => this.client.observeInvitations(onValue));
  }
  async person(name: string): Promise<PersonId> {
    const found = (await this.directory()).persons.find((person) => person.name === name);
    if (found === undefined) throw new Error(`${this.name} does not know ${name}`);
    return found.id;
  }
  async conversation(title: string): Promise<ConversationNumber> {
    const found = (await this.list()).conversations.find((conversation) => conversation.title === title);
    if (found === undefined) throw new Error(`${this.name} has no conversation ${title}`);
    return found.number;
  }
  async timeline(number: ConversationNumber): Promise<readonly TimelineItem[]> {
    let items: readonly TimelineItem[] | undefined;
    const timeline = this.client.openTimeline(number, {
      limit: 500,
      onChange: (window) => {
        items = window.items;
      },
    });
    await until(() => Promise.resolve(items !== undefined), 'timeline');
    timeline.close();
    return items ?? [];
  }
  async texts(title: string): Promise<readonly string[]> {
    const found = (await this.list()).conversations.find((conversation) => conversation.title === title);
    if (found === undefined) return [];
    return (await this.timeline(found.number)).flatMap((item) =>
      item.content.type === 'text' ? [item.content.text] : [],
    );
  }
  async send(title: string, text: string): Promise<void> {
    const conversation = await this.conversation(title);
    const sent = await this.client.intend({ type: 'send-text', conversation, text });
    if (!sent.ok) throw new Error(sent.error.type);
  }
}

export async function foundTown(
  town: Town,
  device: Device,
  townName: string,
  ownName: string,
): Promise<void> {
  await device.client.intend({
    type: 'found-town',
    token: await town.setupToken(),
    relay: ORIGIN,
    townName,
    ownName,
  });
  await until(async () => (await device.setup()).phase === 'ready', 'town founded');
}

export async function inviteAndJoin(admin: Device, guest: Device, ownName: string): Promise<void> {
  const before = (await admin.invitations()).length;
  await admin.client.intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 });
  await until(async () => (await admin.invitations()).length > before, 'invitation shown');
  const link = (await admin.invitations())[0]?.link ?? '';
  await guest.client.intend({ type: 'join-town', link, ownName });
  await until(async () => (await guest.setup()).phase === 'ready', `${ownName} joined`);
}

export function first<T>(observe: (onValue: (value: T) => void) => () => void): Promise<T> {
  return new Promise((resolve) => {
    let isDone = false;
    const stop = observe((value) => {
      if (isDone) return;
      isDone = true;
      resolve(value);
      setTimeout(() => {
        stop();
      }, 0);
    });
  });
}

export async function until(condition: () => Promise<boolean>, what: string, ms = 60_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
