/** SPEC S1: the table of states and steps, line by line, and that an earlier line wins over a later one. */
import { describe, expect, it } from 'vitest';
import {
  decide,
  PATIENCE_MS,
  RECEIPT_DELAY_MS,
  type Decision,
  type GroupSituation,
  type LogSituation,
} from '../../../src/sync/decide';

const NOW = 10_000;

/** A log at rest: online, read to its head, nothing waits. */
const REST: LogSituation = {
  now: NOW,
  isMember: true,
  waitsForTown: false,
  hasNextNews: false,
  isOnline: true,
  needsReentry: false,
  isReadable: false,
  isEnded: false,
  retryAt: 0,
  isCreated: true,
  mayCreate: false,
  isCatchingUp: false,
  isMailbox: false,
  isRolledBack: false,
  hasReceipts: false,
  pendingCommit: 'none',
  commitAt: 0,
  hasUnacknowledged: false,
  isOutvoted: false,
  suspectSince: undefined,
  hasMails: false,
  mailAt: 0,
};
const GROUP_AT_REST: GroupSituation = {
  now: NOW,
  due: { add: 0, remove: 0, at: 0 },
  hasPendingCommit: false,
  commitAt: 0,
  isFlying: false,
  hasWaiting: false,
  sealAt: 0,
  isHeldBack: false,
  isLeafOld: false,
  isReceiptDue: false,
  receiptAt: undefined,
};

function stepOf(log: Partial<LogSituation>, group: Partial<GroupSituation> = {}): Decision {
  return decide({ ...REST, ...log }, () => ({ ...GROUP_AT_REST, ...group }));
}

/** Everything that a later line could want to do. */
const ALL_AT_ONCE: Partial<LogSituation> = {
  hasNextNews: true,
  isCreated: false,
  mayCreate: true,
  isCatchingUp: true,
  hasReceipts: true,
  pendingCommit: 'waiting',
  hasUnacknowledged: true,
  hasMails: true,
};
const GROUP_WANTS_ALL: Partial<GroupSituation> = {
  due: { add: 1, remove: 0, at: 0 },
  hasWaiting: true,
  isReceiptDue: true,
};

describe('what a runner does next (SPEC S1)', () => {
  it('beside a copy reads and does nothing else (I8)', () => {
    const beside = {
      ...ALL_AT_ONCE,
      needsReentry: true,
      isReadable: true,
      hasNextNews: false,
      isCreated: true,
    };
    expect(stepOf(beside, GROUP_WANTS_ALL).step).toBe('read');
    expect(stepOf({ ...beside, isCatchingUp: false }, GROUP_WANTS_ALL).step).toBe('none');
  });

  it('does nothing at rest', () => {
    expect(stepOf({})).toEqual({ step: 'none', wakeAt: undefined });
  });

  it('does nothing in a log without a group but what concerns the log', () => {
    expect(decide({ ...REST, hasMails: true }, () => undefined).step).toBe('mail');
    expect(decide(REST, () => undefined)).toEqual({ step: 'none', wakeAt: undefined });
  });

  // Each line takes one wish away from the line before: so the order is the one of the table.
  const lines: readonly [string, Partial<LogSituation>, Decision['step']][] = [
    ['waits for the town, whatever else', { ...ALL_AT_ONCE, waitsForTown: true }, 'none'],
    ['not a member: nothing is ours', { ...ALL_AT_ONCE, isMember: false }, 'none'],
    ['the next envelope is here', ALL_AT_ONCE, 'take'],
    ['also without a connection', { ...ALL_AT_ONCE, isOnline: false }, 'take'],
    ['offline', { ...ALL_AT_ONCE, hasNextNews: false, isOnline: false }, 'none'],
    ['needs re-entry: nothing is taken any more', { ...ALL_AT_ONCE, needsReentry: true }, 'none'],
    ['a copy has taken our place: nothing', { ...ALL_AT_ONCE, isEnded: true }, 'none'],
    ['a copy writes: it is read on', { ...ALL_AT_ONCE, needsReentry: true, isReadable: true }, 'take'],
    ['before the retry time', { ...ALL_AT_ONCE, hasNextNews: false, retryAt: NOW + 1 }, 'none'],
    ['not at the relay', { ...ALL_AT_ONCE, hasNextNews: false }, 'create'],
    ['may not be created yet', { ...ALL_AT_ONCE, hasNextNews: false, mayCreate: false }, 'none'],
    ['behind the head', { ...ALL_AT_ONCE, hasNextNews: false, isCreated: true }, 'read'],
  ];
  for (const [name, log, step] of lines)
    it(`${name}: ${step}`, () => {
      expect(stepOf(log, GROUP_WANTS_ALL).step).toBe(step);
    });

  const read: Partial<LogSituation> = {
    ...ALL_AT_ONCE,
    hasNextNews: false,
    isCreated: true,
    isCatchingUp: false,
  };
  const behind: readonly [string, Partial<LogSituation>, Decision['step']][] = [
    ['a mailbox only reads', { ...read, isMailbox: true }, 'none'],
    ['a rolled-back log gets nothing', { ...read, isRolledBack: true }, 'none'],
    ['receipts have come', read, 'receipts-in'],
    ['an own commit waits', { ...read, hasReceipts: false }, 'submit'],
    [
      'the relay has it: wait to read it',
      { ...read, hasReceipts: false, pendingCommit: 'submitted' },
      'none',
    ],
    ['the commit must wait: envelopes fly', { ...read, hasReceipts: false, commitAt: NOW + 1 }, 'fly'],
    [
      'outvoted: nothing of ours flies',
      { ...read, hasReceipts: false, pendingCommit: 'none', isOutvoted: true },
      'mail',
    ],
    [
      'the flight is acknowledged: mail',
      { ...read, hasReceipts: false, pendingCommit: 'none', hasUnacknowledged: false },
      'mail',
    ],
  ];
  for (const [name, log, step] of behind)
    it(`${name}: ${step}`, () => {
      expect(stepOf(log, GROUP_WANTS_ALL).step).toBe(step);
    });

  const groups: readonly [string, Partial<GroupSituation>, Decision['step']][] = [
    ['leaves differ and it is our turn', GROUP_WANTS_ALL, 'correct'],
    [
      'an addition is not our turn yet',
      { ...GROUP_WANTS_ALL, due: { add: 1, remove: 0, at: NOW + 1 } },
      'seal',
    ],
    [
      'a removal is not our turn yet',
      { ...GROUP_WANTS_ALL, due: { add: 0, remove: 1, at: NOW + 1 } },
      'none',
    ],
    ['a commit is under way', { ...GROUP_WANTS_ALL, hasPendingCommit: true }, 'seal'],
    [
      'a removal is under way',
      { due: { add: 0, remove: 1, at: 0 }, hasPendingCommit: true, hasWaiting: true },
      'none',
    ],
    ['the leaf is old', { hasWaiting: true, isLeafOld: true }, 'renew'],
    [
      'the leaf is old, but commits must wait',
      { hasWaiting: true, isLeafOld: true, commitAt: NOW + 1 },
      'seal',
    ],
    ['one flight at a time', { hasWaiting: true, isFlying: true }, 'none'],
    ['a removal from the town is on its way', { hasWaiting: true, isHeldBack: true }, 'none'],
    ['a receipt is due now', { isReceiptDue: true, receiptAt: NOW }, 'receipt-out'],
  ];
  for (const [name, group, step] of groups)
    it(`${name}: ${step}`, () => {
      expect(stepOf({}, group).step).toBe(step);
    });

  it('wakes at the earliest of what it waits for', () => {
    const log = { pendingCommit: 'waiting', commitAt: NOW + 900, hasMails: true, mailAt: NOW + 300 } as const;
    const group = { due: { add: 0, remove: 1, at: NOW + 600 }, commitAt: NOW + 900, hasPendingCommit: true };
    expect(stepOf(log, group)).toEqual({ step: 'none', wakeAt: NOW + 300 });
    expect(stepOf({ ...log, hasMails: false }, group).wakeAt).toBe(NOW + 900);
    expect(stepOf({ retryAt: NOW + 5 }).wakeAt).toBe(NOW + 5);
  });

  it('only shows itself while others seem to have gone on, and then gives up (B1)', () => {
    const log = { ...REST, suspectSince: NOW, hasUnacknowledged: true, pendingCommit: 'waiting' } as const;
    const group = { ...GROUP_AT_REST, ...GROUP_WANTS_ALL };
    expect(decide(log, () => group)).toMatchObject({ step: 'none', receiptAt: NOW + RECEIPT_DELAY_MS });
    expect(decide(log, () => ({ ...group, receiptAt: NOW })).step).toBe('receipt-out');
    expect(decide({ ...log, isCatchingUp: true }, () => group).step).toBe('read');
    expect(decide({ ...log, hasReceipts: true }, () => group).step).toBe('receipts-in');
    const later = { ...log, now: NOW + PATIENCE_MS };
    expect(decide(later, () => group).step).toBe('lost');
    expect(decide({ ...log, suspectSince: NOW }, () => undefined).wakeAt).toBe(NOW + PATIENCE_MS);
  });

  it('gathers receipts for a moment (A4)', () => {
    const sendAt = NOW + RECEIPT_DELAY_MS;
    expect(stepOf({}, { isReceiptDue: true })).toEqual({ step: 'none', wakeAt: sendAt, receiptAt: sendAt });
  });

  it('asks about the group only when the log itself is at rest', () => {
    let asked = 0;
    const ask = (): undefined => {
      asked += 1;
      return undefined;
    };
    decide({ ...REST, isCatchingUp: true }, ask);
    decide({ ...REST, hasUnacknowledged: true }, ask);
    expect(asked).toBe(0);
    decide(REST, ask);
    expect(asked).toBe(1);
  });
});
