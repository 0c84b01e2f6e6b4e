/** Mail is sent until acknowledged (SPEC S5), beside the log and without holding it up. */
import { idToBytes } from '../../domain/ids';
import { appendResult, OP } from '../../protocol/frames';
import { waitOf, type LogDesk } from '../logDesk';

export async function sendMail(desk: LogDesk): Promise<boolean> {
  const { memory } = desk;
  for (const mail of desk.state.followUps.mails) {
    const answer = await desk.host.relay.request(
      [OP.append, idToBytes(mail.mailbox), new Uint8Array(0), 0, [mail.envelope]],
      appendResult,
    );
    if (!answer.ok && answer.error.type === 'offline') return false;
    // The newcomer's mailbox comes into being with its first connection.
    if (!answer.ok || answer.value[1] !== null) continue;
    const mails = desk.state.followUps.mails.filter((other) => other !== mail);
    if (!(await desk.save({ ...desk.state, followUps: { mails } }, []))) return false;
  }
  if (desk.state.followUps.mails.length === 0) {
    memory.mailTries = 0;
    return true;
  }
  memory.mailAt = desk.now + waitOf(memory.mailTries);
  memory.mailTries = Math.min(memory.mailTries + 1, 10);
  return true;
}
