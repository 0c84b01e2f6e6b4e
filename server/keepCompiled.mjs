/**
 * Starts the built relay once, with an empty data folder, and keeps what V8 compiled of it until it had greeted
 * somebody: `relay.js.compiled`, which `main.js` starts from. Run by the build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { WebSocket } from 'ws';

const main = resolve(process.argv[2] ?? '', 'main.js');
const data = mkdtempSync(join(tmpdir(), 'depesche-build-'));
process.argv.splice(
  1,
  Infinity,
  main,
  '--host',
  '127.0.0.1',
  '--port',
  '0',
  '--data',
  data,
  '--log-level',
  'error',
);

const running = new Promise((resolve) => {
  process.stdout.write = (line) => {
    const address = /http(:\S+)/.exec(String(line))?.[1];
    if (address !== undefined) resolve(address);
    return true;
  };
});
process.on('exit', () => rmSync(data, { recursive: true, force: true }));

const { keep } = createRequire(import.meta.url)(main);
const address = await running;
await fetch(`http${address}/`);
await new Promise((resolve, reject) => {
  new WebSocket(`ws${address}/relay`).once('message', resolve).once('error', reject);
});
keep();
process.exit(0);
