/** "Zugestellt" and "gelesen" of others come in, ours go out (SPEC A1–A4). */
import { idToBytes } from '../../domain/ids';
import { doneResult, OP } from '../../protocol/frames';
import { seqOfOrder } from '../../records/keys';
import { openReceipt, receiptSlot, sealReceipt } from '../receipts';
import { waitOf, type LogDesk } from '../logDesk';

export function isReceiptDue({ state, memory, host, isConversation }: LogDesk): boolean {
  const { core, group, progress } = state;
  if (!isConversation || group === undefined || group.leaves.length < 2) return false;
  const [delivered, read] = progress.receipts[host.identity.device] ?? [0, 0];
  const suspected = progress.suspect?.seq ?? 0;
  return (
    Math.max(memory.foreignSeq, suspected) > delivered ||
    seqOfOrder(progress.readUpTo, core.generation) > read
  );
}

export async function sendReceipt(desk: LogDesk): Promise<boolean> {
  const { host, memory } = desk;
  memory.receiptAt = undefined;
  const { core, group, progress } = desk.state;
  if (group === undefined || !desk.isConversation || group.leaves.length < 2) return true;
  const { device } = host.identity;
  const receipt = {
    device,
    delivered: progress.cursor,
    read: Math.min(progress.cursor, seqOfOrder(progress.readUpTo, core.generation)),
  };
  const value = await sealReceipt(core.log, group, host.self.signatureSecret, receipt);
  const answer = await host.relay.request(
    [OP.put, idToBytes(core.log), core.writeKey, receiptSlot(core.log, device), value],
    doneResult,
  );
  if (!answer.ok && answer.error.type === 'offline') return desk.failed(answer.error);
  if (!answer.ok) {
    // A receipt can wait; what is refused to it is not refused to messages.
    memory.receiptAt = desk.now + Math.max(answer.error.number, waitOf(memory.receiptTries));
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
  const { core, group } = desk.state;
  const slots = desk.memory.slots.splice(0);
  const receipts = { ...desk.state.progress.receipts };
  let { putCursor, suspect, skipped } = desk.state.progress;
  for (const { number, value } of slots) {
    putCursor = Math.max(putCursor, number);
    const receipt = group === undefined ? undefined : await openReceipt(core.log, group, value);
    if (receipt === undefined) continue;
    const [delivered, read] = receipts[receipt.device] ?? [0, 0];
    // SPEC B1: it was sealed in our epoch by one who has read on: that epoch is alive.
    if (receipt.device !== desk.host.identity.device && receipt.delivered >= (suspect?.seq ?? Infinity))
      suspect = undefined;
    receipts[receipt.device] = [Math.max(delivered, receipt.delivered), Math.max(read, receipt.read)];
  }
  if (suspect !== desk.state.progress.suspect) skipped = undefined;
  return desk.saveProgress({ receipts, putCursor, suspect, skipped });
}
