/** "Zugestellt" and "gelesen" of others come in, ours go out (SPEC A1–A4). */
import { equalBytes } from '../../lib/bytes';
import { idToBytes, type DeviceId } from '../../domain/ids';
import { doneResult, OP } from '../../protocol/frames';
import { seqOfOrder } from '../../records/keys';
import type { Progress } from '../../records/logRecords';
import { askedWait, waitOf, type LogDesk } from '../logDesk';
import { openReceipt, receiptSlot, sealReceipt, type Receipt } from '../receipts';
import { withClaim } from '../sighting';

export function isReceiptDue({ state, memory, host, isConversation }: LogDesk): boolean {
  const { core, group, progress } = state;
  const suspected = progress.suspect?.seq ?? 0;
  // In the town nobody waits for "zugestellt"; only whether the epoch is alive must be shown there (SPEC B1).
  if (!isConversation && suspected === 0) return false;
  if (group === undefined || group.leaves.length < 2) return false;
  const [delivered, read] = progress.receipts[host.identity.device] ?? [0, 0];
  if (!isConversation) return suspected > delivered;
  return (
    Math.max(memory.foreignSeq, suspected) > delivered ||
    seqOfOrder(progress.readUpTo, core.generation) > read
  );
}

export async function sendReceipt(desk: LogDesk): Promise<boolean> {
  const { host, memory } = desk;
  memory.receiptAt = undefined;
  const { core, group, progress } = desk.state;
  if (group === undefined || group.leaves.length < 2) return true;
  if (!desk.isConversation && progress.suspect === undefined) return true;
  const { device } = host.identity;
  const receipt = {
    device,
    delivered: progress.cursor,
    read: Math.min(progress.cursor, seqOfOrder(progress.readUpTo, core.generation)),
    chain: progress.chain,
  };
  const value = await sealReceipt(core.log, group, host.self.signatureSecret, receipt);
  const answer = await host.relay.request(
    [OP.put, idToBytes(core.log), core.writeKey, receiptSlot(core.log, device), value],
    doneResult,
  );
  if (!answer.ok && answer.error.type === 'offline') return desk.failed(answer.error);
  if (!answer.ok) {
    // A receipt can wait; what is refused to it is not refused to messages.
    memory.receiptAt = desk.now + Math.max(askedWait(answer.error.number), waitOf(memory.receiptTries));
    memory.receiptTries = Math.min(memory.receiptTries + 1, 10);
    return true;
  }
  memory.receiptTries = 0;
  memory.foreignSeq = Math.min(memory.foreignSeq, receipt.delivered);
  return desk.saveProgress({
    receipts: { ...desk.state.progress.receipts, [device]: [receipt.delivered, receipt.read] },
  });
}

export async function takeReceipts(desk: LogDesk): Promise<boolean> {
  const { core, group, progress } = desk.state;
  const { memory, host } = desk;
  const slots = memory.slots.splice(0);
  let next = progress;
  for (const slot of slots) {
    const receipt = group === undefined ? undefined : await openReceipt(core.log, group, slot.value);
    if (receipt === undefined) continue;
    // Whether it is of our history shows when we have come as far.
    if (receipt.delivered > progress.cursor) memory.early.set(receipt.device, { slot, receipt });
    else next = withReceipt(next, receipt, host.identity.device);
  }
  memory.lastPut = Math.max(memory.lastPut, ...slots.map(({ number }) => number));
  const waiting = Math.min(...[...memory.early.values()].map(({ slot }) => slot.number));
  const putCursor = Math.max(progress.putCursor, Math.min(memory.lastPut, waiting - 1));
  return desk.saveProgress({ ...next, putCursor });
}

/** Those that named a place we had not reached, once we have. */
export function recallReceipts({ memory, state }: LogDesk): void {
  for (const [device, { slot, receipt }] of memory.early)
    if (receipt.delivered <= state.progress.cursor) {
      memory.early.delete(device);
      memory.slots.push(slot);
    }
}

/** SPEC A2, B1, E7. */
function withReceipt(progress: Progress, receipt: Receipt, self: DeviceId): Progress {
  const { device, delivered, read, chain } = receipt;
  const ours = progress.links.find(([seq]) => seq === delivered)?.[1];
  let next = device === self ? progress : withClaim(progress, { device, seq: delivered, chain }, ours);
  // It was sealed in our epoch by one who has read on: that epoch is alive.
  if (device !== self && delivered >= (next.suspect?.seq ?? Infinity))
    next = { ...next, suspect: undefined, skipped: undefined };
  if (ours !== undefined && !equalBytes(ours, chain)) return next;
  const [before, readBefore] = next.receipts[device] ?? [0, 0];
  const now = [Math.max(before, delivered), Math.max(readBefore, read)] as const;
  return { ...next, receipts: { ...next.receipts, [device]: now } };
}
