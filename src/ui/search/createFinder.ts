import type { App } from '../state/app.svelte';
import { Finder } from './finder.svelte';

export function createFinder(app: App): Finder {
  return new Finder({
    client: app.client,
    persons: () => app.directory.current?.persons ?? [],
    conversations: () => app.list.current?.conversations ?? [],
  });
}
