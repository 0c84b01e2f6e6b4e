/** Entries and bodies of every kind: bare, and inside the seal and signature of a member who means harm. */
import { sha256 } from '../../../src/crypto/hash';
import { pad } from '../../../src/crypto/padding';
import { sealBytes } from '../../../src/crypto/seal';
import { signLabelled } from '../../../src/crypto/signature';
import type { EntryBody } from '../../../src/domain/body';
import {
  encodeContent,
  encodeEntries,
  encodeEntry,
  parseContent,
  parseEntries,
  parseEntry,
  type WireEntry,
} from '../../../src/domain/entry';
import {
  idToBytes,
  type DeviceId,
  type InvitationId,
  type LogId,
  type PersonId,
} from '../../../src/domain/ids';
import type { Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope, parseEnvelope } from '../../../src/protocol/envelope';
import { openEntries } from '../../../src/sync/entrySeal';
import type { Group } from '../../../src/sync/logState';
import type { Party } from '../../unit/sync/party';
import { hasByteOrderMark, must, mustBeSame, valueOrRefusal, type Target } from '../target';

const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);
const person = 'a1'.repeat(16) as PersonId;
const other = 'b2'.repeat(16) as PersonId;
const device = {
  id: 'c3'.repeat(16) as DeviceId,
  signatureKey: b(32, 2),
  relayKey: b(32, 3),
  keyPackage: b(300, 4),
  mailbox: 'd4'.repeat(32) as LogId,
};
const invitation = 'e5'.repeat(16) as InvitationId;

/** As much of a picture as is looked at: the beginning, and 64 by 64 points. */
function samplePng(): Bytes {
  const head = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
  return Uint8Array.from([...head, 0, 0, 0, 64, 0, 0, 0, 64, ...b(20)]);
}

export const BODIES: readonly EntryBody[] = [
  { kind: 'text', text: 'Grüße 🚒 aus dem Bauhof' },
  { kind: 'void' },
  { kind: 'founded', title: 'Bauhof', persons: [person, other] },
  { kind: 'founded', persons: [] },
  { kind: 'title', title: 'Wache' },
  { kind: 'roster', add: [person], remove: [other] },
  { kind: 'document', document: 'board', session: b(16), update: b(40) },
  { kind: 'snapshot', seq: 9, hash: b(32) },
  { kind: 'welcomed', devices: [device.id] },
  { kind: 'town-founded', name: 'Musterstadt', rootKey: b(32), person, personName: 'Anna', device },
  { kind: 'town-invited', invitation, secret: b(32), expiresAt: 1_790_000_000_000, uses: 5 },
  { kind: 'town-invitation-withdrawn', invitation },
  { kind: 'town-admitted', invitation, person: other, name: 'Bert', device },
  { kind: 'town-renamed', person, name: 'Änne' },
  { kind: 'town-package', keyPackage: b(300) },
  { kind: 'town-mail-lost' },
  { kind: 'town-blocked', device: device.id },
  { kind: 'town-person-removed', person: other },
  { kind: 'town-admin', person: other, isAdmin: true },
  { kind: 'town-look', accent: '#0a5c36', arms: samplePng() },
  { kind: 'town-look' },
  { kind: 'town-claimed', pair: [person, other], log: device.mailbox },
];

const contents = BODIES.map((body) =>
  encodeContent({ body, writtenAt: 1_790_000_000_000, seenSeq: 7, seenChain: b(32) }),
);
const unknownKind = encodeCbor(['tomorrow', 1, 2, b(32), { a: [1] }]);
const wire = (content: Bytes): WireEntry => ({
  id: b(16),
  device: b(16, 2),
  counter: 3,
  salt: b(16, 3),
  content,
  signature: b(64),
});

export const bareEntryTargets: readonly Target[] = [
  {
    name: 'contents and bodies of every kind (E4, E9)',
    samples: [...contents, unknownKind],
    runs: 2_000,
    check(input) {
      const content = valueOrRefusal(parseContent(input));
      if (content === undefined) return false;
      must(content.body.kind === 'unknown' || !hasOddKeys(content.body), 'a body has known fields only');
      if (content.body.kind !== 'unknown' && !hasByteOrderMark(input))
        mustBeSame(input, encodeContent(content), 'a content has one form');
      return true;
    },
  },
  {
    name: 'entries (E2, E4)',
    samples: [[wire(contents[0] ?? b(9))], contents.map(wire)].map(encodeEntries),
    runs: 400,
    check(input) {
      const entries = valueOrRefusal(parseEntries(input));
      if (entries === undefined) return false;
      must(entries.length >= 1 && entries.length <= 256, 'an envelope carries 1 to 256 entries');
      mustBeSame(input, encodeEntries(entries), 'entries have one form');
      return true;
    },
  },
  {
    name: 'an entry kept as proof (E5)',
    samples: [encodeEntry(wire(contents[0] ?? b(9)))],
    runs: 200,
    check(input) {
      const entry = valueOrRefusal(parseEntry(input));
      if (entry === undefined) return false;
      mustBeSame(input, encodeEntry(entry), 'an entry has one form');
      return true;
    },
  },
];

function hasOddKeys(body: object): boolean {
  return Object.keys(body).some((key) => key === '__proto__' || key === 'constructor' || key === 'more');
}

export async function sealedEntryTargets(party: Party, group: Group): Promise<readonly Target[]> {
  const log = idToBytes(party.log);
  const sealData = encodeCbor(['depesche/entry-seal/1', log, group.tag]);
  const { device: author, test } = party.member(0);
  const honest = await party.seal(0, group, [{ kind: 'text', text: 'Hallo' }]);

  const openSealed = async (bytes: Bytes): Promise<boolean> => {
    const envelope = valueOrRefusal(parseEnvelope(bytes));
    if (envelope === undefined) return false;
    const opened = valueOrRefusal(await openEntries(party.log, group, envelope));
    if (opened === undefined) return false;
    must(
      opened.every((entry) => group.leaves.some((leaf) => leaf.device === entry.device)),
      'only members write',
    );
    return true;
  };
  const sealPlain = async (plain: Bytes): Promise<Bytes | undefined> => {
    const padded = pad(plain);
    if (!padded.ok) return undefined;
    const sealed = await sealBytes(group.key, sealData, padded.value);
    return encodeEnvelope({ isCommit: false, epochTag: group.tag, sealed });
  };
  const signed = async (content: Bytes): Promise<WireEntry> => {
    const parts = { id: b(16), device: idToBytes(author), counter: 1, salt: b(16) };
    const hash = sha256(parts.salt, content);
    const signature = await signLabelled(
      test.self.signatureSecret,
      'entry',
      log,
      group.tag,
      parts.id,
      parts.device,
      parts.counter,
      hash,
    );
    return { ...parts, content, signature };
  };

  return [
    { name: 'sealed envelopes (E8)', samples: [honest], runs: 150, check: openSealed },
    {
      name: 'entries inside a seal that holds (E8)',
      samples: [encodeEntries(await Promise.all(contents.slice(0, 3).map(signed)))],
      runs: 150,
      async check(input) {
        const envelope = await sealPlain(input);
        return envelope !== undefined && (await openSealed(envelope));
      },
    },
    {
      name: 'contents that a member has signed (E8, E9)',
      samples: [...contents, unknownKind],
      runs: 150,
      async check(input) {
        const envelope = await sealPlain(encodeEntries([await signed(input)]));
        return envelope !== undefined && (await openSealed(envelope));
      },
    },
  ];
}
