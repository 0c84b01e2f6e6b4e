/** What belongs to the app's shell, as seen from the service worker. */

/** The app's only page; `/index.html` is the same file by its other name. */
export const onlyTheApp: RegExp[] = [/^\/(?:index\.html)?(?:\?.*)?$/];

/** The server's own answers. Listed as well, so that a wider allowlist cannot swallow them. */
export const notTheApp: RegExp[] = [/^\/(?:healthz|readyz|relay|blob|citizen)(?:[/?]|$)/];

/** `url` as in the precache manifest: relative to the root, without a leading slash. */
export function isShellFile(url: string): boolean {
  const path = `/${url.replace(/^\//, '')}`;
  return (
    !notTheApp.some((pattern) => pattern.test(path)) && !path.endsWith('.wasm') && !path.endsWith('.map')
  );
}
