/** Starts the screen: words and colours first, then the vault, then what it holds. */
import './app.css';
import { mount } from 'svelte';
import AppView from './App.svelte';
import { trustedScriptUrl } from './pwa/trustedTypes';
import StartFailure from './shell/StartFailure.svelte';
import { followViewport } from './shell/viewport';
import { App } from './state/app.svelte';
import { Preferences } from './state/preferences.svelte';

async function start(target: HTMLElement): Promise<void> {
  followViewport();
  const preferences = new Preferences(storageOrNothing(), navigator.languages);
  // The vault opens while the words arrive.
  const [{ openAppClient }] = await Promise.all([import('../engine/openClient'), preferences.apply()]);
  const late: { isTooNew: boolean; app: App | undefined } = { isTooNew: false, app: undefined };
  const client = await openAppClient({
    trustedScriptUrl,
    onTooNew: () => {
      late.isTooNew = true;
      late.app?.becomeTooOld();
    },
  });
  if (client === 'storage-failed' || client === 'too-new') {
    mount(StartFailure, { target, props: { reason: client } });
    return;
  }
  const app = new App(client, preferences);
  late.app = app;
  if (late.isTooNew) app.becomeTooOld();
  mount(AppView, { target, props: { app } });
}

/** Some browsers refuse even to be asked. */
function storageOrNothing(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

const target = document.getElementById('app');
if (target)
  void start(target).catch(() => mount(StartFailure, { target, props: { reason: 'storage-failed' } }));
