/**
 * The server in three files that need nothing but SQLite beside them: `main.js` runs `relay.js`, which starts
 * `sqliteWorker.js`. Each is bundled by itself, so that the thread of the database does not load what belongs to
 * the network. They are CommonJS, because only that can be started from what V8 has compiled before.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const ENTRIES = { main: 'runRelay.ts', relay: 'main.ts', sqliteWorker: 'stores/sqliteWorker.ts' };

/** @param {string} folder */
export async function buildRelay(folder) {
  const configFile = join(dirname(here), 'vite.config.ts');
  for (const [name, entry] of Object.entries(ENTRIES)) {
    await build({
      configFile,
      logLevel: 'warn',
      build: {
        ssr: true,
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: { input: { [name]: join(here, entry) } },
      },
    });
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  await keepCompiled(folder);
}

/** In a process of its own, because the relay has to run for it. */
function keepCompiled(folder) {
  const child = spawn(process.execPath, [join(here, 'keepCompiled.mjs'), folder], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error('the built relay does not run')),
    );
  });
}
