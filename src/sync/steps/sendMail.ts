/**
 * Mail is sent until acknowledged (SPEC S5), beside the log and without holding it up; then the log is told
 * who has been welcomed (SPEC J6).
 */
import { DEVICES_PER_WELCOME } from '../../domain/body';
import { idToBytes, type DeviceId } from '../../domain/ids';
import { isUnwelcomed } from '../../domain/target';
import { hasOrphans, isOrphan, owedBy } from '../../domain/welcomes';
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
  const devices = untoldWelcomes(desk)?.slice(0, DEVICES_PER_WELCOME);
  if (devices !== undefined) {
    if (!(await desk.host.addEntry(desk.state.number, { kind: 'welcomed', devices }))) return desk.pause();
  }
  if (desk.state.followUps.mails.length === 0) {
    memory.mailTries = 0;
    return true;
  }
  memory.mailAt = desk.now + waitOf(memory.mailTries);
  memory.mailTries = Math.min(memory.mailTries + 1, 10);
  return true;
}

/**
 * Newcomers of ours whose mail is at the relay, as no entry of ours says yet. Nobody, and yet to be told:
 * others take us for one who was never let in (SPEC J6, J7). Undefined: nothing is to be told.
 */
export function untoldWelcomes(desk: LogDesk): readonly DeviceId[] | undefined {
  const devices = untoldDevices(desk);
  if (devices.length > 0) return devices;
  const { host, state } = desk;
  const { returns, silent } = state.fold;
  const { device } = host.identity;
  if (silent?.[device] === undefined && !hasOrphans(returns)) return undefined;
  const own = state.group?.leaves.find((leaf) => leaf.device === device);
  const record = host.directory().devices[device];
  const isMissed =
    own !== undefined && (isOrphan(returns, own) || isUnwelcomed(own, record, silent, host.town().seq));
  if (!isMissed) return undefined;
  const isTold = host.waitingIntents(state.number).some(({ intent }) => intent.body.kind === 'welcomed');
  return isTold ? undefined : [];
}

function untoldDevices({ host, state }: LogDesk): readonly DeviceId[] {
  const { fold, followUps, number } = state;
  // Asked before every step: nearly always nobody, and then nothing else is looked at.
  const owed = owedBy(fold.owed ?? {}, host.identity.device);
  if (owed.length === 0) return owed;
  const unsent = new Set(followUps.mails.map(({ mailbox }) => mailbox));
  const directory = fold.type === 'town' ? fold.directory : host.directory();
  const told = new Set(
    host
      .waitingIntents(number)
      .flatMap(({ intent }) => (intent.body.kind === 'welcomed' ? intent.body.devices : [])),
  );
  return owed.filter((device) => {
    const mailbox = directory.devices[device]?.facts.mailbox;
    return !told.has(device) && (mailbox === undefined || !unsent.has(mailbox));
  });
}
