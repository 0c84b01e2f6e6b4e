/** What the lockfile promises: packages that may travel with an EUPL work, from no registry in particular. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tool.mjs';

/** Permissive licences; each may be combined with and distributed under EUPL-1.2. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'EUPL-1.2',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose package.json names no SPDX licence, read by a person in the version given. */
const READ_BY_HAND = new Set([
  'svelte-toolbelt@0.10.7', // MIT, in its LICENSE file
  'jsonify@0.0.1', // public domain
]);

/** @returns {{ name: string, error: string | undefined }[]} */
export function checkPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock);
  return [
    licences(packages),
    { name: 'no registry in the lockfile', error: registries(lock) },
    fixedVersions(),
  ];
}

function licences(packages) {
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const faults = shipped.flatMap(([path, { version, license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const said = licenceOf(path) ?? license;
    return READ_BY_HAND.has(`${name}@${version}`) || isAllowed(said)
      ? []
      : [`${name}@${version}: ${said ?? 'no licence'}`];
  });
  return {
    name: `licences of ${shipped.length} shipped packages fit the EUPL`,
    error: shipped.length === 0 ? 'no packages found' : faults.join('\n') || undefined,
  };
}

/** What the installed package itself says; optional ones for other systems are not installed. */
function licenceOf(path) {
  const file = join(root, path, 'package.json');
  if (!existsSync(file)) return undefined;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  return typeof license === 'string'
    ? license
    : (license?.type ?? licenses?.map(({ type }) => type).join(' OR '));
}

/** SPDX expressions of one level: one side of an OR is enough, of an AND all are needed. */
function isAllowed(expression) {
  if (typeof expression !== 'string') return false;
  const choices = expression.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence.trim())));
}

function registries(lock) {
  const hosts = [...lock.matchAll(/"resolved": "([^"]*)"/g)].map(([, url]) => url);
  return hosts.length === 0 ? undefined : [...new Set(hosts)].slice(0, 5).join('\n');
}

function fixedVersions() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, v]) => !/^\d/.test(v));
  return {
    name: 'every version is fixed',
    error: loose.map(([name, version]) => `${name}: ${version}`).join('\n') || undefined,
  };
}
