import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = (path: string): string => new URL(path, import.meta.url).pathname;

export default defineConfig({
  root: here('.'),
  publicDir: here('../../../public'),
  plugins: [svelte({ configFile: here('../../../svelte.config.js') })],
  server: { port: 5199, strictPort: true, fs: { allow: [here('../../..')] } },
  build: { outDir: here('../../../.cache/uiHarness'), emptyOutDir: true },
  cacheDir: here('../../../.cache/uiHarness-deps'),
});
