/**
 * The only door through which the address of a script reaches the browser. Under
 * `require-trusted-types-for 'script'` a worker needs a TrustedScriptURL; the policy `depesche` grants
 * one for the service worker and for the workers of this build, and for nothing else.
 * CSP: `trusted-types depesche svelte-trusted-html` (the second is Svelte's own, for its templates).
 */
import type { TrustedScriptURL, TrustedTypePolicyFactory } from 'trusted-types/lib';

export const POLICY_NAME = 'depesche';
export const SERVICE_WORKER_URL = '/sw.js';

const ofThisBuild = /^\/assets\/[\w.-]*worker[\w.-]*\.js$/i;

/** `url` absolute or relative to `origin`. In development, workers come unbundled from the same origin. */
export function isOwnScript(url: string, origin: string, isDevelopment: boolean): boolean {
  if (!URL.canParse(url, origin)) return false;
  const parsed = new URL(url, origin);
  if (parsed.origin !== origin) return false;
  if (isDevelopment) return true;
  return (
    parsed.search === '' && (parsed.pathname === SERVICE_WORKER_URL || ofThisBuild.test(parsed.pathname))
  );
}

/** For `new Worker(…)` and `register(…)`: typed as a string because TypeScript's DOM knows no trusted types. */
export function trustedScriptUrl(url: string): string {
  const trusted: TrustedScriptURL | string = policy()?.createScriptURL(url) ?? url;
  return trusted as string;
}

type Policy = ReturnType<typeof createPolicy>;
let made: { readonly policy: Policy } | undefined;

function policy(): Policy {
  made ??= { policy: createPolicy() };
  return made.policy;
}

function createPolicy() {
  const factory = (globalThis as { trustedTypes?: TrustedTypePolicyFactory }).trustedTypes;
  return factory?.createPolicy(POLICY_NAME, {
    createScriptURL(url) {
      if (isOwnScript(url, location.origin, import.meta.env.DEV)) return url;
      throw new TypeError(`not a script of this app: ${url}`);
    },
  });
}
