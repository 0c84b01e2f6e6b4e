/**
 * Sealed chunks in files: `<folder>/<xx>/<id>/<index>` beside an `owner` file with the pseudonym of
 * the pass that began the blob. What is known of a blob is what lies in its folder, so that nothing
 * can disagree with it. A chunk is written beside its name, synced, and renamed: it is there whole
 * or not at all. The same chunk again changes nothing; another one under its index is refused.
 *
 * Limits: used space per pass is counted in memory from a walk at start; one process per folder.
 */
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesToHex, equalBytes, type Bytes } from '../../src/lib/bytes';
import { err, ok, type Failure, type Result } from '../../src/lib/result';
import { LIMITS } from '../../src/protocol/limits';
import { makeFolder, syncFolder } from '../durableFolder';

/** A sealed chunk is its plaintext and a tag; a little room for a header. */
export const BLOB_CHUNK_MAX_BYTES = LIMITS.blobChunkBytes + 64;
export const BLOB_MAX_CHUNKS = Math.ceil(LIMITS.blobBytes / LIMITS.blobChunkBytes) + 1;

export type BlobFailure = Failure & {
  readonly type: 'not-found' | 'too-large' | 'differs' | 'not-owner' | 'quota' | 'storage';
};

function failure(type: BlobFailure['type']): BlobFailure {
  return { type, then: type === 'storage' ? 'retry' : 'stop' };
}

export interface BlobStoreOptions {
  readonly folder: string;
  readonly now: () => number;
  readonly quotaBytes: number;
}

export class BlobStore {
  readonly #options: BlobStoreOptions;
  readonly #usedByOwner = new Map<string, number>();
  #nextTemporary = 1;
  #isWell = true;

  private constructor(options: BlobStoreOptions) {
    this.#options = options;
  }

  static async open(options: BlobStoreOptions): Promise<BlobStore> {
    await makeFolder(options.folder);
    const store = new BlobStore(options);
    for await (const folder of store.#blobFolders()) {
      const { owner, bytes } = await measure(folder);
      store.#use(owner, bytes);
    }
    return store;
  }

  async put(
    id: Bytes,
    index: number,
    bytes: Uint8Array,
    owner: Bytes,
  ): Promise<Result<'stored' | 'present', BlobFailure>> {
    if (bytes.length === 0 || bytes.length > BLOB_CHUNK_MAX_BYTES || index >= BLOB_MAX_CHUNKS)
      return err(failure('too-large'));
    const folder = this.#folderOf(id);
    const ownerName = bytesToHex(owner);
    try {
      const present = await readIfThere(join(folder, String(index)));
      if (present !== undefined) {
        if (!equalBytes(present, bytes)) return err(failure('differs'));
        // its name may not be on disk yet: whoever wrote it is still at it, or failed in the last step
        await syncFolder(folder);
        return ok('present');
      }
      // counted before it is written, so that parallel uploads cannot pass the quota together
      if (this.#used(ownerName) + bytes.length > this.#options.quotaBytes) return err(failure('quota'));
      this.#use(ownerName, bytes.length);
      const isStored = await this.#write(folder, index, bytes, ownerName).catch((error: unknown) => {
        this.#use(ownerName, -bytes.length);
        throw error;
      });
      this.#isWell = true;
      if (isStored) return ok('stored');
      this.#use(ownerName, -bytes.length);
      return err(failure('not-owner'));
    } catch {
      this.#isWell = false;
      return err(failure('storage'));
    }
  }

  /** Whether the folder takes writes; after trouble it is tried again. */
  async isReady(): Promise<boolean> {
    if (!this.#isWell) this.#isWell = await this.#probe();
    return this.#isWell;
  }

  async get(id: Bytes, index: number): Promise<Result<Uint8Array, BlobFailure>> {
    try {
      const bytes = await readIfThere(join(this.#folderOf(id), String(index)));
      return bytes === undefined ? err(failure('not-found')) : ok(bytes);
    } catch {
      return err(failure('storage'));
    }
  }

  /** The indexes that are there, in order. */
  async chunks(id: Bytes): Promise<readonly number[]> {
    const names = await readdir(this.#folderOf(id)).catch(() => []);
    return names
      .filter(isIndex)
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** Removes blobs to which nothing was added for so long; answers how many. */
  async expire(retentionMs: number): Promise<number> {
    const before = this.#options.now() - retentionMs;
    let removed = 0;
    for await (const folder of this.#blobFolders()) {
      const { mtimeMs } = await stat(folder);
      if (mtimeMs >= before) continue;
      const { owner, bytes } = await measure(folder);
      await rm(folder, { recursive: true, force: true });
      this.#use(owner, -bytes);
      removed += 1;
    }
    return removed;
  }

  async #write(folder: string, index: number, bytes: Uint8Array, owner: string): Promise<boolean> {
    const ownerFile = join(folder, 'owner');
    const known = await readIfThere(ownerFile);
    if (known === undefined) {
      // In this order: where there is an owner, the folder's own name has been synced.
      await makeFolder(folder, this.#options.folder);
      await this.#writeWhole(ownerFile, Buffer.from(owner));
    } else if (Buffer.from(known).toString() !== owner) return false;
    await this.#writeWhole(join(folder, String(index)), bytes);
    return true;
  }

  /** As much as a chunk, so that a disk with room for a trifle does not count as well. */
  async #probe(): Promise<boolean> {
    const file = join(this.#options.folder, 'probe');
    try {
      await this.#writeWhole(file, new Uint8Array(LIMITS.blobChunkBytes));
      await rm(file, { force: true });
      return true;
    } catch {
      await rm(file, { force: true }).catch(() => undefined);
      return false;
    }
  }

  async #writeWhole(file: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${file}.${String(this.#nextTemporary++)}.part`;
    try {
      const handle = await open(temporary, 'w', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
      await syncFolder(dirname(file));
    } catch (error) {
      // on a full disk, rubbish is what is least needed
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async *#blobFolders(): AsyncGenerator<string> {
    for (const prefix of (await readdir(this.#options.folder)).filter(isPrefix))
      for (const name of await readdir(join(this.#options.folder, prefix)))
        yield join(this.#options.folder, prefix, name);
  }

  #folderOf(id: Bytes): string {
    const name = bytesToHex(id);
    return join(this.#options.folder, name.slice(0, 2), name);
  }

  #used(owner: string): number {
    return this.#usedByOwner.get(owner) ?? 0;
  }

  #use(owner: string, bytes: number): void {
    this.#usedByOwner.set(owner, Math.max(0, this.#used(owner) + bytes));
  }
}

const isPrefix = (name: string): boolean => /^[\da-f]{2}$/.test(name);
const isIndex = (name: string): boolean => /^\d+$/.test(name);

async function measure(folder: string): Promise<{ owner: string; bytes: number }> {
  const owner = await readIfThere(join(folder, 'owner'));
  let bytes = 0;
  for (const name of await readdir(folder)) if (isIndex(name)) bytes += (await stat(join(folder, name))).size;
  return { owner: owner === undefined ? '' : Buffer.from(owner).toString(), bytes };
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
