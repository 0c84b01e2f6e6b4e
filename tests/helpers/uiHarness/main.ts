/**
 * The screen over the fake client: `npx vite --config tests/helpers/uiHarness/vite.config.ts`.
 * Query: offline, empty, details, phase=empty|founding|joining|ended, messages=N, lang, theme, delay (ms).
 * `window.fake` moves the world.
 */
import '../../../src/ui/app.css';
import { mount } from 'svelte';
import AppView from '../../../src/ui/App.svelte';
import { followViewport } from '../../../src/ui/shell/viewport';
import { App } from '../../../src/ui/state/app.svelte';
import { Preferences } from '../../../src/ui/state/preferences.svelte';
import type { SetupView } from '../../../src/engine/views';
import { FakeClient } from '../fakeClient';

const query = new URLSearchParams(location.search);
const theme = query.get('theme') ?? 'system';
const preferences = new Preferences(
  {
    getItem: () => `${theme} ${query.get('lang') ?? 'de'}${query.has('details') ? ' details' : ''}`,
    setItem: () => undefined,
  },
  ['de'],
);

const phases: Readonly<Record<string, SetupView>> = {
  empty: { phase: 'empty' },
  founding: { phase: 'founding', step: 'claiming' },
  joining: { phase: 'joining', step: 'sent', townName: 'Beispielstadt', since: Date.now() },
  ended: { phase: 'ended', townName: 'Beispielstadt' },
};
const setup = phases[query.get('phase') ?? ''];
const client = new FakeClient({
  now: Date.now(),
  isOffline: query.has('offline'),
  isEmpty: query.has('empty'),
  messages: Number(query.get('messages') ?? 3_000),
  delayMs: Number(query.get('delay') ?? 0),
  ...(setup ? { setup } : {}),
});
Object.assign(window, { fake: client });

followViewport();
await preferences.apply();
const target = document.getElementById('app');
if (target) mount(AppView, { target, props: { app: new App(client, preferences) } });
