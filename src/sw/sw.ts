/**
 * The service worker: keeps the app's shell so that it opens without a network. It never stores
 * anything else: what people write is in the vault, and the relay's answers pass it by untouched.
 *
 * Every route of the app is a hash, so the one page to fall back to is `/`. Health checks, relay,
 * attachments and the citizens' pages are the server's and always go to the network.
 */
import { clientsClaim } from 'workbox-core';
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  type PrecacheEntry,
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { isShellFile, notTheApp, onlyTheApp } from './shell';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: readonly (PrecacheEntry | string)[];
};

cleanupOutdatedCaches();
precacheAndRoute(
  self.__WB_MANIFEST.filter((file) => isShellFile(typeof file === 'string' ? file : file.url)),
);
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('index.html'), { allowlist: onlyTheApp, denylist: notTheApp }),
);
// So that a page that was opened before the first installation hears of later versions too.
clientsClaim();

// A new version waits until the person says so: the page first puts its drafts in a safe place.
self.addEventListener('message', (event) => {
  const message: unknown = event.data;
  if (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'SKIP_WAITING'
  ) {
    void self.skipWaiting();
  }
});
