/**
 * Behind the town's move (SPEC Q7, Q8): somebody claims each conversation, and every device posts what it
 * alone still has of the lost logs. Both wait their turn by rank and look first whether it is done.
 */
import { bytesToHex, type Bytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import type { EntryBody } from '../domain/body';
import { basesOf } from '../domain/conversation';
import { allDevicesAt, holdsAt, isAdminAt, pairKey, type Directory } from '../domain/directory';
import { parseEntry, type WireEntry } from '../domain/entry';
import type { DeviceId, EntryId, LogId, PersonId } from '../domain/ids';
import { continuationOf } from '../domain/succession';
import { encodeCbor } from '../protocol/codec';
import { generationOrder, rowKey, TOWN_LOG, TOWN_PROOFS } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import { heldEntries, heldName, openCarried, predecessorOf } from '../sync/carried';
import { RANK_WAIT_MS } from '../sync/commitLoop';
import type { TownProof } from '../sync/ingest';
import type { LogRunner } from '../sync/logRunner';
import type { Engine } from './engine';

/** Of a large group nobody waits longer than this many turns. */
const LAST_RANK = 10;
/** Seldomer, the longer there is nothing to be done. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_SELDOM_MS = 15_000;

export class SuccessionCarry {
  readonly #engine: Engine;
  /** When it is our turn for a log, by its number. */
  readonly #turns = new Map<number, number>();
  #isAwake = false;
  #rounds = 0;
  #isRunning = false;
  #isTownCarried = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Something may be due: the connection is there, or a log has moved on. */
  wake(): void {
    if (this.#isAwake || !this.#isNeeded) return;
    this.#isAwake = true;
    const wait = Math.min(LOOK_SELDOM_MS, LOOK_AGAIN_MS + this.#rounds++ * 50);
    this.#engine.services.clock.after(wait, () => {
      this.#isAwake = false;
      void this.#work();
    });
  }

  get #isNeeded(): boolean {
    const { continuation } = this.#engine.directory();
    if (continuation === undefined) return false;
    return !this.#isTownCarried || this.#continuing.length > 0;
  }

  /** Conversations that are not yet where they belong. */
  get #continuing(): readonly LogRunner[] {
    return this.#engine
      .conversations()
      .filter(({ state }) => state.core.continues !== undefined && state.progress.hasCarried !== true);
  }

  async #work(): Promise<void> {
    const { runners, relay, succession } = this.#engine;
    const town = runners.get(TOWN_LOG);
    if (this.#isRunning || town === undefined) return;
    // What is behind must not speak: it may all have been said.
    if (
      relay?.isOnline === true &&
      !succession.isLost &&
      !town.isCatchingUp &&
      town.state.progress.cursor > 0
    ) {
      this.#isRunning = true;
      try {
        if (!this.#isTownCarried) this.#isTownCarried = await this.#carryTown(town);
        for (const runner of this.#continuing) await this.#workAt(runner);
      } finally {
        this.#isRunning = false;
      }
    }
    this.wake();
  }

  async #workAt(runner: LogRunner): Promise<void> {
    const { core, number, progress } = runner.state;
    if (core.continues === undefined) return;
    const { old, next: claimed } = continuationOf(this.#engine.directory(), core.continues.log);
    if (claimed === undefined) {
      if (this.#isOurTurn(number, old)) await this.#claim(runner, old);
      return;
    }
    const isIn = claimed.log === core.log && progress.isCreated && progress.cursor > 0;
    if (!isIn || runner.isCatchingUp || !this.#isOurTurn(-number, core.log)) return;
    if (await this.#carry(runner)) await runner.update({ hasCarried: true });
  }

  /** From when we first ask on, rank by rank: the same order on every device. */
  #isOurTurn(turn: number, log: LogId): boolean {
    const { services, viewSource } = this.#engine;
    const now = services.clock.now();
    let at = this.#turns.get(turn);
    if (at === undefined) {
      const devices = allDevicesAt(this.#engine.directory(), this.#engine.townSeq());
      const rank = rankAmong(
        devices.map(({ facts }) => facts.id),
        viewSource.me.device,
        log,
      );
      at = now + Math.min(rank, LAST_RANK) * RANK_WAIT_MS;
      this.#turns.set(turn, at);
    }
    return now >= at;
  }

  async #claim({ state: { core } }: LogRunner, old: LogId): Promise<void> {
    if (!(await this.#claimPair(core.partner, old))) return;
    await this.#addOnce(
      { kind: 'town-log-continued', old, log: core.log },
      (body) => body.kind === 'town-log-continued' && body.old === old,
    );
  }

  /**
   * Whoever took the town along may not have read a pair's claim, nor the other one of the pair: unless it is
   * made again, what continues their log is nobody's to those who never were in it.
   */
  async #claimPair(partner: PersonId | undefined, log: LogId): Promise<boolean> {
    if (partner === undefined) return true;
    const pair: readonly [PersonId, PersonId] = [this.#engine.viewSource.me.person, partner];
    if (this.#engine.directory().claims[pairKey(...pair)] !== undefined) return true;
    return this.#addOnce(
      { kind: 'town-claimed', pair: [...pair], log },
      (body) => body.kind === 'town-claimed' && body.log === log,
    );
  }

  async #addOnce(body: EntryBody, isSame: (body: EntryBody) => boolean): Promise<boolean> {
    const waiting = this.#engine.book.waiting(TOWN_LOG);
    return waiting.some(({ intent }) => isSame(intent.body)) || this.#engine.addEntry(TOWN_LOG, body);
  }

  /** Texts and removals that the founder of this log did not have, and nobody has posted since. */
  async #carry(runner: LogRunner): Promise<boolean> {
    const { number, fold, core } = runner.state;
    const bases = fold.type === 'conversation' ? basesOf(fold.conversation.base) : [];
    const { records, book } = this.#engine;
    // What of ours belongs here has to be known first.
    if (book.waiting(number).some(({ intent }) => intent.body.kind === 'town-log-continued')) return false;
    const posted = await heldEntries(records, number, generationOrder(core.generation ?? 0));
    for (const { intent } of book.waiting(number)) addCarriedName(posted, intent.body);
    const rows = await records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(number, 0),
      to: rowKey(number, generationOrder(core.generation ?? 0) - 1),
    });
    for (const { proof } of rows.flatMap(({ value }) => value)) {
      const wire = proof === undefined ? undefined : parseEntry(proof.entry);
      if (proof === undefined || wire?.ok !== true) continue;
      const { device, name } = namesOf(wire.value);
      if (posted.has(name)) continue;
      for (const { log, counters } of bases) {
        if (wire.value.counter <= (counters[device] ?? 0)) continue;
        const body: EntryBody = { kind: 'carried', log, epochTag: proof.epochTag, entry: proof.entry };
        // Also what an earlier log had said: it is not of one that this log continues.
        const carried = await openCarried(body, this.#engine.directory());
        const kind = carried?.content.body.kind;
        if (kind === 'text' || kind === 'roster') await this.#engine.addEntry(number, body);
      }
    }
    return true;
  }

  /** Who was put out before stays out: what the new directory does not know is told to it. */
  async #carryTown(town: LogRunner): Promise<boolean> {
    const { records } = this.#engine;
    const { fold, core } = town.state;
    const predecessor = predecessorOf(fold);
    if (predecessor === undefined) return true;
    const generation = core.generation ?? 0;
    const proofs = await records.range<TownProof>('rows', {
      from: rowKey(TOWN_PROOFS, generationOrder(generation - 1)),
      to: rowKey(TOWN_PROOFS, generationOrder(generation) - 1),
    });
    const undone: EntryBody[] = [];
    for (const { value } of proofs) {
      const body: EntryBody = {
        kind: 'carried',
        log: predecessor,
        epochTag: value.epochTag,
        entry: value.entry,
      };
      const carried = await openCarried(body, this.#engine.directory());
      if (carried !== undefined && this.#isUndone(carried.content.body)) undone.push(body);
    }
    if (undone.length > 0 && !this.#isOurTurn(TOWN_LOG, core.log)) return false;
    for (const body of undone) await this.#engine.addEntry(TOWN_LOG, body);
    return true;
  }

  #isUndone(body: EntryBody): boolean {
    const directory: Directory = this.#engine.directory();
    const seq = this.#engine.townSeq();
    const isThere = (person: PersonId) => {
      const found = directory.persons[person];
      return found !== undefined && holdsAt(found, seq);
    };
    if (body.kind === 'town-person-removed') return isThere(body.person);
    if (body.kind === 'town-admin') return isAdminAt(directory, body.person, seq);
    const device = body.kind === 'town-blocked' ? directory.devices[body.device] : undefined;
    return device !== undefined && holdsAt(device, seq);
  }
}

function rankAmong(devices: readonly DeviceId[], self: DeviceId, log: LogId): number {
  const rankOf = (device: DeviceId) => bytesToHex(sha256(encodeCbor([log, device])));
  const own = rankOf(self);
  return devices.filter((device) => rankOf(device) < own).length;
}

function namesOf(wire: WireEntry): { readonly device: DeviceId; readonly name: string } {
  const device = hex<DeviceId>(wire.device);
  return { device, name: heldName(device, hex<EntryId>(wire.id)) };
}

function addCarriedName(names: Set<string>, body: EntryBody): void {
  const wire = body.kind === 'carried' ? parseEntry(body.entry) : undefined;
  if (wire?.ok === true) names.add(namesOf(wire.value).name);
}

function hex<Id extends DeviceId | EntryId>(bytes: Bytes): Id {
  return bytesToHex(bytes) as Id;
}
