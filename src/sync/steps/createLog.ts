/** A log of our own making comes into being at the relay. Repeating it is harmless (SPEC F4). */
import { sha256 } from '../../crypto/hash';
import { idToBytes } from '../../domain/ids';
import { doneResult, LOG_KINDS, OP, type LogKind } from '../../protocol/frames';
import type { LogDesk } from '../logDesk';

export async function createLog(desk: LogDesk): Promise<boolean> {
  const { core } = desk.state;
  const kind: LogKind = core.kind === 'mailbox' ? LOG_KINDS.mailbox : LOG_KINDS.conversation;
  const closeHash = core.closeKey === undefined ? new Uint8Array(32) : sha256(core.closeKey);
  const answer = await desk.host.relay.request(
    [OP.create, idToBytes(core.log), kind, sha256(core.readKey), sha256(core.writeKey), closeHash],
    doneResult,
  );
  if (!answer.ok) return desk.failed(answer.error);
  if (!(await desk.saveProgress({ isCreated: true }))) return false;
  desk.worked();
  desk.memory.isWatched = false;
  desk.host.watch(desk.runner);
  return false;
}
