/** Which Chromium the tests drive. Plain JavaScript, because `tests/run.mjs` asks before anything is installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** The variable CHROMIUM wins; then the search path, then the usual places.
 * @returns {string | undefined} */
export function findBrowser() {
  const wished = process.env.CHROMIUM;
  if (wished !== undefined && wished !== '') return wished;
  const path = (process.env.PATH ?? '').split(delimiter);
  const onPath = NAMES.flatMap((name) => ['/usr/bin', ...path].map((folder) => join(folder, name)));
  return [...onPath, ...PLACES].find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
