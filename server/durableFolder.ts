/**
 * Folders that survive a power cut. A file's fsync says nothing about the folder it lies in: a name is
 * durable when the folder that holds it was synced, and that goes for folders' names, too.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The folder is there with all above it, and stays; `upTo` is the highest whose names are synced. */
export async function makeFolder(folder: string, upTo: string = dirname(folder)): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const above of foldersAbove(folder, upTo)) await syncFolder(above);
}

/** For the start, before anything else runs: syncs above whatever had to be made. */
export function makeFolderSync(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (const above of foldersAbove(folder, dirname(first))) {
    const handle = openSync(above, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}

/** Names made, changed or removed in this folder are on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function foldersAbove(folder: string, upTo: string): readonly string[] {
  const above: string[] = [];
  for (let at = dirname(folder); ; at = dirname(at)) {
    above.push(at);
    if (at === upTo || at === dirname(at)) return above;
  }
}
