/**
 * Tells the other tabs and workers of this origin which ranges a batch has touched (V4), and that one was
 * refused (V5). Numbers and that word only; no content passes through it. A message may be missed by a page that is frozen or in the back/forward
 * cache, so such a page is told to read everything again when it comes back.
 */
import { VAULT_STORES, type VaultKey, type VaultRefusal } from './vault';
import type { TouchedRange } from './vaultKeys';

export interface Announcements {
  tell(touched: readonly TouchedRange[]): void;
  tellRefusal(refusal: VaultRefusal): void;
  close(): void;
}

/** `undefined` means: anything may have changed. */
export type OnTold = (touched: readonly TouchedRange[] | undefined) => void;

export function openAnnouncements(
  name: string,
  onTold: OnTold,
  onRefused: (refusal: VaultRefusal) => void,
): Announcements {
  const channel =
    typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(`${name}/touched`);
  const onMessage = (event: MessageEvent<unknown>): void => {
    if (isRefusal(event.data)) onRefused(event.data);
    else onTold(isTouched(event.data) ? event.data : undefined);
  };
  channel?.addEventListener('message', onMessage);

  const target = 'addEventListener' in globalThis ? globalThis : undefined;
  const onShow = (event: Event): void => {
    if ('persisted' in event && event.persisted === true) onTold(undefined);
  };
  target?.addEventListener('pageshow', onShow);

  return {
    tell: (touched) => channel?.postMessage(touched),
    tellRefusal: (refusal) => channel?.postMessage(refusal),
    close() {
      channel?.removeEventListener('message', onMessage);
      channel?.close();
      target?.removeEventListener('pageshow', onShow);
    },
  };
}

function isRefusal(data: unknown): data is VaultRefusal {
  return data === 'storage-full' || data === 'storage-failed';
}

function isTouched(data: unknown): data is readonly TouchedRange[] {
  return Array.isArray(data) && data.every(isTouchedRange);
}

function isTouchedRange(value: unknown): value is TouchedRange {
  return (
    typeof value === 'object' &&
    value !== null &&
    'store' in value &&
    'from' in value &&
    'to' in value &&
    VAULT_STORES.some((store) => store === value.store) &&
    isKey(value.from) &&
    isKey(value.to)
  );
}

function isKey(value: unknown): value is VaultKey {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'number');
}
