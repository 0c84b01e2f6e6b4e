import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** On the disk of the checkout: a temporary folder may be memory, which syncs for free. Not in git. */
export const cacheFolder = fileURLToPath(new URL('../../.cache', import.meta.url));
