/**
 * What a phone loads and runs before the first message can be written, compressed: the page's script with
 * everything it imports at once, its styles, and the engine's worker. Lazy parts are not in it, unless the
 * way to the first message needs them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const dist = new URL('./dist/', import.meta.url);
const files = JSON.parse(readFileSync(new URL('app-files.json', dist), 'utf8'));

/** Loaded lazily, and still on the way to the first message: keys of dist/app-files.json. */
const ALSO_NEEDED = [];

/** @param {string[]} keys */
function loadedAtOnce(keys) {
  const seen = new Set();
  const found = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const { file, css = [], imports = [] } = files[key];
    for (const one of [file, ...css]) found.add(`dist/app/${one}`);
    imports.forEach(visit);
  };
  keys.forEach(visit);
  return [...found];
}

const workers = readdirSync(new URL('app/assets/', dist))
  .filter((name) => /worker.*\.js$/.test(name))
  .map((name) => `dist/app/assets/${name}`);

export default [
  {
    name: 'staff app before the first message',
    path: [...loadedAtOnce(['index.html', ...ALSO_NEEDED]), ...workers],
    limit: '130 kB',
    gzip: true,
  },
  ...(existsSync(new URL('app/citizen/index.html', dist))
    ? [
        {
          name: "citizens' pages",
          path: loadedAtOnce(['citizen/index.html']),
          limit: '60 kB',
          gzip: true,
        },
      ]
    : []),
];
