/**
 * Whether this window may forget everything when it closes. No browser says so, and all of them try
 * to hide it; two signs remain. They can miss a private window and, rarely, suspect a normal one, so
 * the screen says "möglicherweise" and never refuses.
 */
export interface WindowSigns {
  /** Firefox and Safari refuse the private file system in private windows. */
  readonly isFileSystemRefused: boolean;
  /** What the browser grants this site, in bytes. Chromium's incognito windows live in memory. */
  readonly quota: number | undefined;
  readonly isPersisted: boolean;
}

/** Below this, even a nearly full phone would not be. */
const SMALL_QUOTA = 320 * 1024 * 1024;

export function isPossiblyPrivate(signs: WindowSigns): boolean {
  if (signs.isPersisted) return false;
  return signs.isFileSystemRefused || (signs.quota !== undefined && signs.quota < SMALL_QUOTA);
}

export async function readWindowSigns(): Promise<WindowSigns> {
  const storage = (navigator as { storage?: StorageManager }).storage;
  const [isFileSystemRefused, estimate, isPersisted] = await Promise.all([
    refuses(storage),
    settled(storage?.estimate()),
    settled(storage?.persisted()),
  ]);
  return { isFileSystemRefused, quota: estimate?.quota, isPersisted: isPersisted ?? false };
}

async function refuses(storage: StorageManager | undefined): Promise<boolean> {
  if (storage === undefined || !('getDirectory' in storage)) return false;
  try {
    await storage.getDirectory();
    return false;
  } catch {
    return true;
  }
}

async function settled<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
