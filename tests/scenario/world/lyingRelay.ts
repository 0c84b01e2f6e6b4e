/**
 * A relay that lies as the plan says: to whom, since when, how long. It stands between the world's wires
 * and the true relay: it changes frames (lies.ts), shows some devices another history, and changes what
 * is stored. When it stops lying, all devices meet one relay again, which says what it has.
 */
import { bytesToHex, type Bytes } from '../../../src/lib/bytes';
import { isFrameLie, type PlannedLie } from './lyingPlan';
import {
  encodeFrame,
  OP,
  parseReply,
  parseRequest,
  type ReplyFrame,
  type RequestFrame,
  type StoredEnvelope,
} from '../../../src/protocol/frames';
import type { MemoryLogs } from '../../../server/stores/memoryLogStore';
import { envelopeId, mapKeyOf } from '../../../server/hashes';
import type { Between } from './between';
import { Dice } from './dice';
import { FRAME_LIES, logOf, type FrameLie, type FrameLieName, type Liar } from './lies';
import { seededRandomness } from './seededRandomness';
import { copyLogs, openDisk } from './stores';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';
import { WorldRelay } from './worldRelay';

interface Told {
  readonly name: FrameLieName;
  readonly victims: ReadonlySet<WorldDevice>;
  /** A log is lied about when its id's first byte leaves this rest; all are when undefined. */
  readonly rest: number | undefined;
}

interface Branch {
  readonly relay: WorldRelay;
  readonly logs: MemoryLogs;
  readonly victims: ReadonlySet<WorldDevice>;
}

type MemoryLog = MemoryLogs['logs'] extends Map<string, infer L> ? L : never;

export class LyingRelay implements Between {
  readonly #world: World;
  readonly #liar: Liar;
  readonly #told = new Set<Told>();
  readonly #asked = new Map<WorldDevice, Map<number, RequestFrame>>();
  /** Answers that stand for the ones the relay gives, by device and request. */
  readonly #answers = new Map<WorldDevice, Map<number, ReplyFrame>>();
  readonly #oldSlots = new Map<string, Bytes[]>();
  #branch: Branch | undefined;

  constructor(world: World) {
    this.#world = world;
    const random = seededRandomness(`liar/${world.seed}`);
    this.#liar = {
      dice: new Dice(world.seed, 5),
      get now() {
        return world.scheduler.now;
      },
      stored: (log) => (this.#logOf(log)?.rows ?? []).map(storedOf),
      oldSlots: (log) => this.#oldSlots.get(bytesToHex(log)) ?? [],
      bytes: (length) => new Uint8Array(random(length)),
    };
  }

  relayOf(device: WorldDevice): WorldRelay | undefined {
    return this.#branch?.victims.has(device) === true ? this.#branch.relay : undefined;
  }

  // ---- frames ----------------------------------------------------------------------------------

  up(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[] {
    const parsed = parseRequest(frame);
    if (!parsed.ok) return [frame];
    const asked = parsed.value;
    numbersOf(this.#asked, device).set(asked[1], asked);
    numbersOf(this.#answers, device).delete(asked[1]);
    if (asked[0] === OP.put) this.#keepSlot(asked[2], asked[5]);
    for (const lie of this.#liesTo(device, logOf(asked))) {
      const answer = frameLie(lie.name).answer?.(this.#liar, asked);
      if (answer === undefined) continue;
      numbersOf(this.#answers, device).set(asked[1], answer);
      // The relay is asked for nothing, so that its answer comes when an answer would.
      return [encodeFrame([OP.unwatch, asked[1], []])];
    }
    return [frame];
  }

  down(device: WorldDevice, frame: Uint8Array): readonly Uint8Array[] {
    const parsed = parseReply(frame);
    if (!parsed.ok) return [frame];
    const reply = parsed.value;
    const number = reply[0] === 129 || reply[0] === 130 ? reply[1] : undefined;
    const asked = number === undefined ? undefined : numbersOf(this.#asked, device).get(number);
    const instead = number === undefined ? undefined : numbersOf(this.#answers, device).get(number);
    if (instead !== undefined) return [encodeFrame(instead)];
    let frames: readonly ReplyFrame[] = [reply];
    const noise: Uint8Array[] = [];
    for (const { name } of this.#liesTo(device, logOf(reply) ?? (asked && logOf(asked)))) {
      const lie = frameLie(name);
      frames = frames.flatMap((one) => lie.tell?.(this.#liar, one, asked) ?? [one]);
      noise.push(...(lie.noise?.(this.#liar) ?? []));
    }
    return [...noise, ...(frames.length === 1 && frames[0] === reply ? [frame] : frames.map(encodeFrame))];
  }

  *#liesTo(device: WorldDevice, log: string | undefined): Iterable<Told> {
    for (const lie of this.#told) {
      if (!lie.victims.has(device)) continue;
      const isAbout =
        lie.rest === undefined || log === undefined || parseInt(log.slice(0, 2), 16) % 3 === lie.rest;
      if (isAbout) yield lie;
    }
  }

  #keepSlot(log: Bytes, value: Bytes): void {
    const key = bytesToHex(log);
    this.#oldSlots.set(key, [...(this.#oldSlots.get(key) ?? []), value].slice(-8));
  }

  // ---- as planned ------------------------------------------------------------------------------

  tell({ lie, for: during, a, b, c }: PlannedLie): void {
    const world = this.#world;
    const victims = new Set(world.devices.filter((_, index) => (a >>> index) % 2 === 1));
    world.log(`* lies: ${lie} to ${[...victims].map(({ name }) => name).join()}`);
    if (isFrameLie(lie)) {
      const told: Told = { name: lie, victims, rest: b % 2 === 0 ? undefined : (b >>> 1) % 3 };
      this.#told.add(told);
      world.later(during, () => {
        this.#told.delete(told);
        world.log(`* ends: ${lie}`);
      });
      // Half of them begin with a new connection, as hellos and watches are part of many.
      if (c % 2 === 0) cut(victims);
      return;
    }
    if (lie === 'fork') this.#fork(victims, b, during);
    else if (lie === 'roll-back') this.#eachLog(b, (log) => cutTail(log, 1 + (c % 6)));
    else if (lie === 'insert') this.#eachLog(b, (log) => insertOld(log, c, world.scheduler.now));
    else if (lie === 'drop') this.#eachLog(b, (log) => dropOne(log, c));
    else this.#eachLog(b, (log) => alterOne(log, c));
    if (lie !== 'fork' && c % 2 === 0) cut(new Set(world.devices));
  }

  /** Devices that meet another database, which begins as the true one, or as that was a little before. */
  #fork(victims: ReadonlySet<WorldDevice>, b: number, during: number): void {
    const world = this.#world;
    if (this.#branch !== undefined) return;
    const logs = copyLogs(world.logs);
    if (b % 3 === 0) for (const log of logs.logs.values()) cutTail(log, 1 + ((b >>> 4) % 4));
    const relay = new WorldRelay(world.scheduler, openDisk('memory', logs));
    const heads = new Map([...logs.logs].map(([key, log]) => [key, log.rows.length]));
    world.scheduler.in(0, async () => {
      await relay.start();
      this.#branch = { relay, logs, victims };
      cut(victims);
    });
    world.later(during, () => {
      this.#joinBranches(b % 2 === 0 ? heads : undefined);
    });
  }

  /** `heads` given: what was written in the branch is set behind what the others have. */
  #joinBranches(heads: ReadonlyMap<string, number> | undefined): void {
    const branch = this.#branch;
    if (branch === undefined) return;
    this.#branch = undefined;
    this.#world.log(`* branches ${heads === undefined ? 'end' : 'are joined'}`);
    branch.relay.kill();
    if (heads === undefined) return;
    for (const [key, log] of branch.logs.logs) {
      const main = this.#world.logs.logs.get(key);
      if (main === undefined) this.#world.logs.logs.set(key, log);
      else for (const row of log.rows.slice(heads.get(key) ?? 0)) push(main, row.bytes, row.isCommit, row.at);
    }
  }

  /** The truth again, for everybody. */
  stop(): void {
    this.#told.clear();
    this.#answers.clear();
    this.#joinBranches(undefined);
    cut(new Set(this.#world.devices));
  }

  #eachLog(chance: number, change: (log: MemoryLog) => void): void {
    for (const [key, log] of this.#world.logs.logs)
      if (chance % 2 === 0 || key.charCodeAt(0) % 2 === (chance >>> 1) % 2) change(log);
  }

  #logOf(log: Bytes): MemoryLog | undefined {
    return this.#world.logs.logs.get(mapKeyOf(log));
  }
}

function frameLie(name: FrameLieName): FrameLie {
  return FRAME_LIES[name];
}

function numbersOf<T>(map: Map<WorldDevice, Map<number, T>>, device: WorldDevice): Map<number, T> {
  const known = map.get(device);
  if (known !== undefined) return known;
  const fresh = new Map<number, T>();
  map.set(device, fresh);
  return fresh;
}

function cut(devices: ReadonlySet<WorldDevice>): void {
  for (const device of devices) for (const wire of device.wires) wire.cut();
}

function storedOf(row: MemoryLog['rows'][number]): StoredEnvelope {
  return row.bytes.length === 0
    ? [row.seq, row.at, row.pseudonym, row.bytes, row.id, row.isCommit]
    : [row.seq, row.at, row.pseudonym, row.bytes];
}

// ---- what is stored --------------------------------------------------------------------------------

function push(log: MemoryLog, bytes: Bytes, isCommit: boolean, at: number): void {
  const seq = log.floor + log.rows.length + 1;
  const id = envelopeId(bytes);
  log.rows.push({ seq, at, pseudonym: new Uint8Array(8), bytes, id, isCommit });
  log.seqById.set(mapKeyOf(id), seq);
  if (isCommit) log.lastCommit = seq;
}

/** Numbers and indexes anew, after rows were taken away or changed. */
function renumber(log: MemoryLog, rows: MemoryLog['rows']): void {
  log.rows = [];
  log.seqById.clear();
  log.lastCommit = 0;
  for (const { bytes, isCommit, at } of rows) push(log, bytes, isCommit, at);
}

function cutTail(log: MemoryLog, count: number): void {
  renumber(log, log.rows.slice(0, Math.max(0, log.rows.length - count)));
}

function insertOld(log: MemoryLog, chance: number, now: number): void {
  const old = log.rows[chance % Math.max(1, log.rows.length)];
  if (old !== undefined) push(log, old.bytes, old.isCommit, now);
}

function dropOne(log: MemoryLog, chance: number): void {
  const near = Math.max(0, log.rows.length - 1 - (chance % 4));
  renumber(
    log,
    log.rows.filter((_, index) => index !== near),
  );
}

function alterOne(log: MemoryLog, chance: number): void {
  const near = Math.max(0, log.rows.length - 1 - (chance % 4));
  renumber(
    log,
    log.rows.map((row, index) => {
      if (index !== near) return row;
      const bytes = new Uint8Array(row.bytes);
      const at = (chance >>> 4) % Math.max(1, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      return { ...row, bytes };
    }),
  );
}
