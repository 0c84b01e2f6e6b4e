/**
 * The servers we compare with, in the versions named, outside of the project's own packages. npm's own way in,
 * without the packages' scripts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './folders';

const PACKAGES = {
  '@hocuspocus/server': '3.4.4',
  '@y/websocket-server': '0.1.1',
  'y-protocols': '1.0.7',
  yjs: '13.6.33',
} as const;

export const PEER_VERSIONS = Object.entries(PACKAGES)
  .filter(([name]) => name.startsWith('@'))
  .map(([name, version]) => `${name} ${version}`)
  .join(', ');

/** Their folder, installed if it was not. */
export function installPeers(): string {
  const folder = join(cacheFolder, 'bench-peers');
  const wanted = JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }, undefined, 2);
  const stamp = join(folder, 'installed-from.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), wanted);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, stderr } = spawnSync(
    npm,
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`the peers could not be installed:\n${stderr}`);
  writeFileSync(stamp, wanted);
  return folder;
}
