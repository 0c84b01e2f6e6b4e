/** What is handed to newcomers and asked by them: snapshots, mails, invitation messages. */
import { importSealKey, sealBytes } from '../../../src/crypto/seal';
import { sealWithSecret } from '../../../src/crypto/secretBox';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import type { Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope } from '../../../src/protocol/envelope';
import { orderOf } from '../../../src/records/keys';
import {
  invitationKeys,
  openInvitationMessage,
  sealInvitationMessage,
  type InvitationMessage,
} from '../../../src/sync/invitationLog';
import type { Group } from '../../../src/sync/logState';
import { openMail, verifiedHistory, writeMail } from '../../../src/sync/mail';
import { encodeSnapshot, parseSnapshot, stateHash, type Snapshot } from '../../../src/sync/snapshot';
import { valueOf } from '../../unit/crypto/groupFixture';
import type { Party } from '../../unit/sync/party';
import { encodeEntry } from '../../../src/domain/entry';
import { openEntries } from '../../../src/sync/entrySeal';
import { parseEnvelope } from '../../../src/protocol/envelope';
import { hasByteOrderMark, must, mustBeSame, valueOrRefusal, type Target } from '../target';

const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);

export async function handoverTargets(party: Party, group: Group): Promise<readonly Target[]> {
  const snapshots = await snapshotsOf(party, group);
  return [
    snapshotTarget(snapshots),
    ...(await mailTargets(party, group, snapshots)),
    ...invitationTargets(party),
  ];
}

async function snapshotsOf(party: Party, group: Group): Promise<readonly Snapshot[]> {
  const envelope = valueOf(parseEnvelope(await party.seal(0, group, [{ kind: 'text', text: 'Früher' }])));
  const [entry] = valueOf(await openEntries(party.log, group, envelope));
  if (entry === undefined) throw new Error('an envelope has an entry');
  const { person, device } = party.member(0);
  const common = {
    generation: 0,
    seq: 5,
    chain: b(32),
    lastCommit: 4,
    position: 10,
    counters: { [device]: 3 },
    documents: { board: b(30) },
  };
  const invitation = 'e5'.repeat(16) as keyof typeof party.directory.invitations;
  return [
    {
      ...common,
      fold: { type: 'conversation', conversation: party.conversation() },
      history: [
        {
          order: orderOf(4, 0),
          relayAt: 9,
          author: person,
          proof: { epochTag: group.tag, entry: encodeEntry(entry.wire) },
          effects: [{ type: 'renamed', title: 'Wache' }, { type: 'left' }],
          gap: undefined,
          isHistory: true,
        },
        {
          order: orderOf(5, 0),
          relayAt: 9,
          author: undefined,
          proof: undefined,
          effects: [],
          gap: { count: 1, reason: 'missing' },
          isHistory: true,
        },
      ],
    },
    {
      ...common,
      fold: {
        type: 'town',
        directory: {
          ...party.directory,
          invitations: {
            [invitation]: {
              id: invitation,
              by: person,
              secret: b(32),
              createdAt: 1,
              expiresAt: 2,
              uses: 3,
              guests: ['Bert'],
              isWithdrawn: false,
            },
          },
          look: { accent: '#0a5c36' },
          claims: { [`${person}:${person}`]: party.log },
        },
      },
      history: [],
    },
  ];
}

function snapshotTarget(snapshots: readonly Snapshot[]): Target {
  return {
    name: 'snapshots (J4)',
    samples: snapshots.map(encodeSnapshot),
    runs: 600,
    check(input) {
      const snapshot = valueOrRefusal(parseSnapshot(input));
      if (snapshot === undefined) return false;
      stateHash(snapshot.fold, snapshot.counters);
      if (!hasByteOrderMark(input)) mustBeSame(input, encodeSnapshot(snapshot), 'a snapshot has one form');
      return true;
    },
  };
}

async function mailTargets(
  party: Party,
  group: Group,
  snapshots: readonly Snapshot[],
): Promise<readonly Target[]> {
  const { crypto } = party.fixture;
  const { self, keyPackage } = party.member(2).test;
  const { state, welcome = b(0) } = await party.commit(0, group, { add: [keyPackage.keyPackage] });
  const pending = valueOf(crypto.decode(state));
  const [conversation] = snapshots;
  if (conversation === undefined) throw new Error('there are snapshots');
  const mail = valueOf(await writeMail(crypto, pending, welcome, conversation));
  const key = await importSealKey(await crypto.exportSecret(pending, 'depesche/snapshot/1', 32));
  const label = new TextEncoder().encode('depesche/snapshot-seal/1');
  const open = async (bytes: Bytes): Promise<boolean> => {
    const opened = valueOrRefusal(await openMail(crypto, self, [keyPackage], bytes));
    if (opened === undefined) return false;
    const kept = await verifiedHistory(opened.context, opened.snapshot, party.directory);
    must(
      kept.every(({ proof, effects }) => proof !== undefined && effects.length === 0),
      'history is proved and does nothing',
    );
    return true;
  };
  return [
    { name: 'mails (J3)', samples: [mail], runs: 60, check: open },
    {
      name: 'snapshots inside a seal that holds (J3, J4)',
      samples: [encodeSnapshot(conversation)],
      runs: 50,
      async check(input) {
        const sealed = encodeCbor([1, welcome, await sealBytes(key, label, input)]);
        return open(encodeEnvelope({ isCommit: false, epochTag: b(8, 0), sealed }));
      },
    },
  ];
}

function invitationTargets(party: Party): readonly Target[] {
  const { random } = party.fixture;
  const keys = invitationKeys(b(32, 7));
  const device = 'c3'.repeat(16) as DeviceId;
  const messages: readonly InvitationMessage[] = [
    {
      type: 'request',
      person: 'a1'.repeat(16) as PersonId,
      name: 'Bert Böhm',
      device: {
        id: device,
        signatureKey: b(32, 2),
        relayKey: b(32, 3),
        keyPackage: b(300),
        mailbox: 'd4'.repeat(32) as LogId,
      },
    },
    { type: 'accepted', device, townName: 'Musterstadt' },
    { type: 'refused', device, reason: 'expired' },
  ];
  const label = new TextEncoder().encode('depesche/invitation-seal/1');
  const open = (bytes: Bytes): InvitationMessage | undefined => openInvitationMessage(keys, bytes);
  return [
    {
      name: 'invitation messages (J2)',
      samples: messages.map((message) => sealInvitationMessage(keys, message, random)),
      runs: 150,
      check: (input) => open(input) !== undefined,
    },
    {
      name: 'invitation messages inside a seal that holds (J2)',
      samples: messages.map((message) => encodeCbor(message)),
      runs: 500,
      check(input) {
        const sealed = sealWithSecret(keys.seal, label, input, random);
        const message = open(encodeEnvelope({ isCommit: false, epochTag: b(8, 0), sealed }));
        if (message === undefined) return false;
        if (!hasByteOrderMark(input)) mustBeSame(input, encodeCbor(message), 'a message has one form');
        return true;
      },
    },
  ];
}
