/**
 * One hash over everything a build is made of. By content, not by time: a clone, a branch switch and a
 * restored backup all set times that mean nothing. Plain JavaScript, since it runs before any build.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['src', 'public', 'server', '.ci/patches'];
const FILES = ['package-lock.json', 'vite.config.ts', 'svelte.config.js', 'tsconfig.json'];

/** @param {string} root */
export function sourceStamp(root) {
  const hash = createHash('sha256');
  for (const path of [...FILES, ...FOLDERS.flatMap((folder) => filesIn(root, folder))]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
