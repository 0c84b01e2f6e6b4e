import type { AppClient } from '../../../src/engine/client';

type Watched =
  | 'observeSetup'
  | 'observeStatus'
  | 'observeList'
  | 'observeDirectory'
  | 'observeInvitations'
  | 'observeQueue'
  | 'observeSuccession';
type ViewOf<K extends Watched> = Parameters<Parameters<AppClient[K]>[0]>[0];

/** The queue is put together of three views and shown with each of them. */
const CALLS: Partial<Record<Watched, number>> = { observeQueue: 3 };

/** What a person sees at this moment. */
export function peek<K extends Watched>(client: AppClient, what: K): Promise<ViewOf<K>> {
  return new Promise((resolve) => {
    let calls = 0;
    let stop: (() => void) | undefined = undefined;
    const observe = client[what] as (onValue: (value: ViewOf<K>) => void) => () => void;
    stop = observe.call(client, (value) => {
      calls += 1;
      if (calls !== (CALLS[what] ?? 1)) return;
      resolve(value);
      queueMicrotask(() => stop?.());
    });
  });
}
