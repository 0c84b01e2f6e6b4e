/** What a device computes for messages and groups, in a worker as in the app. One order, one answer. */
import { measureGroups, type GroupFigures } from './groups';
import { measureSeal, type SealFigures } from './sealAndOpen';
import { measureStored, type StoredFigures } from './storedMessages';

export type Order =
  | { readonly type: 'seal'; readonly rounds: number; readonly messages: number }
  | { readonly type: 'stored'; readonly rounds: number; readonly messages: number }
  | { readonly type: 'groups'; readonly devices: number; readonly rounds: number };

export type Figures = SealFigures | StoredFigures | GroupFigures;

function obey(order: Order): Promise<Figures> {
  switch (order.type) {
    case 'seal':
      return measureSeal(order.rounds, order.messages);
    case 'stored':
      return measureStored(order.rounds, order.messages);
    case 'groups':
      return measureGroups(order.devices, order.rounds);
  }
}

self.addEventListener('message', ({ data }: MessageEvent<Order>) => {
  obey(data).then(
    (figures) => self.postMessage(figures),
    (error: unknown) =>
      self.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
