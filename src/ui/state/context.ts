/** How components reach the app; set once by App.svelte. */
import { createContext } from 'svelte';
import type { AppClient } from '../../engine/client';
import type { App } from './app.svelte';

export const [getApp, setApp] = createContext<App>();
export const [getClient, setClient] = createContext<AppClient>();
