/**
 * Words of the frames that a store needs, too: apart from the schemas, so that the thread of the relay's database
 * does not load these.
 */

/** SPEC F3: kinds differ only in who holds which key, and in quota. */
export const LOG_KINDS = { conversation: 0, mailbox: 1, invitation: 2, channel: 3 } as const;
export type LogKind = (typeof LOG_KINDS)[keyof typeof LOG_KINDS];

/** SPEC F5. Each refusal says what to do: see REFUSAL_THEN. */
export const REFUSALS = [
  'bad-frame',
  'too-large',
  'unknown-log',
  'forbidden',
  'no-pass',
  'exists',
  'stale',
  'closed',
  'full',
  'rate',
  'busy',
  'storage',
  'bad-token',
  'bad-auth',
] as const;
export type Refusal = (typeof REFUSALS)[number];
export const REFUSAL_THEN = {
  'bad-frame': 'ignore',
  'too-large': 'ignore',
  'unknown-log': 'stop',
  forbidden: 'stop',
  'no-pass': 'stop',
  exists: 'stop',
  stale: 'retry',
  closed: 'stop',
  full: 'stop',
  rate: 'retry',
  busy: 'retry',
  storage: 'retry',
  'bad-token': 'stop',
  'bad-auth': 'stop',
} as const satisfies Record<Refusal, 'ignore' | 'retry' | 'stop'>;
