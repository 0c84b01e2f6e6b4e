/** "Übergeben", "zugestellt", "gelesen": for tabs and engine alike. */
import { generationOfOrder, seqOfOrder } from '../records/keys';
import type { DeliveryState } from './views';
import type { ConversationRecord } from './viewWriter';

/** How far an own item has come. */
export function deliveryOf(order: number, conversation: ConversationRecord | undefined): DeliveryState {
  if (conversation === undefined) return 'handed-over';
  const { generation = 0, former } = conversation;
  if (generationOfOrder(order) < generation) {
    if (order <= (former?.read ?? 0)) return 'read';
    return order <= (former?.delivered ?? 0) ? 'delivered' : 'handed-over';
  }
  const seq = seqOfOrder(order, generation);
  if (seq <= conversation.othersRead) return 'read';
  return seq <= conversation.othersDelivered ? 'delivered' : 'handed-over';
}
