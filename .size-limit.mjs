/**
 * What a phone loads before the first message can be written, compressed. The shell is the page's script with
 * everything it imports at once, and its styles: what stands between opening and seeing. The engine is what
 * the shell then fetches beside it, vault and worker: what stands between seeing and sending. Without fonts
 * and pictures; lazy parts count as soon as the way to the first message needs them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const dist = new URL('./dist/', import.meta.url);
const files = JSON.parse(readFileSync(new URL('app-files.json', dist), 'utf8'));

/** Fetched by the shell before a message can be written: keys of dist/app-files.json. */
const ENGINE = ['engine/openClient.ts'];

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

const shell = loadedAtOnce(['index.html']);
const engine = loadedAtOnce(ENGINE).filter((file) => !shell.includes(file));
const citizens = new URL('app/citizen/index.html', dist);

export default [
  { name: 'staff app, shell', path: shell, limit: '130 kB', gzip: true },
  // A ratchet, not a wish: may only go down.
  { name: 'staff app, engine', path: [...engine, ...workers], limit: '175 kB', gzip: true },
  ...(existsSync(citizens)
    ? [{ name: "citizens' pages", path: loadedAtOnce(['citizen/index.html']), limit: '60 kB', gzip: true }]
    : []),
];
