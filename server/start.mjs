/**
 * `npm start`: from a fresh clone to a running server, and from then on within a second. Installs when the
 * packages are missing or older than the lockfile, builds when the sources have changed, then becomes the
 * server, in this very process: signals and the exit code need nobody to pass them on.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { help } from './help.mjs';
import { buildApp, installPackages, requireNode, root, withLock } from './setUp.mjs';

requireNode();
if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  // Before anything is installed: who asks for help shall not wait for minutes.
  process.stdout.write(help);
} else {
  await withLock(async () => {
    await installPackages();
    await buildApp();
  });
  const main = join(root, 'dist/server/main.js');
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
}
