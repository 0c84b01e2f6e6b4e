/** Sealed chunks on a disk that is watched, and that can be full or broken. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { bytesToHex } from '../../../src/lib/bytes';
import { randomBytes } from '../../../server/hashes';
import { BlobStore } from '../../../server/stores/blobStore';

const disk = vi.hoisted(() => ({
  /** What was synced, in order. */
  synced: [] as string[],
  /** Fails every write and sync while it is set. */
  fault: undefined as string | undefined,
}));

vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const fs = await importOriginal();
  return {
    ...fs,
    open: async (...args: Parameters<typeof fs.open>) => {
      const handle = await fs.open(...args);
      const fail = (): void => {
        if (disk.fault !== undefined) throw Object.assign(new Error(disk.fault), { code: disk.fault });
      };
      const sync = handle.sync.bind(handle);
      const writeFile = handle.writeFile.bind(handle);
      handle.sync = async () => {
        fail();
        await sync();
        disk.synced.push(String(args[0]));
      };
      handle.writeFile = async (...written) => {
        fail();
        await writeFile(...written);
      };
      return handle;
    },
  };
});

const folder = mkdtempSync(join(tmpdir(), 'depesche-blobs-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  disk.synced = [];
  disk.fault = undefined;
});

let number = 0;
function openStore(quotaBytes = 10_000): Promise<{ root: string; blobs: BlobStore }> {
  const root = join(folder, String(++number));
  return BlobStore.open({ folder: root, now: () => 1_000, quotaBytes }).then((blobs) => ({ root, blobs }));
}

test('a stored chunk is synced with every name above it, also where others made the folder (P1)', async () => {
  const { root, blobs } = await openStore();
  expect(disk.synced).toEqual([folder]);
  const id = randomBytes(32);
  const owner = randomBytes(8);
  const name = bytesToHex(id);
  disk.synced = [];
  const [first, second] = await Promise.all(
    [0, 1].map((index) => blobs.put(id, index, randomBytes(9), owner)),
  );
  expect([first, second]).toMatchObject([
    { ok: true, value: 'stored' },
    { ok: true, value: 'stored' },
  ]);
  const synced = disk.synced.map((path) => relative(root, path));
  for (const above of ['', name.slice(0, 2), join(name.slice(0, 2), name)]) expect(synced).toContain(above);
  expect(synced.filter((path) => path.endsWith('.part'))).toHaveLength(4); // two chunks, two times the owner
});

test('a chunk that is there is called present only when its name is synced', async () => {
  const { root, blobs } = await openStore();
  const [id, owner, chunk] = [randomBytes(32), randomBytes(8), randomBytes(100)];
  await blobs.put(id, 0, chunk, owner);
  disk.synced = [];
  expect(await blobs.put(id, 0, chunk, owner)).toMatchObject({ ok: true, value: 'present' });
  const name = bytesToHex(id);
  expect(disk.synced).toEqual([join(root, name.slice(0, 2), name)]);
  disk.fault = 'EIO';
  expect(await blobs.put(id, 0, chunk, owner)).toMatchObject({ ok: false, error: { type: 'storage' } });
});

test.each(['ENOSPC', 'EIO'])(
  '%s: nothing is acknowledged and nothing is left behind; reads go on; then all is well again',
  async (code) => {
    const { root, blobs } = await openStore();
    const [id, owner, chunk] = [randomBytes(32), randomBytes(8), randomBytes(4_000)];
    expect(await blobs.put(id, 0, chunk, owner)).toMatchObject({ ok: true });
    expect(await blobs.isReady()).toBe(true);
    disk.fault = code;
    for (let n = 0; n < 5; n++)
      expect(await blobs.put(id, 1, chunk, owner)).toMatchObject({ ok: false, error: { type: 'storage' } });
    expect(await blobs.put(randomBytes(32), 0, chunk, owner)).toMatchObject({ ok: false });
    expect(await blobs.isReady()).toBe(false);
    expect(await blobs.get(id, 0)).toMatchObject({ ok: true });
    const files = readdirSync(root, { recursive: true }).map(String);
    expect(files.filter((file) => /part|probe/.test(file))).toEqual([]);
    disk.fault = undefined;
    expect(await blobs.isReady()).toBe(true);
    // what failed was not counted: there is room for one more chunk
    expect(await blobs.put(id, 1, chunk, owner)).toMatchObject({ ok: true, value: 'stored' });
    expect(await blobs.put(id, 2, chunk, owner)).toMatchObject({ ok: false, error: { type: 'quota' } });
  },
);
