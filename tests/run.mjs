/**
 * `npm test`: installs what it needs, runs every check and every suite, and ends in `N passed, N failed`.
 * Each check and each test counts once. A step that crashes, hangs, skips a test or finds none has failed.
 * `npm test -- unit floors` runs only the steps named; `npm test -- --list` names them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages, isBuilt, requireNode, root, withLock } from '../server/setUp.mjs';
import { findBrowser } from './helpers/findBrowser.mjs';

/**
 * @typedef {{ name: string, error: string | undefined }} Check
 * @typedef {{ passed: number, failed: number, output: string }} Outcome
 */

const MINUTE = 60_000;
/** Floors that know no browser, or no Node; the rest is seen by svelte-check. */
const TYPE_PROJECTS = ['src/lib', 'src/protocol', 'src/domain', 'server'];

/** @type {Record<string, () => Promise<Outcome>>} */
const STEPS = {
  format: () => command('prettier', ['--check', '--log-level=warn', '.']),
  types: async () => sum([...(await Promise.all(TYPE_PROJECTS.map(typesOf))), await svelteTypes()]),
  lint: () => command('eslint', ['--max-warnings=0', '.']),
  floors: async () => checks((await import('./checks/floors.mjs')).checkFloors),
  packages: async () => checks((await import('./checks/packages.mjs')).checkPackages),
  unit: () => suite('unit', 'screen'),
  vectors: () => suite('vectors'),
  contract: () => suite('contract'),
  fuzz: () => suite('fuzz'),
  scenario: () => suite('scenario'),
  build: () => run(process.execPath, [join(root, 'server/build.mjs')]).then(asOneCheck),
  pages: async () => checks((await import('./checks/pages.mjs')).checkPages),
  size: sizes,
  e2e: () => suite('e2e'),
};
const OF_THE_BUILD = ['pages', 'size', 'e2e'];
/** Takes one core for more than a minute and only reads: begun first, beside those in front of it. */
const BEGUN_FIRST = 'lint';

const wished = process.argv.slice(2);
const unknown = wished.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  process.stdout.write(`npm test -- [${Object.keys(STEPS).join('] [')}]\n`);
  process.exit(wished.includes('--list') ? 0 : 2);
}

requireNode();
await withLock(installPackages);
const names = Object.keys(STEPS).filter((name) => wished.length === 0 || isWished(name));
const total = { passed: 0, failed: 0 };
let isBuildBroken = false;
const begun = names.includes(BEGUN_FIRST) ? timed(BEGUN_FIRST) : undefined;
for (const name of names) {
  const { outcome, seconds } = await (name === BEGUN_FIRST && begun !== undefined ? begun : timed(name));
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  if (name === 'build') isBuildBroken = outcome.failed > 0;
  const counts =
    outcome.failed === 0 ? `${outcome.passed} ok` : `${outcome.failed} FAILED, ${outcome.passed} ok`;
  process.stdout.write(
    `${outcome.failed === 0 ? '✓' : '✗'} ${name.padEnd(9)} ${counts} (${seconds.toFixed(1)} s)\n`,
  );
  if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n\n`);
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** What looks at the build needs one of today. */
function isWished(name) {
  if (name === 'build' && wished.some((one) => OF_THE_BUILD.includes(one)) && !isBuilt()) return true;
  return wished.includes(name);
}

async function timed(name) {
  const began = Date.now();
  const outcome = await outcomeOf(name);
  return { outcome, seconds: (Date.now() - began) / 1000 };
}

/** @returns {Promise<Outcome>} */
async function outcomeOf(name) {
  if (isBuildBroken && OF_THE_BUILD.includes(name)) return failure('not run, because the build failed');
  if (name === 'e2e') {
    const missing = provideBrowser();
    if (missing !== undefined) return failure(missing);
  }
  try {
    const outcome = await STEPS[name]();
    return outcome.passed + outcome.failed === 0
      ? failure(`${outcome.output}\nnothing was checked`)
      : outcome;
  } catch (error) {
    return failure(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function typesOf(project) {
  return command('typescript', ['-p', join(root, project, 'tsconfig.json')], 'tsc');
}

function svelteTypes() {
  return command('svelte-check', [
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
    '--output',
    'human',
  ]);
}

/** @param {() => Check[] | Promise<Check[]>} find */
async function checks(find) {
  const found = await find();
  const failed = found.filter(({ error }) => error !== undefined);
  return {
    passed: found.length - failed.length,
    failed: failed.length,
    output: failed.map(({ name, error }) => `${name}:\n${error}`).join('\n'),
  };
}

async function suite(...projects) {
  const { tool } = await import('./checks/tool.mjs');
  const report = join(root, `.cache/tests-${projects[0]}.json`);
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(report, { force: true });
  const { code, output } = await run(process.execPath, [
    tool('vitest'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  return countTests(report, code, output);
}

/** @returns {Outcome} */
function countTests(report, code, output) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const failed = tests.length - passed + broken;
  // An error outside of every test fails the run without failing a test.
  const outside = code !== 0 && failed === 0 ? 1 : 0;
  const remarks = skipped.map(({ fullName }) => `skipped, which counts as failed: ${fullName}`);
  return { passed, failed: failed + outside, output: [output, ...remarks].join('\n') };
}

async function sizes() {
  const { tool } = await import('./checks/tool.mjs');
  const { code, output } = await run(process.execPath, [tool('size-limit'), '--json']);
  const results = JSON.parse(output.slice(output.indexOf('[')));
  if (code !== 0 && results.every(({ passed }) => passed === true)) return failure(output);
  return checks(() =>
    results.map(({ name, passed, size, sizeLimit }) => ({
      name,
      error: passed === true ? undefined : `${size} bytes, allowed are ${sizeLimit}`,
    })),
  );
}

async function command(packageName, args, bin = packageName) {
  const { tool } = await import('./checks/tool.mjs');
  return asOneCheck(await run(process.execPath, [tool(packageName, bin), ...args]));
}

function asOneCheck({ code, output }) {
  return code === 0 ? { passed: 1, failed: 0, output } : failure(output);
}

/** @returns {Outcome} */
function failure(output) {
  return { passed: 0, failed: 1, output };
}

function sum(outcomes) {
  return {
    passed: outcomes.reduce((count, { passed }) => count + passed, 0),
    failed: outcomes.reduce((count, { failed }) => count + failed, 0),
    output: outcomes
      .filter(({ failed }) => failed > 0)
      .map(({ output }) => output)
      .join('\n'),
  };
}

/** In a process group of its own, so that a step that hangs takes its browsers and servers with it. */
function run(file, args) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const end = () => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // gone already
      }
    };
    const timer = setTimeout(() => {
      output += '\nstopped after 30 minutes';
      end();
    }, 30 * MINUTE);
    const interrupted = () => {
      end();
      process.exit(130);
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    const done = (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      end(); // a relay that a broken test has left behind
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += `\n${error.message}`;
      done(127);
    });
    child.on('close', (code) => done(code ?? 1));
  });
}

/** Says what is missing, or installs it where that is possible without asking: as root on Debian. */
function provideBrowser() {
  if (findBrowser() !== undefined) return undefined;
  const how =
    'No Chromium found. Install one (Debian: apt-get install chromium) or name it: CHROMIUM=/path npm test';
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return how;
  process.stdout.write('Chromium is being installed …\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { env });
  const { status, stderr } = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
    { env },
  );
  return status === 0 && findBrowser() !== undefined ? undefined : `${how}\n${String(stderr)}`;
}
