/** The built pages must work under the server's security policy; nothing inline, nothing from elsewhere. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tool.mjs';

const app = join(root, 'dist/app');

/** @returns {{ name: string, error: string | undefined }[]} */
export function checkPages() {
  const files = readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const pages = files.filter((file) => file.endsWith('.html'));
  return [
    ...pages.map((file) => ({
      name: `${file.slice(app.length)} holds nothing inline`,
      error: inlineIn(readFileSync(file, 'utf8')),
    })),
    { name: 'the service worker knows its files', error: serviceWorker() },
    { name: 'the app can be installed', error: installability() },
  ];
}

function inlineIn(html) {
  const faults = [
    ...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>/gi),
    ...html.matchAll(/<style[^>]*>/gi),
    ...html.matchAll(/\s(?:on\w+|style)="[^"]*"/gi),
    ...html.matchAll(/(?:src|href)="(?:https?:)?\/\/[^"]*"/gi),
  ];
  return faults.map(([text]) => text).join('\n') || undefined;
}

function serviceWorker() {
  const file = join(app, 'sw.js');
  if (!existsSync(file)) return 'no /sw.js';
  const text = readFileSync(file, 'utf8');
  if (!text.includes('index.html')) return 'the app page is not among the kept files';
  return text.includes('__WB_MANIFEST') ? 'the list of files was not filled in' : undefined;
}

function installability() {
  const html = readFileSync(join(app, 'index.html'), 'utf8');
  const links = html.match(/<link[^>]*rel="manifest"[^>]*>/g) ?? [];
  if (links.length !== 1) return `${links.length} links to a manifest`;
  const { icons } = JSON.parse(readFileSync(join(app, 'manifest.webmanifest'), 'utf8'));
  const missing = icons
    .filter(({ src }) => !existsSync(join(app, src)))
    .map(({ src }) => `${src} is missing`);
  return missing.join('\n') || undefined;
}
