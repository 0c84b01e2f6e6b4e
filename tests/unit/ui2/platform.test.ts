import { describe, expect, it } from 'vitest';
import { installWay } from '../../../src/ui/pwa/platform';
import { isOwnScript } from '../../../src/ui/pwa/trustedTypes';
import { isPossiblyPrivate } from '../../../src/ui/setup/privateWindow';
import { isShellFile, notTheApp, onlyTheApp } from '../../../src/sw/shell';

const agents = {
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1',
  iphoneChrome:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0.0.0 Mobile/15E148 Safari/604.1',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
  android:
    'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
};

describe('installWay', () => {
  const way = (userAgent: string, maxTouchPoints = 0, isStandalone = false) =>
    installWay({ userAgent, maxTouchPoints, isStandalone });
  it('tells the ways apart', () => {
    expect(way(agents.iphone, 5)).toBe('ios-safari');
    expect(way(agents.iphoneChrome, 5)).toBe('ios-other');
    expect(way(agents.mac)).toBe('mac-safari');
    expect(way(agents.android, 5)).toBe('menu');
    expect(way(agents.firefox)).toBe('none');
  });
  it('knows an iPad behind its Mac name', () => {
    expect(way(agents.mac, 5)).toBe('ios-safari');
  });
  it('says so when it runs as an app', () => {
    expect(way(agents.iphone, 5, true)).toBe('installed');
  });
});

describe('isOwnScript', () => {
  const origin = 'https://depesche.example.de';
  it.each(['/sw.js', '/assets/engine.worker-B1x_2.js', `${origin}/assets/logWorker-x.js`])(
    'grants %s',
    (url) => {
      expect(isOwnScript(url, origin, false)).toBe(true);
    },
  );
  it.each([
    'https://evil.example/sw.js',
    '//evil.example/sw.js',
    '/sw.js?x=1',
    '/blob/worker.js',
    '/assets/../blob/worker.js',
    '/assets/index.js',
    'data:text/javascript,1',
    'blob:https://depesche.example.de/1',
    '',
  ])('refuses %s', (url) => {
    expect(isOwnScript(url, origin, false)).toBe(false);
  });
});

describe('isPossiblyPrivate', () => {
  const normal = { isFileSystemRefused: false, quota: 10_000_000_000, isPersisted: false };
  it('suspects a refused file system and a tiny quota, and nothing else', () => {
    expect(isPossiblyPrivate(normal)).toBe(false);
    expect(isPossiblyPrivate({ ...normal, quota: undefined })).toBe(false);
    expect(isPossiblyPrivate({ ...normal, isFileSystemRefused: true })).toBe(true);
    expect(isPossiblyPrivate({ ...normal, quota: 100_000_000 })).toBe(true);
  });
  it('believes the browser when it has promised to keep everything', () => {
    expect(isPossiblyPrivate({ isFileSystemRefused: true, quota: 1, isPersisted: true })).toBe(false);
  });
});

describe('the shell', () => {
  const isApp = (path: string) =>
    onlyTheApp.some((x) => x.test(path)) && !notTheApp.some((x) => x.test(path));
  it('falls back to the app for its one page only', () => {
    expect(['/', '/index.html', '/?source=pwa'].map(isApp)).toEqual([true, true, true]);
    expect(
      ['/healthz', '/readyz', '/relay', '/blob/1', '/citizen/', '/citizen/index.html', '/other'].some(isApp),
    ).toBe(false);
  });
  it('keeps nothing of the citizens’ pages and no reader for codes', () => {
    expect(isShellFile('index.html')).toBe(true);
    expect(isShellFile('assets/index-1.js')).toBe(true);
    expect(isShellFile('citizen/index.html')).toBe(false);
    expect(isShellFile('assets/zxing_reader-1.wasm')).toBe(false);
  });
});
