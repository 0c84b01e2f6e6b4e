/**
 * Whoever holds something unsaved registers here; before a page reloads for a new version, all of
 * them are asked to put it in a safe place. A page reloads only when every one of them could.
 */

/** Answers whether everything is durable now. */
export type SaveBeforeUpdate = () => Promise<boolean>;

const savers = new Set<SaveBeforeUpdate>();

/** Answers the way to deregister. */
export function beforeUpdate(save: SaveBeforeUpdate): () => void {
  savers.add(save);
  return () => savers.delete(save);
}

/** False when one of them could not save, or not in time. */
export async function saveEverything(timeoutMs = 4_000): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const all = Promise.all([...savers].map(saveOne)).then((results) => results.every(Boolean));
  const isSafe = await Promise.race([all, tooLate]);
  clearTimeout(timer);
  return isSafe;
}

async function saveOne(save: SaveBeforeUpdate): Promise<boolean> {
  try {
    return await save();
  } catch {
    return false;
  }
}
