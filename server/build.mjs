/** `npm run build`: the pages into dist/app, the server into dist/server, and what they were built from. */
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { buildRelay } from './buildRelay.mjs';
import { sourceStamp } from './sourceStamp.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const configFile = join(root, 'vite.config.ts');

// Taken first: a file that changes meanwhile must count as newer than the build.
const stamp = sourceStamp(root);
rmSync(dist, { recursive: true, force: true });

await build({ configFile, logLevel: 'warn' });
await buildRelay(join(dist, 'server'));

// Which file imports which: for the size check, not for browsers.
renameSync(join(dist, 'app/.vite/manifest.json'), join(dist, 'app-files.json'));
rmSync(join(dist, 'app/.vite'), { recursive: true });
compress(join(dist, 'app'));
writeFileSync(join(dist, 'built-from'), stamp);

/** Once here instead of at every visit; the server sends what stands beside a file. */
function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:html|js|css|svg|json|webmanifest|wasm)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
  }
}
