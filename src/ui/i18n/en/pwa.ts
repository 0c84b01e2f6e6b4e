import type { pwa as de } from '../de/pwa';

export const pwa: typeof de = {
  update: {
    title: 'New version ready',
    ready: 'Switching takes a moment. Your drafts are kept.',
    switchNow: 'Switch now',
    later: 'Later',
    switching: 'Opening the new version …',
    unsaved:
      'A draft could not be saved, so nothing was switched. Copy your text or free some space, then try again.',
    tryAgain: 'Try again',
  },
};
