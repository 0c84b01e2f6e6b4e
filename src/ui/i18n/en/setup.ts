import type { setup as de } from '../de/setup';

export const setup: typeof de = {
  welcome: {
    title: 'Welcome to Depesche',
    lead: 'Your town’s messenger. Write to your colleagues – even where there is no network.',
    points: [
      {
        title: 'No phone number',
        text: 'All you need is an invitation and your name. No e-mail address, no password.',
      },
      {
        title: 'Works offline',
        text: 'Everything is kept on this device. What you write goes out as soon as the network is back.',
      },
      {
        title: 'Only for those you write to',
        text: 'Messages are encrypted. Not even the server can read them.',
      },
    ],
    haveInvitation: 'Enter an invitation',
    scan: 'Scan an invitation',
    foundHint:
      'Are you setting up Depesche for your town? Open the link the server printed when it first started, or paste it here.',
    noInvitation: 'No invitation yet? Ask in your administration who looks after Depesche.',
  },
  enter: {
    title: 'Enter an invitation',
    lead: 'Somebody sent you a link, or you see a QR code on another screen.',
    field: 'Link',
    placeholder: 'https://…',
    paste: 'Paste',
    continue: 'Continue',
    orScan: 'Scan a QR code',
    pasteRefused: 'The browser did not allow pasting. Press and hold in the field and choose “Paste”.',
  },
  scan: {
    title: 'Scan a QR code',
    lead: 'Point the camera at the invitation’s QR code.',
    video: 'Camera picture',
    starting: 'Starting the camera …',
    looking: 'Looking for a QR code …',
    readingPicture: 'Reading the photo …',
    found: 'Invitation recognised.',
    refused: {
      title: 'This page may not use the camera',
      text: 'Allow the camera in your browser’s settings and try again. Or choose a photo of the QR code.',
    },
    noCamera: {
      title: 'This device has no camera',
      text: 'Choose a photo of the QR code, or paste the link.',
    },
    cameraBusy: {
      title: 'The camera is in use',
      text: 'Close other apps that use the camera and try again.',
    },
    noReader: {
      title: 'The QR code reader could not be loaded',
      text: 'It needs a connection once. Check the network and try again, or paste the link.',
    },
    nothingInPicture: {
      title: 'There is no invitation in this photo',
      text: 'The whole QR code must be in the picture and sharp. Choose another photo.',
    },
    notOurs: 'This is a QR code, but not an invitation to Depesche.',
    retry: 'Start the camera again',
    choosePicture: 'Choose a photo',
    enterLink: 'Enter a link',
  },
  link: {
    none: {
      title: 'This is not an invitation',
      text: 'The text contains no link to Depesche. Copy the whole link from the message you received.',
    },
    damaged: {
      title: 'The link is incomplete',
      text: 'Part of it was lost when it was copied. Copy the whole link again, or scan the QR code.',
    },
    expired: {
      title: 'The invitation has expired',
      text: 'Nothing was changed on this device. Ask for a new invitation.',
    },
    foreign: {
      title: 'The invitation belongs to another server',
      text: 'Open the link directly in your browser to get to the right page.',
    },
  },
  found: {
    title: 'Set up your town',
    lead: 'You are the first person here. You invite the others afterwards.',
    townName: 'Name of the town or administration',
    townHint: 'Everyone sees it like this, for example “Stadt Siegburg”.',
    ownName: 'Your name',
    ownHint: 'First and last name, as your colleagues know you.',
    submit: 'Set up town',
    role: 'You can invite people, block devices and appoint others to do so.',
  },
  join: {
    title: 'Join',
    lead: 'Your invitation is valid. All that is missing is your name.',
    ownName: 'Your name',
    ownHint: 'First and last name, as your colleagues know you.',
    submit: 'Join',
    otherLink: 'Use another invitation',
    nothingElse: 'Nothing else is needed: no phone number, no e-mail address, no password.',
  },
  missingName: 'Please enter your name.',
  missingTown: 'Please enter the name of the town.',
  founding: {
    title: 'Setting up your town',
    impossible: 'Cannot set up the town',
    steps: ['Connect', 'Redeem the set-up link', 'Create the directory'],
    note: 'This usually takes a few seconds. You may close the app; it goes on by itself later.',
  },
  joining: {
    title: 'Joining',
    titleTown: (town: string) => `Joining ${town}`,
    impossible: 'Cannot join',
    steps: ['Connect', 'Hand over the request', 'Acceptance by an administrator', 'Receive conversations'],
    noteSent:
      'Your request is handed over. It is accepted as soon as an administrator’s device is online – usually at once, otherwise when work begins.',
    note: 'You may close the app; it goes on by itself later.',
    since: (time: string) => `Started: ${time}`,
    cancel: 'Cancel',
    cancelled: 'Cancelled. Nothing was left on this device.',
  },
  held: 'on hold',
  problem: {
    'no-network': {
      title: 'No network',
      text: 'The server cannot be reached right now.',
      safe: 'What you entered is saved on this device.',
      next: 'It goes on by itself as soon as the network is back.',
    },
    'link-used': {
      title: 'The invitation has already been used',
      text: 'This link was valid once and has been redeemed.',
      safe: 'Nothing was changed on this device.',
      next: 'Ask for a new invitation. If it was not you who used it, tell the person who invited you.',
    },
    'link-expired': {
      title: 'The invitation has expired',
      text: 'It was valid until a certain day only.',
      safe: 'Nothing was changed on this device.',
      next: 'Ask for a new invitation.',
    },
    'link-foreign': {
      title: 'The invitation does not fit this server',
      text: 'The link leads to another town than this server’s.',
      safe: 'Nothing was changed on this device.',
      next: 'Ask the person who sent you the link for the right address.',
    },
    'link-damaged': {
      title: 'The link is incomplete',
      text: 'Part of it was lost when it was copied.',
      safe: 'Nothing was changed on this device.',
      next: 'Copy the whole link again, or scan the QR code.',
    },
    'relay-refused': {
      title: 'The server does not accept the request',
      text: 'It answered, but refused. Perhaps it is being maintained.',
      safe: 'What you entered is saved on this device.',
      next: 'Try again in a few minutes. If that does not help, ask the person who looks after Depesche.',
    },
    storage: {
      title: 'Nothing can be saved on this device',
      text: 'Its storage is full, or the browser does not allow it in this window.',
      safe: 'Your invitation stays valid as long as nobody else uses it.',
      next: 'Free some space or open the link in a normal window, then try again.',
    },
  },
  tryAgain: 'Try again',
  otherInvitation: 'Enter another invitation',
  setupLinkUsed: {
    title: 'The set-up link has already been used',
    text: 'Somebody has set up a town with this link.',
    next: 'If that was you on another device, open Depesche there and invite yourself. Otherwise whoever runs the server can print a new link.',
  },
  saveProblem: {
    'storage-full': 'This device’s storage is full. Nothing was saved. Free some space and try again.',
    'storage-failed': 'Nothing was saved. Reload the page and try again.',
  },
  already: {
    page: 'Invitation',
    title: (town: string) => `This device already belongs to “${town}”`,
    text: 'A device always belongs to exactly one town. Your conversations are unchanged.',
    asPerson: (name: string) => `You are here as ${name}.`,
    forSomeoneElse: 'Is the link for somebody else? Pass it on. It has not been redeemed.',
    open: 'Go to conversations',
  },
  privateWindow: {
    title: 'This window may be private',
    text: 'Private windows forget everything when they are closed: conversations, your keys and whatever has not been handed over. The invitation is not valid a second time. Better open the link in a normal window.',
  },
  installFirst: {
    title: 'Add to the Home Screen first',
    text: 'Safari deletes everything after seven days without use. An app on the Home Screen keeps it. It starts empty: copy the invitation first and paste it there, or scan the QR code.',
    copyLink: 'Copy invitation',
    copied: 'Invitation copied',
    show: 'How to do it',
    later: 'Join here anyway',
  },
};
