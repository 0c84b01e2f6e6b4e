/** A list in pieces that fit into one frame each; none for an empty list. */
export function inChunks<T>(items: readonly T[], size: number): readonly T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
