/**
 * `npm run bench`: installs and builds what is missing, then measures. `npm run bench -- <row>…` runs single
 * rows, `npm run bench -- --list` names them. Plain JavaScript, because it runs before there are packages.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildApp, installPackages, requireNode, root, withLock } from '../../server/setUp.mjs';

requireNode();
const args = process.argv.slice(2);
await withLock(async () => {
  await installPackages();
  if (!args.includes('--list') && !args.includes('--report')) await buildApp();
});

const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'tests/bench/run.ts'), ...args], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
