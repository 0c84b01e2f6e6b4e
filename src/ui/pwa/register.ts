/**
 * Registers the service worker and tells the screen about new versions: checked every hour and
 * whenever the app becomes visible again after a while.
 */
import type { Workbox } from 'workbox-window';
import { AppUpdate } from './appUpdate.svelte';
import { saveEverything } from './beforeUpdate';
import { SERVICE_WORKER_URL, trustedScriptUrl } from './trustedTypes';

const HOUR = 3_600_000;
const QUIET = 5 * 60_000;

/** One per tab. */
export const appUpdate = new AppUpdate(saveEverything);

/** Call once, after the first paint. */
export function registerServiceWorker(update: AppUpdate = appUpdate): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) {
    update.noteUnavailable();
    return;
  }
  void start(update);
}

async function start(update: AppUpdate): Promise<void> {
  const registration = await register(update);
  if (registration === undefined) {
    update.noteUnavailable();
    return;
  }
  attach(update, registration);
}

/** Undefined in private windows and where the browser refuses. */
async function register(update: AppUpdate): Promise<ServiceWorkerRegistration | undefined> {
  try {
    // Not needed for the first message.
    const { Workbox } = await import('workbox-window');
    const workbox = new Workbox(trustedScriptUrl(SERVICE_WORKER_URL), { updateViaCache: 'none' });
    listen(workbox, update);
    return await workbox.register();
  } catch {
    return undefined;
  }
}

function listen(workbox: Workbox, update: AppUpdate): void {
  workbox.addEventListener('waiting', () => update.noteWaiting());
  // The first installation takes over a page that is of this version already.
  let isControlled = navigator.serviceWorker.controller !== null;
  workbox.addEventListener('controlling', () => {
    if (isControlled || update.step !== 'none') void update.noteInCharge();
    isControlled = true;
  });
}

function attach(update: AppUpdate, registration: ServiceWorkerRegistration): void {
  let checkedAt = Date.now();
  update.attach({
    async check() {
      checkedAt = Date.now();
      await registration.update();
      return registration.waiting !== null || registration.installing !== null;
    },
    activate() {
      if (registration.waiting === null) location.reload();
      else registration.waiting.postMessage({ type: 'SKIP_WAITING' });
    },
    reload: () => location.reload(),
  });
  const checkAfter = (pause: number) => {
    if (document.visibilityState === 'visible' && navigator.onLine && Date.now() - checkedAt > pause) {
      void update.checkQuietly();
    }
  };
  setInterval(() => checkAfter(HOUR - QUIET), HOUR);
  document.addEventListener('visibilitychange', () => checkAfter(QUIET));
}
