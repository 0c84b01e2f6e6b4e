/**
 * What a runner does next (SPEC S1): pure, from plain values. The order of the lines is the order of
 * importance; each line is one state of the log.
 */
export type Step =
  | 'take'
  | 'read'
  | 'create'
  | 'fly'
  | 'submit'
  | 'correct'
  | 'renew'
  | 'seal'
  | 'mail'
  | 'receipts-in'
  | 'receipt-out'
  | 'lost';

export interface Decision {
  readonly step: Step | 'none';
  /** Decide again then (ms), at the latest. */
  readonly wakeAt: number | undefined;
  /** When the receipt that became due here is to be sent. */
  readonly receiptAt?: number;
}

/** Times in ms; `now` is the clock's. */
export interface LogSituation {
  readonly now: number;
  readonly isMember: boolean;
  readonly waitsForTown: boolean;
  /** The envelope right behind the cursor has been pushed. */
  readonly hasNextNews: boolean;
  /** Connected, and the relay has said where the log stands. */
  readonly isOnline: boolean;
  readonly needsReentry: boolean;
  /** What is lost is only the right to write: the copy that goes on may be read (SPEC I8). */
  readonly isReadable: boolean;
  /** A copy of this profile has taken its place (SPEC B7). */
  readonly isEnded: boolean;
  readonly retryAt: number;
  readonly isCreated: boolean;
  readonly mayCreate: boolean;
  readonly isCatchingUp: boolean;
  readonly isMailbox: boolean;
  readonly isRolledBack: boolean;
  readonly hasReceipts: boolean;
  readonly pendingCommit: 'none' | 'waiting' | 'submitted';
  readonly commitAt: number;
  readonly hasUnacknowledged: boolean;
  /** SPEC E7: most of the others have another history: nothing of ours goes into this one. */
  readonly isOutvoted: boolean;
  /** SPEC B1: since when others seem to have gone on in an epoch that we do not have. */
  readonly suspectSince: number | undefined;
  readonly hasMails: boolean;
  readonly mailAt: number;
}

export interface GroupSituation {
  readonly now: number;
  /** Devices to be added or removed, and when it is this device's turn to do so. */
  readonly due: { readonly add: number; readonly remove: number; readonly at: number };
  readonly hasPendingCommit: boolean;
  readonly commitAt: number;
  readonly isFlying: boolean;
  readonly hasWaiting: boolean;
  readonly sealAt: number;
  /** A removal from the town that was asked for here is not in its log yet (SPEC G10), or we are outvoted. */
  readonly isHeldBack: boolean;
  readonly isLeafOld: boolean;
  readonly isReceiptDue: boolean;
  readonly receiptAt: number | undefined;
}

export const RECEIPT_DELAY_MS = 150;
/** So long others' receipts may take to show that our epoch is alive. */
export const PATIENCE_MS = 15_000;

/** `group` is asked for only when nothing of the log itself is to be done: it costs more to know. */
export function decide(log: LogSituation, group: () => GroupSituation | undefined): Decision {
  const { now } = log;
  // Nothing of what follows a removal is ours to read.
  if (log.waitsForTown || !log.isMember || log.isEnded) return nothing();
  if (log.needsReentry && !log.isReadable) return nothing();
  if (log.hasNextNews) return doing('take');
  if (!log.isOnline) return nothing();
  if (now < log.retryAt) return nothing(log.retryAt);
  if (log.needsReentry) return log.isCatchingUp ? doing('read') : nothing();
  if (!log.isCreated) return log.mayCreate ? doing('create') : nothing();
  if (log.isCatchingUp) return doing('read');
  // protocol.md 7: to a relay that has lost what we have read nothing is handed over.
  if (log.isMailbox || log.isRolledBack) return nothing();
  if (log.hasReceipts) return doing('receipts-in');
  if (log.suspectSince !== undefined) return suspicious(log.suspectSince, now, group());
  if (log.pendingCommit === 'submitted') return nothing();
  const isCommitDue = log.pendingCommit === 'waiting';
  if (isCommitDue && now >= log.commitAt) return doing('submit');
  const submitAt = isCommitDue ? log.commitAt : undefined;
  if (log.hasUnacknowledged && !log.isOutvoted) return doing('fly', submitAt);
  if (log.hasMails && now >= log.mailAt) return doing('mail', submitAt);
  const wakeAt = earliest(submitAt, log.hasMails ? log.mailAt : undefined);
  const situation = group();
  const decision = situation === undefined ? nothing() : decideInGroup(situation);
  return { ...decision, wakeAt: earliest(wakeAt, decision.wakeAt) };
}

/** Only receipts: they show others that this epoch is alive, and others' show us (SPEC B1). */
function suspicious(since: number, now: number, group: GroupSituation | undefined): Decision {
  const lostAt = since + PATIENCE_MS;
  if (now >= lostAt) return doing('lost');
  const receipt = group === undefined ? nothing() : decideReceipt(group);
  return { ...receipt, wakeAt: earliest(receipt.wakeAt, lostAt) };
}

function decideInGroup(group: GroupSituation): Decision {
  const { now, due } = group;
  let wakeAt: number | undefined;
  if (due.add + due.remove > 0) {
    const correctAt = Math.max(due.at, group.commitAt);
    if (!group.hasPendingCommit && now >= correctAt) return doing('correct');
    wakeAt = correctAt;
    // SPEC G10: nothing is sealed to somebody whose removal is known.
    if (due.remove > 0) return nothing(wakeAt);
  }
  const maySeal = !group.isFlying && group.hasWaiting && !group.isHeldBack;
  if (maySeal && now < group.sealAt) wakeAt = earliest(wakeAt, group.sealAt);
  else if (maySeal) {
    const mayRenew = !group.hasPendingCommit && now >= group.commitAt;
    return doing(group.isLeafOld && mayRenew ? 'renew' : 'seal', wakeAt);
  }
  const receipt = decideReceipt(group);
  return { ...receipt, wakeAt: earliest(wakeAt, receipt.wakeAt) };
}

function decideReceipt({ now, receiptAt, isReceiptDue }: GroupSituation): Decision {
  if (receiptAt === undefined && !isReceiptDue) return nothing();
  const sendAt = receiptAt ?? now + RECEIPT_DELAY_MS;
  return now >= sendAt ? doing('receipt-out') : { step: 'none', wakeAt: sendAt, receiptAt: sendAt };
}

function doing(step: Step, wakeAt?: number): Decision {
  return { step, wakeAt };
}

function nothing(wakeAt?: number): Decision {
  return { step: 'none', wakeAt };
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
