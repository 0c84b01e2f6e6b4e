/** First states of logs: the town's, the mailbox, conversations of our own making, and joined ones. */
import { bytesToHex } from '../lib/bytes';
import type { GroupCrypto, GroupSelf } from '../crypto/group';
import type { Random } from '../crypto/random';
import { foundConversation } from '../domain/conversation';
import { EMPTY_DIRECTORY } from '../domain/directory';
import { encodeGroupContext, RULESET } from '../domain/groupContext';
import type { LogId, PersonId } from '../domain/ids';
import { MAILBOX_LOG } from '../records/keys';
import type { Fold, Identity, LogCore } from '../records/logRecords';
import { FRESH_PROGRESS, groupOf, type LogState } from '../sync/logState';
import type { OpenedMail } from '../sync/mail';

export interface NewLogServices {
  readonly groups: GroupCrypto;
  readonly random: Random;
  readonly now: number;
  /** Of the town's logs, the one that is the town's now. */
  readonly generation: number;
}

export async function foundLog(
  services: NewLogServices,
  self: GroupSelf,
  number: number,
  kind: 'town' | 'direct' | 'group',
  pair: readonly [PersonId, PersonId] | undefined,
): Promise<LogState> {
  const { groups, random } = services;
  const logBytes = random.bytes(32);
  const log = bytesToHex(logBytes) as LogId;
  const [readKey, writeKey, closeKey] = [random.bytes(32), random.bytes(32), random.bytes(32)];
  const context = encodeGroupContext({ ruleset: RULESET, kind, log, readKey, writeKey, pair });
  const state = await groups.found(self, logBytes, context);
  const core: LogCore = {
    kind,
    log,
    readKey,
    writeKey,
    closeKey,
    partner: pair?.[1],
    createdAt: services.now,
    generation: services.generation,
  };
  return {
    number,
    core,
    progress: { ...FRESH_PROGRESS, leafRenewedAt: services.now, wholeSince: 0 },
    group: await groupOf(groups, state),
    fold: freshFold(kind, pair),
    flight: undefined,
    pendingCommit: undefined,
    followUps: { mails: [] },
  };
}

function freshFold(kind: LogCore['kind'], pair: readonly [PersonId, PersonId] | undefined): Fold {
  if (kind === 'town' || kind === 'mailbox') return { type: 'town', directory: EMPTY_DIRECTORY };
  return { type: 'conversation', conversation: foundConversation(kind, pair ?? []) };
}

export function mailboxLog(identity: Identity, now: number): LogState {
  return {
    number: MAILBOX_LOG,
    core: {
      kind: 'mailbox',
      log: identity.mailbox.log,
      readKey: identity.mailbox.readKey,
      // Every admitted pass may write; there is no key for it.
      writeKey: new Uint8Array(0),
      closeKey: undefined,
      partner: undefined,
      createdAt: now,
    },
    progress: FRESH_PROGRESS,
    group: undefined,
    fold: freshFold('mailbox', undefined),
    flight: undefined,
    pendingCommit: undefined,
    followUps: { mails: [] },
  };
}

/** Joined by mail: the log begins for us behind the commit that added us. */
export async function joinedLog(
  services: NewLogServices,
  self: { readonly person: PersonId },
  number: number,
  mail: OpenedMail,
): Promise<LogState> {
  const { context, snapshot } = mail;
  const partner = context.pair?.find((person) => person !== self.person);
  return {
    number,
    core: {
      kind: context.kind,
      log: context.log,
      readKey: context.readKey,
      writeKey: context.writeKey,
      closeKey: undefined,
      partner,
      createdAt: services.now,
      generation: snapshot.generation,
    },
    progress: {
      ...FRESH_PROGRESS,
      isCreated: true,
      cursor: snapshot.seq,
      chain: snapshot.chain,
      links: [[snapshot.seq, snapshot.chain]],
      lastCommit: snapshot.lastCommit,
      position: snapshot.position,
      counters: snapshot.counters,
      wholeSince: snapshot.seq,
      leafRenewedAt: services.now,
      // Until somebody else writes in it, the epoch we were led into may be one of its own (SPEC B1).
      skipped: snapshot.seq,
    },
    group: await groupOf(services.groups, mail.group),
    fold: snapshot.fold,
    flight: undefined,
    pendingCommit: undefined,
    followUps: { mails: [] },
  };
}
