import type { Messages } from '../de';

export const succession: Messages['succession'] = {
  page: 'New server',
  notice: {
    title: 'The server is new',
    happened:
      'The server this device knows is gone. In its place there is one that does not have your messages, or not all of them.',
    safe: 'Everything you have read and written is on this device. You can go on reading and writing. Nothing is handed over for now.',
    waits: 'An admin of your town must confirm the new server. Then all devices go on by themselves.',
    waitsForOther:
      'Another admin has confirmed the new server already. It goes on by itself as soon as that device is online.',
    otherIsLate: 'If nothing happens for long, you can confirm the server from here with the link.',
  },
  enter: {
    lead: 'You are an admin. Whoever runs the server has been given a one-time link. Paste it here:',
    label: 'Link of the new server',
    submit: 'Continue',
    damaged: 'This is not a complete link of a server. It begins with “https://” and contains “einrichten”.',
  },
  confirm: {
    title: 'Continue the town on this server',
    lead: (town: string) =>
      `“${town}” goes on at the new server, with all people, conversations and messages that devices still have.`,
    others:
      'The other devices follow by themselves once they are online. Please leave Depesche open here until then.',
    only: 'Do this only if the old server is lost, or an older backup was restored. If in doubt, ask the person who runs the server.',
    submit: 'Continue the town',
    newTown: 'To set up a new, empty town with this link, use another browser.',
  },
  notAdmin: {
    title: 'Only an admin can do this',
    text: 'This link confirms a new server. Pass it on to an admin of your town. It was not used.',
  },
  working: {
    title: 'The town is being continued',
    text: 'This takes a moment. You can close the app, it goes on by itself afterwards.',
  },
  done: {
    title: 'On the new server',
    text: 'Your conversations are here. The other devices follow by themselves. What only one of them had comes back with it.',
    open: 'To the conversations',
  },
  problem: {
    'no-network': 'The server cannot be reached right now. It goes on by itself as soon as it can.',
    'link-used':
      'This link is no longer valid. Whoever runs the server can issue a new one. Nothing was changed.',
    'not-admin': 'Only an admin can do this. The link was not used.',
  },
};
