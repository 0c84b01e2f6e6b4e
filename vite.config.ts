/**
 * Two builds from one file: the pages (`vite build`) and the server (`vite build --ssr`); `npm run build`
 * runs both. The pages must live under `script-src 'self'` and Trusted Types, hence: no inline scripts, no
 * preload polyfill, no data: URLs.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const here = (path: string): string => new URL(path, import.meta.url).pathname;
const existing = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([, path]) => existsSync(path)));

/** The first versions with everything the app cannot do without (Web Locks, import maps, `:has`, OPFS). */
const BROWSERS = ['safari17', 'chrome116', 'firefox121'];

/** Where `npm run dev` finds a running relay. */
const RELAY = process.env['DEPESCHE_RELAY'] ?? 'http://127.0.0.1:8080';

const pages: UserConfig = {
  root: here('./src'),
  publicDir: here('./public'),
  plugins: [
    svelte(),
    workersAsEntries(),
    installManifest(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'sw',
      filename: 'sw.ts',
      injectRegister: null,
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,svg,png,webp,woff2,webmanifest}'],
        globIgnores: ['citizen/**', 'images/**'],
        maximumFileSizeToCacheInBytes: 1024 * 1024,
      },
    }),
  ],
  // Dexie's build for browsers of today; its entry point leads to the one for those of 2015.
  resolve: { alias: { dexie: 'dexie/dist/modern/dexie.mjs' } },
  build: {
    outDir: here('./dist/app'),
    emptyOutDir: true,
    target: BROWSERS,
    cssTarget: BROWSERS,
    // What a worker may import as well cannot ask the document to load ahead; the page's own links remain.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_file, files, { hostType }) => (hostType === 'html' ? files : []),
    },
    assetsInlineLimit: 0,
    manifest: true,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { bundlerTimings: false },
      input: existing({ app: here('./src/index.html'), citizen: here('./src/citizen/index.html') }),
    },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/relay': { target: RELAY, ws: true },
      '/blob': RELAY,
      '/healthz': RELAY,
      '/readyz': RELAY,
    },
  },
};

const server: UserConfig = {
  root: here('.'),
  publicDir: false,
  plugins: [leftOut('light-my-request', '@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler')],
  // In one piece, which starts in half the time; SQLite is machine code and stays where it is.
  ssr: { noExternal: true, external: ['better-sqlite3'] },
  build: {
    ssr: true,
    outDir: here('./dist/server'),
    target: 'node20',
    sourcemap: true,
    minify: false,
    reportCompressedSize: false,
    // The entries stand in `server/buildRelay.mjs`. Flat: the server finds its worker beside itself.
    rolldownOptions: {
      output: {
        format: 'cjs',
        codeSplitting: false,
        entryFileNames: '[name].js',
        // Names stay: the operator's log shows places in the code.
        minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
      },
    },
  },
};

/**
 * Half of what fastify brings is for JSON schemas and for requests without a network. `server/http.ts` has
 * neither, and each start would read it.
 */
function leftOut(...packages: readonly string[]): Plugin {
  const ID = '\0left-out';
  return {
    name: 'depesche-left-out',
    enforce: 'pre',
    resolveId: (source) => (packages.includes(source) ? ID : undefined),
    load: (id) =>
      id === ID ? 'module.exports = () => { throw new Error("left out of the build"); };' : undefined,
  };
}

/**
 * A worker named by `?worker&url` becomes one more entry of this build. Bundled by itself, as Vite would,
 * it had its own copy of everything it shares with the page: each phone loaded the vault and the codecs twice.
 * In development Vite serves it as ever.
 */
function workersAsEntries(): Plugin {
  const SUFFIX = '?worker&url';
  const MARK = '\0worker-entry:';
  return {
    name: 'depesche-workers-as-entries',
    apply: 'build',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith(SUFFIX)) return undefined;
      const worker = await this.resolve(source.slice(0, -SUFFIX.length), importer);
      return worker === null ? undefined : MARK + worker.id;
    },
    load(id) {
      if (!id.startsWith(MARK)) return undefined;
      const worker = id.slice(MARK.length);
      const name = basename(worker, '.ts');
      const reference = this.emitFile({ type: 'chunk', id: worker, name });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

/** Makes the staff app installable. Citizens' pages are not part of it and get no link. */
function installManifest(): Plugin {
  const manifest = {
    id: '/',
    name: 'Depesche',
    short_name: 'Depesche',
    description: 'Der Messenger Ihrer Stadt',
    lang: 'de',
    dir: 'ltr',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f7f5ef',
    theme_color: '#0f4c54',
    icons: [
      { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
      { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
      { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  };
  return {
    name: 'depesche-install-manifest',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { path }) =>
        path === '/index.html' && !html.includes('rel="manifest"')
          ? [{ tag: 'link', attrs: { rel: 'manifest', href: '/manifest.webmanifest' }, injectTo: 'head' }]
          : [],
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'manifest.webmanifest', source: JSON.stringify(manifest) });
    },
  };
}

export default defineConfig(({ isSsrBuild }) => (isSsrBuild === true ? server : pages));
