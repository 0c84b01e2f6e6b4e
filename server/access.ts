/**
 * Who may do what with a log. Kinds differ only in who holds which key:
 *
 *                 read, watch        append             put, cast        close          create
 *   conversation  pass + read key    pass + write key   pass + write     pass + close   pass
 *   mailbox       pass + read key    any pass           –                pass + close   pass
 *   invitation    read key           write key          –                close key      pass
 *   channel       anyone             pass + write key   –                pass + close   pass
 *
 * Without a pass a log that does not exist and a key that does not fit get the same answer; only who
 * holds the right key learns that a pass is what is missing.
 */
import type { Bytes } from '../src/lib/bytes';
import { LOG_KINDS, type LogKind, type Refusal } from '../src/protocol/frames';
import { LIMITS } from '../src/protocol/limits';
import { isSameSecret, sha256 } from './hashes';
import type { LogFacts } from './stores/logStore';

export type Deed = 'read' | 'append' | 'speak' | 'close';

interface Rule {
  readonly needsPass: boolean;
  readonly needsKey: boolean;
}

const both: Rule = { needsPass: true, needsKey: true };
const passOnly: Rule = { needsPass: true, needsKey: false };
const keyOnly: Rule = { needsPass: false, needsKey: true };
const open: Rule = { needsPass: false, needsKey: false };

const rules: Record<LogKind, Partial<Record<Deed, Rule>>> = {
  [LOG_KINDS.conversation]: { read: both, append: both, speak: both, close: both },
  [LOG_KINDS.mailbox]: { read: both, append: passOnly, close: both },
  [LOG_KINDS.invitation]: { read: keyOnly, append: keyOnly, close: keyOnly },
  [LOG_KINDS.channel]: { read: open, append: both, close: both },
};

const NO_HASH = new Uint8Array(32);

/** Undefined = allowed. */
export function refusalFor(
  facts: LogFacts | undefined,
  deed: Deed,
  key: Bytes,
  hasPass: boolean,
): Refusal | undefined {
  const isRightKey = isSameSecret(sha256(key), facts === undefined ? NO_HASH : hashFor(facts, deed));
  const rule = facts === undefined ? undefined : rules[facts.kind][deed];
  if (facts === undefined) return 'unknown-log';
  if (!hasPass) {
    if (rule === undefined || (rule.needsKey && !isRightKey)) return 'unknown-log';
    if (!rule.needsPass) return undefined;
    return rule.needsKey ? 'no-pass' : 'unknown-log';
  }
  return rule === undefined || (rule.needsKey && !isRightKey) ? 'forbidden' : undefined;
}

function hashFor(facts: LogFacts, deed: Deed): Bytes {
  if (deed === 'read') return facts.readHash;
  return deed === 'close' ? facts.closeHash : facts.writeHash;
}

export interface Quota {
  readonly maxEnvelopes: number;
  /** Of these, by one pass. */
  readonly maxOfPass: number;
  readonly isMailbox: boolean;
  readonly envelopeBytes: number;
  /** Only conversations have epochs. */
  readonly takesCommits: boolean;
}

const plenty = Number.MAX_SAFE_INTEGER;
export const QUOTAS: Record<LogKind, Quota> = {
  [LOG_KINDS.conversation]: {
    maxEnvelopes: plenty,
    maxOfPass: plenty,
    isMailbox: false,
    envelopeBytes: LIMITS.envelopeBytes,
    takesCommits: true,
  },
  [LOG_KINDS.mailbox]: {
    maxEnvelopes: LIMITS.mailboxEnvelopes,
    maxOfPass: LIMITS.mailboxEnvelopesOfPass,
    isMailbox: true,
    envelopeBytes: LIMITS.mailboxEnvelopeBytes,
    takesCommits: false,
  },
  [LOG_KINDS.invitation]: {
    maxEnvelopes: LIMITS.invitationEnvelopes,
    maxOfPass: plenty,
    isMailbox: false,
    envelopeBytes: LIMITS.invitationEnvelopeBytes,
    takesCommits: false,
  },
  [LOG_KINDS.channel]: {
    maxEnvelopes: plenty,
    maxOfPass: plenty,
    isMailbox: false,
    envelopeBytes: LIMITS.envelopeBytes,
    takesCommits: false,
  },
};
