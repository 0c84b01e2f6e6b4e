/**
 * A disk that forgets what was not synced. `powerCut.c`, loaded into the relay's process, writes down
 * what it does to its folder; after the kill the folder is built anew from the last durable state:
 * what a completed fsync covers is there, of everything else as much or as little as chance wants,
 * writes in any order and torn at sectors, names of a folder as far as its own sync went and a random
 * number of steps further.
 *
 * Needs a C compiler, hence part of the soak and not of `npm test`. Limits: writes through memory maps
 * are not seen (SQLite's `-shm` is one; it is rebuilt at every start and left out here); one process.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SeededRandom } from '../helpers/seededRandom';
import type { Disk } from './relayTown';

/** Chance that a write without a sync is on the disk after all. */
export type Survival = 'none' | 'all' | 'some';

export class PowerCutDisk implements Disk {
  readonly env: Readonly<Record<string, string>>;
  readonly #root: string;
  readonly #record: string;
  readonly #random: SeededRandom;
  #durable: DiskModel;
  /** Of all crashes together. */
  syncs = 0;
  writes = 0;
  /** Writes that no sync covered when the power went. */
  lost = 0;

  /** `folder`: empty; `dataFolder` below lies in it. Undefined without a C compiler. */
  static create(folder: string, seed: number): PowerCutDisk | undefined {
    const library = compileShim(folder);
    return library === undefined ? undefined : new PowerCutDisk(folder, library, seed);
  }

  private constructor(folder: string, library: string, seed: number) {
    this.#root = join(folder, 'disk');
    this.#record = join(folder, 'record');
    this.#random = new SeededRandom(seed);
    mkdirSync(this.#root);
    this.#durable = DiskModel.of(this.#root);
    this.env = {
      LD_PRELOAD: library,
      DISK_ROOT: this.#root,
      DISK_RECORD: this.#record,
      DISK_FAULT: join(folder, 'fault'),
      UV_USE_IO_URING: '0',
    };
  }

  /** Made by the relay, so that the making, too, can be lost. */
  get dataFolder(): string {
    return join(this.#root, 'data');
  }

  /** From now on writes fail like this; undefined = no longer. */
  fail(how: 'ENOSPC' | 'EIO' | undefined): void {
    const file = this.env['DISK_FAULT'] ?? '';
    if (how === undefined) rmSync(file, { force: true });
    else writeFileSync(file, how);
  }

  async crashed(): Promise<string> {
    const model = this.#durable;
    for (const step of stepsIn(readFileSync(this.#record))) {
      model.take(step);
      if (step.type === 'W') this.writes += 1;
      if (step.type === 'D') this.syncs += 1;
    }
    this.lost += model.unsyncedWrites;
    model.cut(this.#random, this.#random.oneOf<Survival>(['none', 'some', 'some', 'all']));
    rmSync(this.#root, { recursive: true });
    rmSync(this.#record);
    mkdirSync(this.#root);
    model.writeTo();
    this.#durable = DiskModel.of(this.#root);
    return this.dataFolder;
  }
}

function compileShim(folder: string): string | undefined {
  const library = join(folder, 'powerCut.so');
  const source = join(import.meta.dirname, 'powerCut.c');
  try {
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread']);
    return library;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

interface Step {
  readonly type: 'O' | 'W' | 'T' | 'S' | 'D' | 'R' | 'U' | 'M';
  readonly path: string;
  readonly offset: number;
  readonly data: Buffer;
}

function* stepsIn(record: Buffer): Generator<Step> {
  for (let at = 0; at + 15 <= record.length;) {
    const pathEnd = at + 15 + record.readUInt16LE(at + 1);
    const end = pathEnd + record.readUInt32LE(at + 11);
    if (end > record.length) return; // the kill came while it was written down
    yield {
      type: String.fromCharCode(record[at] ?? 0) as Step['type'],
      path: record.toString('utf8', at + 15, pathEnd),
      offset: Number(record.readBigUInt64LE(at + 3)),
      data: record.subarray(pathEnd, end),
    };
    at = end;
  }
}

type Change =
  | { readonly type: 'write'; readonly offset: number; readonly data: Buffer }
  | { readonly type: 'cut'; readonly length: number };

/** What a file holds, whatever its name. */
interface Content {
  room: Buffer;
  length: number;
  pending: Change[];
}

/** A step of a folder's own list of names. */
type Naming =
  | { readonly type: 'file'; readonly path: string; readonly content: Content }
  | { readonly type: 'folder'; readonly path: string }
  | { readonly type: 'gone'; readonly path: string }
  | { readonly type: 'renamed'; readonly from: string; readonly path: string; readonly content: Content };

class DiskModel {
  /** As the process sees it. */
  readonly #live = new Map<string, Content>();
  /** As the disk has it. */
  readonly #files = new Map<string, Content>();
  readonly #folders = new Set<string>();
  readonly #namings = new Map<string, Naming[]>();
  /** What each begun sync will have covered. */
  readonly #begun = new Map<number, () => void>();
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.#folders.add(root);
  }

  static of(root: string): DiskModel {
    const model = new DiskModel(root);
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) model.#folders.add(path);
      else {
        const bytes = readFileSync(path);
        const content: Content = { room: bytes, length: bytes.length, pending: [] };
        model.#files.set(path, content);
        model.#live.set(path, content);
      }
    }
    return model;
  }

  get unsyncedWrites(): number {
    let count = 0;
    for (const { pending } of this.#live.values()) count += pending.length;
    return count;
  }

  take({ type, path, offset, data }: Step): void {
    const content = this.#live.get(path);
    switch (type) {
      case 'O': {
        const made: Content = { room: Buffer.alloc(0), length: 0, pending: [] };
        this.#live.set(path, made);
        this.#name({ type: 'file', path, content: made });
        return;
      }
      case 'M':
        return this.#name({ type: 'folder', path });
      case 'W':
        content?.pending.push({ type: 'write', offset, data });
        return;
      case 'T':
        content?.pending.push({ type: 'cut', length: offset });
        return;
      case 'U':
        this.#live.delete(path);
        return this.#name({ type: 'gone', path });
      case 'R': {
        const to = data.toString();
        if (content === undefined) return;
        this.#live.delete(path);
        this.#live.set(to, content);
        return this.#name({ type: 'renamed', from: path, path: to, content });
      }
      case 'S':
        this.#begun.set(offset, content === undefined ? this.#syncOfFolder(path) : syncOfFile(content));
        return;
      case 'D':
        this.#begun.get(offset)?.();
        this.#begun.delete(offset);
    }
  }

  /** The power goes. */
  cut(random: SeededRandom, survival: Survival): void {
    const survives = (): boolean => survival === 'all' || (survival === 'some' && random.unit() < 0.5);
    for (const namings of this.#namings.values())
      for (const naming of namings) {
        if (!survives()) break; // a folder's names come in their order
        this.#apply(naming);
      }
    for (const content of new Set(this.#files.values())) {
      for (const by of content.pending) {
        if (!survives()) continue;
        const isTorn = survival === 'some' && by.type === 'write' && random.unit() < 0.2;
        const torn = isTorn ? 512 * random.between(0, Math.floor(by.data.length / 512)) : undefined;
        change(content, by, torn);
      }
      content.pending = [];
    }
  }

  writeTo(): void {
    for (const folder of [...this.#folders].sort())
      if (this.#isReachable(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [path, { room, length }] of this.#files) {
      if (path.endsWith('-shm') || !this.#isReachable(path)) continue;
      writeFileSync(path, room.subarray(0, length));
    }
  }

  /** Whether every folder above has come through. */
  #isReachable(path: string): boolean {
    for (let folder = dirname(path); folder.startsWith(this.#root); folder = dirname(folder))
      if (!this.#folders.has(folder)) return false;
    return true;
  }

  #name(naming: Naming): void {
    const folder = dirname(naming.path);
    const namings = this.#namings.get(folder);
    if (namings === undefined) this.#namings.set(folder, [naming]);
    else namings.push(naming);
  }

  #syncOfFolder(path: string): () => void {
    const covered = [...(this.#namings.get(path) ?? [])];
    return () => {
      for (const naming of covered) this.#apply(naming);
      const done = new Set(covered);
      this.#namings.set(
        path,
        (this.#namings.get(path) ?? []).filter((naming) => !done.has(naming)),
      );
    };
  }

  #apply(naming: Naming): void {
    if (naming.type === 'folder') this.#folders.add(naming.path);
    else if (naming.type === 'gone') this.#files.delete(naming.path);
    else {
      if (naming.type === 'renamed') this.#files.delete(naming.from);
      this.#files.set(naming.path, naming.content);
    }
  }
}

function syncOfFile(content: Content): () => void {
  const covered = new Set(content.pending);
  return () => {
    for (const by of content.pending) if (covered.has(by)) change(content, by);
    content.pending = content.pending.filter((by) => !covered.has(by));
  };
}

/** `torn`: only so many bytes of a write have arrived. */
function change(content: Content, by: Change, torn?: number): void {
  if (by.type === 'cut') {
    reserve(content, by.length);
    content.room.fill(0, Math.min(by.length, content.length), Math.max(by.length, content.length));
    content.length = by.length;
    return;
  }
  const data = torn === undefined ? by.data : by.data.subarray(0, torn);
  const end = by.offset + data.length;
  reserve(content, end);
  data.copy(content.room, by.offset);
  content.length = Math.max(content.length, end);
}

/** Doubles, so that a file of many writes is not copied for each. Behind the length all is zero. */
function reserve(content: Content, length: number): void {
  if (length <= content.room.length) return;
  const room = Buffer.alloc(Math.max(length, 2 * content.room.length));
  content.room.copy(room);
  content.room = room;
}
