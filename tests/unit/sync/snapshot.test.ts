import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBytes, importSealKey, sealBytes } from '../../../src/crypto/seal';
import { encodeEntry, type EntryContent } from '../../../src/domain/entry';
import { parseGroupContext } from '../../../src/domain/groupContext';
import type { DirectoryInvitation } from '../../../src/domain/directory';
import type { DeviceId, InvitationId, LogId } from '../../../src/domain/ids';
import { decodeCbor, encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope, parseEnvelope } from '../../../src/protocol/envelope';
import { LIMITS } from '../../../src/protocol/limits';
import { orderOf } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { signEntry } from '../../../src/sync/entrySeal';
import { decodeGroup, type Group } from '../../../src/sync/logState';
import { openMail, verifiedHistory, writeMail } from '../../../src/sync/mail';
import { encodeSnapshot, parseSnapshot, stateHash, type Snapshot } from '../../../src/sync/snapshot';
import { errorOf, valueOf } from '../crypto/groupFixture';
import { directoryOf, Party } from './party';

let party: Party;
let group: Group;
let history: readonly TimelineRecord[];
beforeAll(async () => {
  party = await Party.of('snapshot', 4);
  group = (await party.groups(2))[0]!;
  history = [await said(0, 1, 'eins'), await said(1, 2, 'zwei')];
});

async function said(
  author: number,
  seq: number,
  text: string,
  body: EntryContent['body'] = { kind: 'text', text },
): Promise<TimelineRecord> {
  const { device, person, test } = party.member(author);
  const signer = { device, secret: test.self.signatureSecret };
  const content = { body, writtenAt: 1, seenSeq: 0, seenChain: new Uint8Array(32) };
  const wire = await signEntry(party.log, group.tag, signer, {
    id: party.entryId(),
    counter: seq,
    salt: new Uint8Array(16),
    content,
  });
  return {
    order: orderOf(seq, 0),
    relayAt: 5,
    author: person,
    proof: { epochTag: group.tag, entry: new Uint8Array(encodeEntry(wire)) },
    effects: [],
    gap: undefined,
    isHistory: false,
  };
}

function snapshotOf(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    generation: 0,
    seq: 5,
    chain: new Uint8Array(32).fill(1),
    lastCommit: 4,
    position: 10,
    counters: { [party.member(0).device]: 3 },
    fold: { type: 'conversation', conversation: party.conversation() },
    documents: { board: Uint8Array.of(1, 2) },
    history,
    ...changes,
  };
}
function townSnapshot(): Snapshot {
  const invitation: DirectoryInvitation = {
    id: 'e'.repeat(32) as InvitationId,
    by: party.member(0).person,
    secret: new Uint8Array(32),
    createdAt: 1,
    expiresAt: 2,
    uses: 3,
    guests: ['Bert'],
    isWithdrawn: false,
  };
  const directory = directoryOf(party.members);
  const lost = party.member(1).record;
  const changed = {
    ...directory,
    devices: { ...directory.devices, [lost.facts.id]: { ...lost, mailLost: { at: 5, seqs: [3, 9] } } },
    claims: { 'a:b': party.log },
    invitations: { [invitation.id]: invitation },
  };
  return snapshotOf({ fold: { type: 'town', directory: changed, silent: { [lost.facts.id]: 4 } } });
}

const DEVICE = 'd'.repeat(32) as DeviceId;
const hash = (fold: Snapshot['fold']) => stateHash(fold, {});

describe('a snapshot (SPEC J4)', () => {
  it('comes back, of a conversation and of a town, with absent fields absent', () => {
    const untitled = snapshotOf({
      fold: { type: 'conversation', conversation: { ...party.conversation(), title: undefined } },
      history: [
        { ...history[0]!, author: undefined, proof: undefined, gap: { count: 1, reason: 'missing' } },
      ],
    });
    for (const snapshot of [snapshotOf(), townSnapshot(), untitled])
      expect(valueOf(parseSnapshot(encodeSnapshot(snapshot)))).toEqual(snapshot);
  });

  it('with any field missing, more, or of another kind is malformed', () => {
    for (const snapshot of [snapshotOf(), townSnapshot()]) {
      const good = valueOf(decodeCbor(encodeSnapshot(snapshot))) as Record<string, unknown>;
      expect(parseSnapshot(encodeCbor(good)).ok).toBe(true);
      const wrongs: unknown[] = [{ ...good, more: 1 }, null, [], 'x'];
      for (const name of Object.keys(good)) {
        wrongs.push(Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)));
        for (const wrong of [null, -1, 1.5, 'x', new Uint8Array(3), [1], { x: 1 }])
          wrongs.push({ ...good, [name]: wrong });
      }
      for (const wrong of wrongs) expect(parseSnapshot(encodeCbor(wrong)).ok).toBe(false);
    }
  });

  it('with anything changed anywhere inside never throws, and is either refused or well-formed', () => {
    const bytes = [snapshotOf(), townSnapshot()].map(encodeSnapshot);
    fc.assert(
      fc.property(
        fc.constantFrom(...bytes),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (whole, changes) => {
          const damaged = new Uint8Array(whole);
          for (const [place, byte] of changes) damaged[place % damaged.length] = byte;
          const parsed = parseSnapshot(damaged);
          if (parsed.ok) expect(parseSnapshot(encodeSnapshot(parsed.value))).toEqual(parsed);
          else expect(parsed.error).toMatchObject({ type: 'malformed', then: 'ignore' });
        },
      ),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rubbish) => {
        expect(parseSnapshot(rubbish).ok).toBe(false);
      }),
    );
  });

  it('has one hash for one state, of whatever order its records are, and another for another', () => {
    const { fold } = snapshotOf();
    if (fold.type !== 'conversation') throw new Error('a conversation');
    const roster = Object.fromEntries(Object.entries(fold.conversation.roster).reverse());
    const turned = { type: 'conversation', conversation: { ...fold.conversation, roster } } as typeof fold;
    expect(hash(turned)).toEqual(hash(fold));
    expect(hash(valueOf(parseSnapshot(encodeSnapshot(snapshotOf()))).fold)).toEqual(hash(fold));
    const renamed = {
      type: 'conversation',
      conversation: { ...fold.conversation, title: undefined },
    } as const;
    expect(hash(renamed)).not.toEqual(hash(fold));
    expect(hash(townSnapshot().fold)).not.toEqual(hash(fold));
    // An inflated counter would silence a member for the newcomer (J4).
    expect(stateHash(fold, { [DEVICE]: 5 })).not.toEqual(stateHash(fold, { [DEVICE]: 4 }));
  });
});

describe('mail (SPEC J3)', () => {
  const newcomer = () => party.member(2);
  async function made(snapshot = snapshotOf()) {
    const { crypto } = party.fixture;
    const commit = await party.commit(0, group, { add: [newcomer().test.keyPackage.keyPackage] });
    const next = valueOf(await decodeGroup(crypto, commit.state))!;
    return {
      next,
      welcome: commit.welcome!,
      mail: await writeMail(crypto, next.state, commit.welcome!, snapshot),
    };
  }
  const open = (mail: Uint8Array, index = 2) => {
    const { self, keyPackage } = party.member(index).test;
    return openMail(party.fixture.crypto, self, [keyPackage], mail);
  };

  it('opens for the device it is for: group, context and snapshot', async () => {
    const { mail, next } = await made();
    const opened = valueOf(await open(valueOf(mail)));
    expect(opened.snapshot).toEqual(snapshotOf());
    expect(opened.context).toMatchObject({ log: party.log, kind: 'group' });
    const { crypto } = party.fixture;
    expect(crypto.epochAuthenticator(opened.group)).toEqual(crypto.epochAuthenticator(next.state));
  });

  it('says nothing to any other device', async () => {
    const { mail } = await made();
    for (const index of [0, 1, 3]) expect(errorOf(await open(valueOf(mail), index)).type).toBe('not-for-us');
  });

  it('opens with the right one of several packages', async () => {
    const { mail } = await made();
    const { self, keyPackage } = newcomer().test;
    const others = [party.member(3).test.keyPackage, keyPackage];
    expect((await openMail(party.fixture.crypto, self, others, valueOf(mail))).ok).toBe(true);
    expect((await openMail(party.fixture.crypto, self, [], valueOf(mail))).ok).toBe(false);
  });

  it('that is damaged, of other parts, or whose snapshot does not fit its group is refused', async () => {
    const { mail, next, welcome } = await made();
    const bytes = valueOf(mail);
    const parts = valueOf(decodeCbor(valueOf(parseEnvelope(bytes, LIMITS.mailboxEnvelopeBytes)).sealed)) as [
      number,
      Uint8Array,
      Uint8Array,
    ];
    const around = (value: unknown): Uint8Array =>
      encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: encodeCbor(value) });
    expect((await open(around(parts))).ok).toBe(true);
    for (const value of [[2, parts[1], parts[2]], parts.slice(0, 2), [...parts, 1], 'x', [1, 'x', 'y']])
      expect(errorOf(await open(around(value))).type).toBe('malformed');
    expect(errorOf(await open(around([1, parts[2], parts[2]]))).type).toBe('not-for-us');
    expect(errorOf(await open(around([1, parts[1], parts[2].subarray(1)]))).type).toBe('unreadable');
    const { crypto } = party.fixture;
    // A town's state in a conversation's group.
    const foreign = valueOf(await writeMail(crypto, next.state, welcome, townSnapshot()));
    expect(errorOf(await open(foreign)).type).toBe('malformed');
    // Sealed rightly, but rubbish inside.
    const label = new TextEncoder().encode('depesche/snapshot-seal/1');
    const key = await importSealKey(await crypto.exportSecret(next.state, 'depesche/snapshot/1', 32));
    expect((await openBytes(key, label, parts[2])).ok).toBe(true);
    const rubbish = await sealBytes(key, label, encodeCbor({ seq: 1 }));
    expect(errorOf(await open(around([1, parts[1], rubbish]))).type).toBe('malformed');
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
      const damaged = new Uint8Array(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      const opened = await open(damaged);
      // The tag of a mail is zero by convention and says nothing.
      if (at < 2 || at >= 10) expect(opened.ok, `byte ${at}`).toBe(false);
    }
  });

  it('into a group that is not named by its log is refused', async () => {
    const { crypto } = party.fixture;
    const founder = party.member(0).test.self;
    const context = valueOf(parseGroupContext(crypto.context(group.state)));
    expect(context.log).toBe(party.log);
    const founded = await crypto.found(founder, new Uint8Array(32).fill(9), crypto.context(group.state));
    const add = [newcomer().test.keyPackage.keyPackage];
    const commit = valueOf(
      await crypto.commit(founded, founder, { add, authenticatedData: new Uint8Array(0) }),
    );
    const mail = valueOf(await writeMail(crypto, commit.pending, commit.welcome!, snapshotOf()));
    expect(errorOf(await open(mail)).type).toBe('malformed');
  });

  it('above its size loses history, oldest first, and never state', async () => {
    const long = 'x'.repeat(6_000);
    const many: TimelineRecord[] = [];
    for (let seq = 1; seq <= 200; seq++) many.push(await said(0, seq, long));
    const { mail } = await made(snapshotOf({ history: many, historySince: 3 }));
    expect(valueOf(mail).length).toBeLessThanOrEqual(LIMITS.mailboxEnvelopeBytes);
    const { snapshot } = valueOf(await open(valueOf(mail)));
    expect(snapshot.history.length).toBeGreaterThan(0);
    expect(snapshot.history.length).toBeLessThan(many.length);
    expect(snapshot.history.at(-1)).toEqual(many.at(-1));
    // All behind the last one that was cut off is there.
    const historySince = 200 - snapshot.history.length;
    expect(snapshot).toMatchObject({ ...snapshotOf(), history: snapshot.history, historySince });
    const huge = await made(snapshotOf({ documents: { board: new Uint8Array(950_000) } }));
    expect(errorOf(huge.mail).type).toBe('too-large');
  });
});

describe('handed-over history (SPEC J4)', () => {
  const verified = async (items: readonly TimelineRecord[]) =>
    verifiedHistory(
      valueOf(parseGroupContext(party.fixture.crypto.context(group.state))),
      { ...snapshotOf(), history: items },
      party.directory,
    );

  it('is taken with what was signed, and only that', async () => {
    const effects = [{ type: 'left' }] as const;
    const items = history.map((item) => ({
      ...item,
      effects,
      gap: { count: 9, reason: 'missing' } as const,
    }));
    expect(await verified(items)).toEqual(history.map((item) => ({ ...item, isHistory: true })));
  });

  it('is not taken from whom the directory does not know, under another name, or changed', async () => {
    const [one] = history as [TimelineRecord];
    const bent = (entry: Uint8Array): TimelineRecord => ({
      ...one,
      proof: { epochTag: group.tag, entry: new Uint8Array(entry) },
    });
    const changed = new Uint8Array(one.proof!.entry);
    const at = Buffer.from(changed).indexOf('eins');
    changed[at] = 'E'.charCodeAt(0);
    for (const [what, item] of [
      ['no proof', { ...one, proof: undefined }],
      ['no author', { ...one, author: undefined }],
      ['another author', { ...one, author: party.member(1).person }],
      ['another epoch', { ...one, proof: { ...one.proof!, epochTag: new Uint8Array(8) } }],
      ['changed text', bent(changed)],
      ['rubbish', bent(new Uint8Array(9))],
      ['no text', await said(0, 3, '', { kind: 'title', title: 'x' })],
    ] as const)
      expect(await verified([item]), what).toEqual([]);
    expect(await verified([one])).toHaveLength(1);
    party.directory = directoryOf(party.members.slice(1));
    expect(await verified([one])).toEqual([]);
    party.directory = directoryOf(party.members);
  });

  it('of another log is not taken', async () => {
    const context = valueOf(parseGroupContext(party.fixture.crypto.context(group.state)));
    const elsewhere = { ...context, log: 'f'.repeat(64) as LogId };
    expect(await verifiedHistory(elsewhere, { ...snapshotOf(), history }, party.directory)).toEqual([]);
  });

  it('keeps its order around what is dropped', async () => {
    const stranger = { ...history[0]!, author: party.member(3).person };
    const kept = await verified([history[0]!, stranger, history[1]!]);
    expect(kept.map(({ order }) => order)).toEqual(history.map(({ order }) => order));
  });
});

it('a device id is what the counters of a snapshot are kept under', () => {
  const counters = { ['x'.repeat(32)]: 1 } as Record<DeviceId, number>;
  expect(parseSnapshot(encodeSnapshot(snapshotOf({ counters }))).ok).toBe(false);
});
