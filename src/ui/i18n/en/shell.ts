import type { shell as de } from '../de/shell';

const messages = (count: number) => (count === 1 ? '1 message' : `${count} messages`);
const wait = (count: number) => (count === 1 ? 'is waiting' : 'are waiting');

export const shell: typeof de = {
  skip: 'Skip to content',
  arms: (town: string) => `Coat of arms: ${town}`,
  places: 'Places',
  conversations: 'Conver\u00adsations',
  me: 'Me',
  list: 'List',
  content: 'Content',
  search: 'Search',
  searchKey: (key) => `Search (${key})`,
  compose: 'Write',
  newConversation: 'New conversation',
  unreadBadge: (count) => `${count} unread`,
  status: {
    label: 'Connection',
    offline: 'No network',
    offlineWaiting: (count) => `No network – ${messages(count)} ${wait(count)}`,
    connecting: 'Connecting',
    connectingWaiting: (count) => `Connecting – ${messages(count)} ${wait(count)}`,
    handingOver: (count) => `${messages(count)} being handed over`,
    show: 'Show',
    storageFull: 'Storage full – new messages cannot be saved',
    storageFailed: 'The storage does not answer – new messages cannot be saved at the moment',
    engineStuck: 'Depesche is held up at the moment – messages arrive and leave late',
    copied: 'A copy of this device has taken its place – nothing arrives or leaves here any more',
    notAdmitted: 'The server no longer admits this device – nothing new arrives here',
    relayStorage: 'The server is full – messages stay on this device for now',
    clockWrong: 'The clocks of this device and of the server differ',
    versionTooOld: 'This version is too old – please update the app',
    relayChanged: 'The server is new and does not know your messages – an admin must confirm it',
    townDiffers: 'The town’s directory may be another one here than with the others',
  },
  queue: {
    title: 'Connection',
    lead: 'These messages are saved on this device. They go out by themselves as soon as possible.',
    empty: 'Nothing is waiting',
    emptyText: 'Everything you wrote has been handed over.',
    online: 'Connected.',
    offlineSince: (time) => `No network since ${time}.`,
    connectingSince: (time) => `Connecting since ${time}.`,
    nextTry: (time) => `Next try at ${time}.`,
    trying: 'Trying …',
    waitsSince: (time) => `since ${time}`,
    withdraw: 'Withdraw',
    open: 'Open conversation',
    forNetwork: 'waiting for network',
    forSetup: 'waiting until set-up is complete',
    forOthers: 'waiting for another device',
    forTurn: 'about to be handed over',
    help: {
      storageFull: 'Delete photos or apps you do not need. What is shown as saved here is kept.',
      storageFailed:
        'It will be tried again. If it stays like this, close other windows of Depesche and reload the page. What is shown as saved here is kept.',
      engineStuck:
        'Something that has arrived here cannot be processed. Depesche goes on trying by itself, less and less often. You can read and write, and what is shown as saved here is kept. If it stays like this, please tell the person who looks after Depesche in your town.',
      copied:
        'The same data is in use on a second device. If this was not you, please have the device blocked at once. To go on working here, have yourself invited anew. What is on this device can still be read.',
      notAdmitted:
        'It may have been blocked. Please ask the person who looks after Depesche in your town. What is on this device can still be read.',
      relayStorage:
        'Please tell the person who looks after Depesche in your town. Your messages go out as soon as there is room again.',
      clockWrong: 'Set date and time to “automatic” in the settings of this device.',
      versionTooOld:
        'Close Depesche completely and open it again with a network connection. Your messages are kept.',
      relayChanged:
        'Please tell the person who looks after Depesche in your town. Your messages are safe on this device.',
      townDiffers:
        'The server did not show everybody the same, or an entry could not be read. Please tell the person who looks after Depesche in your town. You can go on working.',
    },
  },
  ended: {
    title: (town) => `This device no longer belongs to ${town}`,
    text: 'Access has ended. New messages no longer arrive here, and nothing can be sent any more.',
    waiting: 'This was not handed over:',
    what: 'Is this a mistake? Then ask to be invited again.',
    erase: 'Erase everything from this device',
    eraseConfirm: 'Really erase everything?',
    eraseText: 'All messages, drafts and keys on this device are erased. This cannot be undone.',
    erasing: 'Erasing …',
  },
  detailsEmpty: {
    title: 'Choose a conversation',
    text: 'The arrow keys move through the list. Search is the fastest way.',
  },
};
