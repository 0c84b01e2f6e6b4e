import type { common as de } from '../de/common';

export const common: typeof de = {
  appName: 'Depesche',
  back: 'Back',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  remove: 'Remove',
  undo: 'Undo',
  tryAgain: 'Try again',
  tryNow: 'Try now',
  more: 'More',
  moreFor: (title) => `More about “${title}”`,
  you: 'You',
  someone: 'Someone',
  loading: 'Loading …',
  persons: (count) => (count === 1 ? '1 person' : `${count} people`),
  messages: (count) => (count === 1 ? '1 message' : `${count} messages`),
  today: 'Today',
  yesterday: 'Yesterday',
  yesterdayAt: (time) => `yesterday ${time}`,
  notFound: {
    title: 'There is no such page',
    text: 'It may have been removed, or the link is incomplete.',
    action: 'Go to conversations',
  },
  failure: {
    title: 'Something went wrong here',
    text: 'This view cannot be shown right now. Your messages and drafts are safe on this device.',
    action: 'Reload',
  },
  start: {
    title: 'Depesche does not start',
    text: 'The storage of this browser cannot be opened. What was saved stays saved. Close other Depesche windows and reload the page. In private windows Depesche cannot keep anything.',
  },
  tooNew: {
    title: 'Depesche was updated',
    text: 'Another window already uses the new version. Reload this page to go on. Your messages are safe on this device.',
  },
  saveFailed: {
    full: 'The storage of this device is full. Nothing was saved. Free some space and try again.',
    failed: 'This could not be saved. Please try again.',
  },
};
