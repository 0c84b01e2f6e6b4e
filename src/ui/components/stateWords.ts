/** The one vocabulary of delivery (product.md) as a key for word and icon. */
import type { DeliveryState, TimelineItem } from '../../engine/views';
import type { Messages } from '../i18n/de';

export type ShownState =
  | 'saving'
  | 'waitsNetwork'
  | 'waitsSetup'
  | 'waitsOthers'
  | 'saved'
  | 'handedOver'
  | 'delivered'
  | 'read'
  | 'failed';

export function shownState(state: DeliveryState, waitsFor: TimelineItem['waitsFor']): ShownState {
  switch (state) {
    case 'saved':
      if (waitsFor === 'network') return 'waitsNetwork';
      if (waitsFor === 'setup') return 'waitsSetup';
      return waitsFor === 'other-devices' ? 'waitsOthers' : 'saved';
    case 'handed-over':
      return 'handedOver';
    case 'delivered':
    case 'read':
    case 'failed':
      return state;
  }
}

export function isWaiting(state: ShownState): boolean {
  return state === 'waitsNetwork' || state === 'waitsSetup' || state === 'waitsOthers';
}

export function stateWord(state: ShownState, words: Messages['conversation']['state']): string {
  return words[state];
}
