/**
 * The floors: dependency-cruiser over the code, then over a small house in which every wall is broken once.
 * Without the second run, a rule with a typing error would look like a rule that is kept.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, tool } from './tool.mjs';

const config = join(root, '.dependency-cruiser.cjs');

/** [rule, importing file, what it imports]. */
const BROKEN_WALLS = [
  ['floor-lib', 'src/lib/a.ts', '../protocol/codec'],
  ['floor-protocol', 'src/protocol/a.ts', '../domain/ids'],
  ['floor-domain', 'src/domain/a.ts', '../vault/vault'],
  ['floor-crypto', 'src/crypto/a.ts', '../vault/vault'],
  ['floor-vault', 'src/vault/a.ts', '../crypto/seal'],
  ['floor-records', 'src/records/a.ts', '../sync/ingest'],
  ['floor-sync', 'src/sync/a.ts', '../crdt/doc'],
  ['floor-crdt', 'src/crdt/a.ts', '../sync/ingest'],
  ['floor-engine', 'src/engine/a.ts', '../ui/main'],
  ['floor-ui', 'src/ui/a.ts', '../headless/member'],
  ['floor-headless', 'src/headless/a.ts', '../ui/main'],
  ['floor-citizen', 'src/citizen/a.ts', '../crypto/seal'],
  ['floor-sw', 'src/sw/a.ts', '../vault/vault'],
  ['relay-is-blind', 'server/a.ts', '../src/crypto/seal'],
  ['relay-is-blind', 'server/b.ts', '../src/domain/ids'],
  ['relay-has-no-mls', 'server/c.ts', 'ts-mls'],
  ['app-knows-no-server', 'src/lib/b.ts', '../../server/main'],
  ['one-door-to-mls', 'src/engine/b.ts', 'ts-mls'],
  ['mls-stays-inside', 'src/sync/b.ts', '../crypto/mls/suite'],
  ['node-only-on-node', 'src/vault/b.ts', 'node:fs'],
  ['no-circles', 'src/lib/circleA.ts', './circleB'],
  ['everything-is-there', 'src/lib/c.ts', './nowhere'],
];
const TYPE_ONLY = ['floor-domain', 'src/domain/typed.ts', '../vault/vault'];

const HOUSE = {
  'package.json': '{"name":"house","type":"module","dependencies":{"ts-mls":"1.0.0"}}',
  'node_modules/ts-mls/package.json': '{"name":"ts-mls","version":"1.0.0","main":"index.js"}',
  'node_modules/ts-mls/index.js': 'module.exports = {};',
  'src/lib/circleB.ts': "import { value as a } from './circleA';\nexport const value = a;\n",
  ...Object.fromEntries(
    [
      'src/protocol/codec',
      'src/domain/ids',
      'src/vault/vault',
      'src/crypto/seal',
      'src/crypto/mls/suite',
      'src/sync/ingest',
      'src/crdt/doc',
      'src/ui/main',
      'src/headless/member',
      'server/main',
    ].map((file) => [`${file}.ts`, 'export const value = 1;\n']),
  ),
};

/** @returns {Promise<{ name: string, error: string | undefined }[]>} */
export async function checkFloors() {
  const own = await cruise(root, ['src', 'server', 'tests']);
  const broken = await cruiseBrokenHouse();
  return [
    {
      name: 'imports only go down',
      error: own.length === 0 ? undefined : own.map((v) => `${v.rule.name}: ${v.from} → ${v.to}`).join('\n'),
    },
    ...[...BROKEN_WALLS, TYPE_ONLY].map(([rule, from, to]) => ({
      name: `${rule} catches ${from} → ${to}`,
      error: broken.some((v) => v.rule.name === rule && v.from === from) ? undefined : 'not caught',
    })),
  ];
}

async function cruiseBrokenHouse() {
  const house = mkdtempSync(join(tmpdir(), 'depesche-house-'));
  try {
    for (const [path, text] of Object.entries(HOUSE)) build(house, path, text);
    for (const [, from, to] of BROKEN_WALLS) {
      build(house, from, `import { value as it } from '${to}';\nexport const value = it;\n`);
    }
    build(
      house,
      TYPE_ONLY[1],
      `import type { value } from '${TYPE_ONLY[2]}';\nexport type It = typeof value;\n`,
    );
    return await cruise(house, ['src', 'server']);
  } finally {
    rmSync(house, { recursive: true, force: true });
  }
}

function build(house, path, text) {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

function cruise(cwd, folders) {
  const args = [
    tool('dependency-cruiser', 'depcruise'),
    '--config',
    config,
    '--output-type',
    'json',
    ...folders,
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      try {
        const { summary } = JSON.parse(stdout);
        if (summary.totalCruised === 0) throw new Error('nothing was looked at');
        resolve(summary.violations);
      } catch (cause) {
        reject(new Error(`dependency-cruiser did not finish: ${stderr || error?.message || cause.message}`));
      }
    });
  });
}
