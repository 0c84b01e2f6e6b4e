import type { conversation as de } from '../de/conversation';

const persons = (count: number) => (count === 1 ? '1 other' : `${count} others`);

export const conversation: typeof de = {
  page: 'Conversation',
  history: 'History',
  historyKeys: 'Arrow keys go from message to message, Enter opens the menu of one.',
  announcements: 'New messages',
  members: (count) => (count === 1 ? '1 member' : `${count} members`),
  direct: 'Conversation between two',
  details: 'Details',
  showDetails: 'Show details beside',
  hideDetails: 'Close details',
  board: 'Board',
  goneTitle: 'This conversation is not here',
  goneText:
    'There is no conversation under this address on this device. Addresses only hold on the device they were made on: a bookmark from another device leads nowhere here. Your conversations are all still there.',
  empty: 'No messages yet. Write the first one.',
  olderLoading: 'Loading older messages …',
  beginning: 'The conversation begins here.',
  unreadLine: 'Unread',
  jump: 'To the end',
  jumpUnread: (count) => (count === 1 ? '1 new message' : `${count} new messages`),
  said: (name, text) => `${name}: ${text}`,
  youSaid: 'Your message',
  notMember: 'You are no longer part of this conversation. What was written until then stays readable.',
  back: {
    title: 'Being set up again',
    safe: 'This device has lost its place in this conversation. What you write is saved and goes out by itself afterwards.',
    waitsFor: {
      network: 'It waits for a connection.',
      town: 'Your town is set up again first, this conversation afterwards.',
      colleague: 'It waits until a device of this conversation is online.',
    },
    since: (time) => `Started: ${time}.`,
    copied: {
      title: 'A copy of this device has taken its place',
      text: 'The same data is in use on a second device. Nothing leaves or arrives here any more. If this was not you, please have the device blocked at once.',
    },
  },
  trouble: {
    catchingUp: 'Older messages are still being fetched.',
    gap: 'Some messages are missing on this device. The others are complete.',
    forked: 'The server does not show everybody the same. Please tell the person who looks after Depesche.',
    reentry: 'This device is being admitted again. What you write is saved and goes out afterwards.',
    full: 'This conversation is full on the server. What you write stays saved on this device. Please tell the person who looks after Depesche.',
    closed: 'This conversation is closed. It takes nothing more. What you write stays saved on this device.',
    forbidden:
      'The server takes nothing from this device at the moment. What you write stays saved. Depesche asks again by itself.',
    tooLarge: 'A change was too large and was not sent. Please divide it.',
  },
  unknown: 'This version cannot show this message. Please update the app.',
  gap: {
    missing: (count) =>
      count === 1 ? '1 message is missing on this device.' : `${count} messages are missing on this device.`,
    unreadable: (count) =>
      count === 1
        ? '1 message cannot be read on this device.'
        : `${count} messages cannot be read on this device.`,
    forked: (count) =>
      count === 1
        ? '1 message belongs to another history and is not shown.'
        : `${count} messages belong to another history and are not shown.`,
  },
  state: {
    saving: 'saving …',
    saved: 'saved',
    waitsNetwork: 'waiting for network',
    waitsSetup: 'waiting for set-up',
    waitsOthers: 'waiting for another device',
    handedOver: 'handed over',
    delivered: 'delivered',
    read: 'read',
    failed: 'not sent',
    since: (time) => `since ${time}`,
  },
  writtenAt: (time) => `written ${time}`,
  message: {
    menu: 'Message',
    copy: 'Copy text',
    copied: 'Text copied.',
    withdraw: 'Withdraw',
    withdrawn: 'Message withdrawn.',
    toDraft: 'Keep writing',
    asBlock: 'Keep as text block',
    tooLate: 'The message has already been handed over.',
  },
  composer: {
    label: (title) => `Message to ${title}`,
    placeholder: 'Message',
    send: 'Send',
    blocks: 'Text blocks',
    keepAsBlock: 'Keep this text as a block',
    manageBlocks: 'Edit text blocks',
    draftSaved: 'Draft saved',
    tooLong: 'The text is too long for one message. Please split it.',
    draftFull:
      'Storage full: what you are writing is not saved yet. Leave this page open and free some space. Everything before stays saved.',
    draftFailed:
      'What you are writing could not be saved yet. Leave this page open, it is being tried again.',
    full: 'Not sent: the storage of this device is full. Your text is still in the field. Free some space, then send it again.',
    failed: 'Not sent: the text could not be saved. It is still in the field. Please send it again.',
  },
  blocks: {
    title: 'Text blocks',
    lead: 'Short texts you need often. They stay on this device.',
    empty: 'No text blocks yet.',
    new: 'New text block',
    add: 'Add',
    remove: (text) => `Remove “${text}”`,
    kept: 'Kept as a text block.',
    removed: 'Text block removed.',
  },
  system: {
    founded: (by) => `${by} started the conversation`,
    renamed: (by, _isMe, title) => `${by} named the conversation “${title}”`,
    added: (by, _isMe, names) => `${by} added ${names}`,
    removed: (by, _isMe, names) => `${by} removed ${names}`,
    left: (by) => `${by} left the conversation`,
    boardChanged: (by) => `${by} changed the board`,
    continued: 'Continued on a new server',
    beginsHere: 'The group begins here.',
    historyFromHere: 'You can read from here on. What came before is not on this device.',
    youObject: 'you',
    andMore: (names, more) => `${names} and ${persons(more)}`,
  },
};
