/**
 * Mail to a newcomer's device: the Welcome, and the snapshot of the state it leads to (SPEC J3).
 * The Welcome is sealed to the device's key package; the snapshot to the epoch that it opens. What
 * the relay sees of a mail is its size.
 */
import * as v from 'valibot';
import { err, ok, type Failure, type Result } from '../lib/result';
import { bytesToHex, type Bytes } from '../lib/bytes';
import type { GroupCrypto, GroupSelf, GroupState, KeyPackagePair } from '../crypto/group';
import { importSealKey, openBytes, sealBytes } from '../crypto/seal';
import { parseContent, parseEntry } from '../domain/entry';
import type { DeviceId } from '../domain/ids';
import type { Directory } from '../domain/directory';
import { laterLogs, logsBefore } from '../domain/succession';
import { parseGroupContext, RULESET, type GroupContext } from '../domain/groupContext';
import { encodeCbor } from '../protocol/codec';
import { encodeEnvelope, EPOCH_TAG_BYTES, parseEnvelope } from '../protocol/envelope';
import { anyBytes, parseCbor } from '../protocol/fields';
import { LIMITS } from '../protocol/limits';
import { seqOfOrder } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import { verifyEntry } from './entrySeal';
import { encodeSnapshot, parseSnapshot, type Snapshot } from './snapshot';

const mailSchema = v.strictTuple([v.literal(1), anyBytes, anyBytes]);

export type MailFailure = Failure & {
  readonly type: 'malformed' | 'not-for-us' | 'from-the-future' | 'unreadable' | 'too-large';
};

export async function writeMail(
  groups: GroupCrypto,
  state: GroupState,
  welcome: Bytes,
  snapshot: Snapshot,
): Promise<Result<Bytes, MailFailure>> {
  const key = await importSealKey(await groups.exportSecret(state, 'depesche/snapshot/1', 32));
  // History is what gives way when a mail would be too large; state never does.
  for (let given = snapshot; ; given = halved(given)) {
    const sealed = await sealBytes(key, SNAPSHOT_LABEL, encodeSnapshot(given));
    const mail = encodeEnvelope({
      isCommit: false,
      epochTag: new Uint8Array(EPOCH_TAG_BYTES),
      sealed: encodeCbor([1, welcome, sealed]),
    });
    if (mail.length <= LIMITS.mailboxEnvelopeBytes) return ok(mail);
    if (given.history.length === 0) return err({ type: 'too-large', then: 'stop' });
  }
}

function halved(snapshot: Snapshot): Snapshot {
  const half = Math.ceil(snapshot.history.length / 2);
  const lastCut = snapshot.history[half - 1];
  const since = lastCut === undefined ? 0 : seqOfOrder(lastCut.order, snapshot.generation);
  return {
    ...snapshot,
    history: snapshot.history.slice(half),
    ...(snapshot.historySince !== undefined && { historySince: Math.max(snapshot.historySince, since) }),
  };
}

export interface OpenedMail {
  readonly group: GroupState;
  readonly context: GroupContext;
  readonly snapshot: Snapshot;
}

export async function openMail(
  groups: GroupCrypto,
  self: GroupSelf,
  packages: readonly KeyPackagePair[],
  envelopeBytes: Uint8Array,
): Promise<Result<OpenedMail, MailFailure>> {
  const envelope = parseEnvelope(envelopeBytes, LIMITS.mailboxEnvelopeBytes);
  if (!envelope.ok) return err({ type: 'malformed', then: 'ignore' });
  const parts = parseCbor(mailSchema, envelope.value.sealed);
  if (!parts.ok) return parts;
  const [, welcome, sealed] = parts.value;
  const joined = await groups.join(self, welcome, packages);
  if (!joined.ok) return err({ type: 'not-for-us', then: 'ignore', detail: joined.error.type });
  const context = parseGroupContext(groups.context(joined.value));
  if (!context.ok) return context;
  if (context.value.ruleset > RULESET) return err({ type: 'from-the-future', then: 'stop' });
  // A group is named by its log: a Welcome into one cannot stand for another.
  if (bytesToHex(groups.groupId(joined.value)) !== context.value.log)
    return err({ type: 'malformed', then: 'ignore' });
  const key = await importSealKey(await groups.exportSecret(joined.value, 'depesche/snapshot/1', 32));
  const plain = await openBytes(key, SNAPSHOT_LABEL, sealed);
  if (!plain.ok) return err({ type: 'unreadable', then: 'ignore' });
  const snapshot = parseSnapshot(plain.value);
  if (!snapshot.ok) return snapshot;
  const isTown = snapshot.value.fold.type === 'town';
  if (isTown !== (context.value.kind === 'town')) return err({ type: 'malformed', then: 'ignore' });
  return ok({ group: joined.value, context: context.value, snapshot: snapshot.value });
}

/**
 * Only texts whose author the directory knows and whose signature holds are history. What an entry did
 * to the conversation cannot be checked without the log before it, so it is not taken on trust.
 */
export async function verifiedHistory(
  context: GroupContext,
  { history, fold, generation }: Pick<Snapshot, 'history' | 'fold' | 'generation'>,
  directory: Directory,
): Promise<readonly TimelineRecord[]> {
  const later = fold.type === 'town' ? [] : laterLogs(fold.conversation.base, directory, generation);
  const logs = [context.log, ...logsBefore(directory, context.log), ...later];
  const verdicts = await Promise.all(
    history.map(async (item) => {
      if (item.proof === undefined) return false;
      const entry = parseEntry(item.proof.entry);
      if (!entry.ok) return false;
      const device = directory.devices[bytesToHex(entry.value.device) as DeviceId];
      if (device === undefined || device.person !== item.author) return false;
      const content = parseContent(entry.value.content);
      if (!content.ok || content.value.body.kind !== 'text') return false;
      for (const log of logs)
        if (await verifyEntry(log, item.proof.epochTag, device.facts.signatureKey, entry.value)) return true;
      return false;
    }),
  );
  return history
    .filter((_, index) => verdicts[index] === true)
    .map((item) => ({ ...item, effects: [], gap: undefined, isHistory: true }));
}

const SNAPSHOT_LABEL = new TextEncoder().encode('depesche/snapshot-seal/1');
