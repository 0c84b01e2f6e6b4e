/** One runner alone: a real vault in memory, a relay that answers what the test says, a clock that stands. */
import type { Bytes } from '../../../src/lib/bytes';
import type { Result } from '../../../src/lib/result';
import { OP, type appendResult, type StoredEnvelope } from '../../../src/protocol/frames';
import { logKey, type LogPart } from '../../../src/records/keys';
import { SealedRecords } from '../../../src/records/sealedRecords';
import type { WaitingIntent } from '../../../src/sync/flight';
import { LogRunner } from '../../../src/sync/logRunner';
import type { LogState } from '../../../src/sync/logState';
import type { RelayClient, RelayFailure, Request } from '../../../src/sync/relayClient';
import type { RunnerHost } from '../../../src/sync/runnerHost';
import { newLogWrites } from '../../../src/sync/saveLog';
import { MemoryStore } from '../../../src/vault/memoryStore';
import { createMemoryVault, type MemoryFaults } from '../../../src/vault/memoryVault';
import { valueOf } from '../crypto/groupFixture';
import { townLink, TOWN_SEQ, type Party } from './party';
import { settle, StandingClock } from './standingClock';

export type Answer = Result<unknown, RelayFailure>;
export const yes = (value: unknown): Answer => ({ ok: true, value });
export const no = (type: RelayFailure['type'], then: RelayFailure['then'], number = 0): Answer => ({
  ok: false,
  error: { type, then, number },
});

export class RunnerBench {
  readonly clock = new StandingClock();
  readonly asked: Request[] = [];
  readonly waiting: WaitingIntent[] = [];
  /** What the relay says to a request; undefined: it is taken, or there is nothing. */
  answers: (request: Request) => Answer | undefined = () => undefined;
  /** Intents that were read back. */
  readonly done: number[] = [];
  isOnline = true;
  /** The vault takes no batch. */
  isFull = false;
  readonly failures: string[] = [];
  /** What lies on the disk. */
  readonly store = new MemoryStore();
  /** What was appended, behind what the log began with. */
  readonly stored: StoredEnvelope[] = [];
  #base = 0;
  #runner: LogRunner | undefined;

  static async of(party: Party, state: LogState): Promise<RunnerBench> {
    const bench = new RunnerBench();
    const faults: MemoryFaults = {
      failWrite: (kind) => (bench.isFull && kind === 'commit' ? 'storage-full' : undefined),
    };
    const records = valueOf(await SealedRecords.over(createMemoryVault({ store: bench.store, faults })));
    const term = valueOf(await records.vault.takeLead());
    const { crypto } = party.fixture;
    await records.vault.commit({ writes: [...(await newLogWrites(records, crypto, state))], strict: true });
    bench.#base = state.progress.cursor;
    bench.#runner = new LogRunner(bench.#host(party, records, term), state, 0);
    bench.runner.watched(state.progress.cursor, []);
    return bench;
  }

  get runner(): LogRunner {
    if (this.#runner === undefined) throw new Error('made by `of`');
    return this.#runner;
  }

  /** What another start would find. */
  async fromDisk<T>(part: LogPart): Promise<T | undefined> {
    const records = valueOf(await SealedRecords.over(createMemoryVault({ store: this.store })));
    return records.get<T>('logs', logKey(this.runner.state.number, part));
  }

  of(operation: number): readonly Request[] {
    return this.asked.filter((request) => request[0] === operation);
  }

  /** Lets everything that waits for no clock happen. */
  async rest(): Promise<void> {
    // A step holds the log; whoever holds it next comes when the step has ended, however long that took.
    for (let i = 0; i < 8; i++) {
      await settle();
      await this.runner.hold();
      this.runner.release();
    }
  }

  async poke(): Promise<void> {
    this.runner.poke();
    await this.rest();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.pass(ms);
    await this.rest();
  }

  #answer(request: Request): Answer {
    this.asked.push(request);
    const told = this.answers(request);
    if (told?.ok === false && told.error.type === 'offline') this.isOnline = false;
    if (told !== undefined) return told;
    if (request[0] === OP.append) return yes([request[4].map((bytes) => this.#append(bytes)), null]);
    if (request[0] === OP.read) {
      const after = request[3] - this.#base;
      return yes([this.stored.slice(after), this.#base + this.stored.length, 1, 0]);
    }
    return yes(true);
  }

  #append(bytes: Bytes): readonly [seq: number, at: number] {
    const seq = this.#base + this.stored.length + 1;
    this.stored.push([seq, 1, new Uint8Array(8), bytes]);
    return [seq, 1];
  }

  #host(party: Party, records: SealedRecords, term: number): RunnerHost {
    const { device, person, test } = party.member(0);
    const isOnline = () => this.isOnline;
    const relay = {
      get isOnline() {
        return isOnline();
      },
      request: async (request: Request, _schema: typeof appendResult) => {
        await settle();
        return this.#answer(request);
      },
    };
    return {
      clock: this.clock,
      groups: party.fixture.crypto,
      records,
      term,
      self: test.self,
      identity: { device, person },
      // The runner knows no more of the client than these two.
      relay: relay as unknown as RelayClient,
      documents: {
        prepare: () => Promise.resolve(),
        accept: () => true,
        reset: () => Promise.resolve(),
        states: () => Promise.resolve({}),
      },
      directory: () => party.directory,
      town: () => ({
        generation: 0,
        seq: TOWN_SEQ,
        sureUpTo: TOWN_SEQ,
        chain: townLink(TOWN_SEQ),
        readsBegun: 0,
        readDone: 0,
        since: 1,
        linkAt: townLink,
      }),
      isOwnRequest: () => false,
      isEnded: () => false,
      waitingIntents: () => this.waiting,
      intentChanged: (number, intent) => {
        const at = this.waiting.findIndex((waiting) => waiting.number === number);
        if (at >= 0) this.waiting[at] = { number, intent };
      },
      addEntry: () => Promise.resolve(true),
      isRemovalWaiting: () => false,
      mayCreate: () => true,
      receiveMail: () => Promise.resolve({ writes: [], done: () => Promise.resolve() }),
      changed: ({ intentsDone }) => {
        this.done.push(...intentsDone);
        for (const number of intentsDone)
          this.waiting.splice(
            this.waiting.findIndex((one) => one.number === number),
            1,
          );
      },
      needTown: () => undefined,
      readToHead: () => undefined,
      watch: () => undefined,
      storageFailed: (type) => {
        if (!this.isFull) throw new Error(type);
        this.failures.push(type);
      },
    };
  }
}
