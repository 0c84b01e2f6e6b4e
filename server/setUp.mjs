/**
 * Packages and build, brought up to date when they are not. Shared by `npm start` and `npm test`. Plain
 * JavaScript without dependencies, because it runs before there are any.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceStamp } from './sourceStamp.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  stop(
    `Depesche braucht Node.js ${OLDEST_NODE.join('.')} oder neuer; hier läuft ${process.versions.node}.`,
    2,
  );
}

export async function installPackages() {
  if (isBorrowed()) return;
  const installed = join(root, 'node_modules/.installed-from');
  const wanted = installStamp();
  if (existsSync(installed) ? readFileSync(installed, 'utf8') === wanted : isInstalledByHand()) return;
  await step('Pakete werden installiert (nur beim ersten Mal, wenige Minuten)', npm(), [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  writeFileSync(installed, wanted);
}

export function isBuilt() {
  const builtFrom = join(root, 'dist/built-from');
  return existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === sourceStamp(root);
}

export async function buildApp() {
  if (isBuilt()) return;
  await step('Depesche wird gebaut (nur nach Änderungen, unter einer Minute)', process.execPath, [
    join(root, 'server/build.mjs'),
  ]);
}

/** Two at once (a service and somebody at the console) would tear each other's packages apart. */
export async function withLock(work) {
  const lock = join(root, '.cache/set-up.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (let isAnnounced = false; !take(lock); isAnnounced = true) {
    if (!isAnnounced) process.stdout.write('Ein anderer Start richtet gerade ein; warte darauf …\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  await work();
  process.off('exit', release);
  release();
}

/** What the packages depend on: the lockfile, our patches, and this Node, for which SQLite was compiled. */
function installStamp() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const patches = join(root, '.ci/patches');
  for (const file of readdirSync(patches).sort()) hash.update(readFileSync(join(patches, file)));
  return `${hash.digest('hex')} ${process.platform}-${process.arch} abi-${process.versions.modules}`;
}

/** A link to the packages of another checkout: `npm ci` would empty the folder behind it. */
function isBorrowed() {
  return lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Somebody ran npm themselves: its own record is written last and carries the time. */
function isInstalledByHand() {
  const record = join(root, 'node_modules/.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

/** Silent while all is well; everything the command said when it fails. */
async function step(title, command, args) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  const isTerminal = process.stdout.isTTY === true;
  process.stdout.write(isTerminal ? `${title} …` : `${title} …\n`);
  const ticking = isTerminal
    ? setInterval(() => process.stdout.write(`\r${title} … ${seconds()}`), 1000)
    : undefined;
  const { code, output } = await run(command, args);
  clearInterval(ticking);
  const result = code === 0 ? 'fertig' : 'fehlgeschlagen';
  process.stdout.write(`${isTerminal ? '\r' : ''}${title} … ${result} nach ${seconds()}\n`);
  if (code !== 0) stop(output.trimEnd(), 1);
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: installEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const pass = (signal) => child.kill(signal);
    process.once('SIGINT', pass).once('SIGTERM', pass);
    const done = (code, more = '') => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve({ code, output: output + more });
    };
    child.on('error', (error) => done(127, `${command}: ${error.message}\n`));
    child.on('close', (code) => done(code ?? 1));
  });
}

/** Where SQLite must be compiled, Node's own headers spare a download. */
function installEnvironment() {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include/node/node_api.h'));
  return hasHeaders ? { npm_config_nodedir: prefix, ...process.env } : process.env;
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    if (!isRunning(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // given back in this moment
  }
  return false;
}

function isRunning(pid) {
  try {
    // 0: just created, its number not written yet.
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function stop(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
