/** Draws the PNG icons from their SVG sources: `npx tsx tests/helpers/renderIcons.ts`. Needs Chromium. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const icons = [
  ['icons/icon.svg', 'icons/icon-192.png', 192],
  ['icons/icon.svg', 'icons/icon-512.png', 512],
  ['icons/maskable.svg', 'icons/maskable-192.png', 192],
  ['icons/maskable.svg', 'icons/maskable-512.png', 512],
  ['icons/maskable.svg', 'icons/apple-touch-icon.png', 180],
  ['favicon.svg', 'favicon-32.png', 32],
] as const;

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
for (const [from, to, size] of icons) {
  const svg = readFileSync(new URL(`../../public/${from}`, import.meta.url)).toString('base64');
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0}img{display:block}</style><img width="${size}" height="${size}" src="data:image/svg+xml;base64,${svg}">`,
  );
  writeFileSync(
    new URL(`../../public/${to}`, import.meta.url),
    await page.screenshot({ omitBackground: true }),
  );
}
await browser.close();
