/** The built app and relay once more, with the bench's page beside the app's: served by the same server. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { cacheFolder, root } from '../folders';

const HERE = fileURLToPath(new URL('.', import.meta.url));

let made: Promise<string> | undefined;

/** The relay's entry file of that build. */
export function buildPages(): Promise<string> {
  made ??= makePages();
  return made;
}

async function makePages(): Promise<string> {
  const folder = join(cacheFolder, 'bench-dist');
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, 'dist'), folder, { recursive: true });
  await build({
    configFile: false,
    root: HERE,
    base: '/bench/',
    publicDir: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir: join(folder, 'app/bench'),
      emptyOutDir: true,
      target: 'chrome116',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  });
  return join(folder, 'server/main.js');
}
