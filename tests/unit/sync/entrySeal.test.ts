import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/crypto/hash';
import { pad, sealBytes } from '../../../src/crypto/seal';
import { encodeEntries, type WireEntry } from '../../../src/domain/entry';
import { idToBytes, type LogId } from '../../../src/domain/ids';
import { bytesToHex, concatBytes, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope, parseEnvelope, type Envelope } from '../../../src/protocol/envelope';
import { PADDING_BUCKETS } from '../../../src/protocol/limits';
import {
  envelopeIdOf,
  nextLink,
  openCommit,
  openEntries,
  sealCommit,
  sealEntries,
  signEntry,
  verifyEntry,
} from '../../../src/sync/entrySeal';
import type { Group } from '../../../src/sync/logState';
import { valueOf } from '../crypto/groupFixture';
import { Party } from './party';

let party: Party;
let group: Group;
let renewed: Group;

beforeAll(async () => {
  party = await Party.of('entry seal', 3);
  const groups = await party.groups(2);
  group = groups[0]!;
  const other = await Party.of('another epoch', 1);
  renewed = { ...(await other.groups(1))[0]!, leaves: group.leaves };
});

function entry(counter = 1, author = 0, text = 'Hallo'): Promise<WireEntry> {
  const { device, test } = party.member(author);
  return signEntry(
    party.log,
    group.tag,
    { device, secret: test.self.signatureSecret },
    {
      id: party.entryId(),
      counter,
      salt: new Uint8Array(16).fill(3),
      content: { body: { kind: 'text', text }, writtenAt: 1, seenSeq: 0, seenChain: new Uint8Array(32) },
    },
  );
}

async function sealed(entries: readonly WireEntry[], log = party.log, under = group): Promise<Envelope> {
  return valueOf(parseEnvelope(valueOf(await sealEntries(log, under, entries))));
}
const open = (envelope: Envelope, log = party.log, under = group) => openEntries(log, under, envelope);

/** Sealed by a member who writes what the library would not. */
async function sealedBytes(plain: Uint8Array, use = 'entry'): Promise<Envelope> {
  const associated = encodeCbor([`depesche/${use}-seal/1`, idToBytes(party.log), group.tag]);
  return {
    isCommit: false,
    epochTag: group.tag,
    sealed: await sealBytes(group.key, associated, plain),
  };
}

describe('an entry envelope (SPEC E5, E8)', () => {
  it('opens as it was sealed', async () => {
    const entries = [await entry(1), await entry(2, 0, 'Welt')];
    expect(await open(await sealed(entries))).toMatchObject({
      ok: true,
      value: [
        {
          wire: entries[0],
          device: party.member(0).device,
          id: bytesToHex(entries[0]!.id),
          content: { body: { kind: 'text', text: 'Hallo' } },
        },
        { wire: entries[1], content: { body: { text: 'Welt' } } },
      ],
    });
  });

  it('has one of nine sizes, whatever it says (SPEC E6)', async () => {
    const sizes = new Set<number>();
    for (const length of [1, 100, 300, 900, 5_000, 12_000]) {
      const bytes = valueOf(await sealEntries(party.log, group, [await entry(1, 0, 'x'.repeat(length))]));
      sizes.add(bytes.length - 10 - 28);
    }
    for (const size of sizes) expect(PADDING_BUCKETS).toContain(size);
  });

  it('too large for any of them is refused', async () => {
    const entries = await Promise.all(
      Array.from({ length: 6 }, (_, i) => entry(i + 1, 0, 'x'.repeat(12_000))),
    );
    expect(await sealEntries(party.log, group, entries)).toMatchObject({ error: { type: 'too-large' } });
  });

  it('does not open in another log, of another epoch, or as a commit', async () => {
    const envelope = await sealed([await entry()]);
    const unreadable = { ok: false, error: { type: 'unreadable', then: 'ignore' } };
    expect(await open(envelope, 'f'.repeat(64) as LogId)).toMatchObject(unreadable);
    expect(await open(envelope, party.log, renewed)).toMatchObject(unreadable);
    expect(await open(envelope, party.log, { ...group, tag: renewed.tag })).toMatchObject(unreadable);
    expect(await openCommit(party.log, group, envelope)).toMatchObject(unreadable);
    const commit = await sealCommit(party.log, group, new Uint8Array(40));
    expect(await open(valueOf(parseEnvelope(commit)))).toMatchObject(unreadable);
    expect(await openCommit(party.log, group, valueOf(parseEnvelope(commit)))).toMatchObject({ ok: true });
  });

  it('does not open with any byte changed', async () => {
    const envelope = await sealed([await entry()]);
    for (let i = 0; i < envelope.sealed.length; i += 7) {
      const damaged = new Uint8Array(envelope.sealed);
      damaged[i] = (damaged[i] ?? 0) ^ 0x40;
      expect((await open({ ...envelope, sealed: damaged })).ok, `byte ${i}`).toBe(false);
    }
  });
});

describe('a forged entry makes the whole envelope unreadable (SPEC E5, E8)', () => {
  const forged = { ok: false, error: { type: 'forged', then: 'ignore' } };
  const swap = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));

  it('when anything that is signed was changed', async () => {
    const good = await entry();
    const other = await entry(1, 0, 'ganz anders');
    const forgeries: readonly [string, Partial<WireEntry>][] = [
      ['id', { id: swap(good.id) }],
      ['counter', { counter: 2 }],
      ['salt', { salt: swap(good.salt) }],
      ['content', { content: other.content }],
      ['signature', { signature: swap(good.signature) }],
      ['signature of another entry', { signature: other.signature }],
      ['device', { device: party.member(1).test.self.device }],
    ];
    for (const [what, change] of forgeries)
      expect(await open(await sealed([{ ...good, ...change }])), what).toMatchObject(forged);
    expect((await open(await sealed([good]))).ok).toBe(true);
  });

  it('when one of several is, wherever it stands', async () => {
    const [one, two] = [await entry(1), await entry(2)];
    expect(await open(await sealed([one, { ...two, counter: 3 }]))).toMatchObject(forged);
    expect(await open(await sealed([{ ...one, counter: 3 }, two]))).toMatchObject(forged);
  });

  it('when its author has no leaf', async () => {
    expect(await open(await sealed([await entry(1, 2)]))).toMatchObject(forged);
  });

  it('when its author’s leaf has another key than it signed with', async () => {
    const { device } = party.member(0);
    const { signatureSecret } = party.member(1).test.self;
    const wire = await signEntry(
      party.log,
      group.tag,
      { device, secret: signatureSecret },
      {
        id: party.entryId(),
        counter: 1,
        salt: new Uint8Array(16),
        content: { body: { kind: 'void' }, writtenAt: 1, seenSeq: 0, seenChain: new Uint8Array(32) },
      },
    );
    expect(await open(await sealed([wire]))).toMatchObject(forged);
  });

  it('when it was said in another log or epoch and sealed again here', async () => {
    const { device, test } = party.member(0);
    const author = { device, secret: test.self.signatureSecret };
    const said = {
      id: party.entryId(),
      counter: 1,
      salt: new Uint8Array(16),
      content: {
        body: { kind: 'text', text: 'ja' } as const,
        writtenAt: 1,
        seenSeq: 0,
        seenChain: new Uint8Array(32),
      },
    };
    const elsewhere = await signEntry('f'.repeat(64) as LogId, group.tag, author, said);
    const before = await signEntry(party.log, renewed.tag, author, said);
    expect(await open(await sealed([elsewhere]))).toMatchObject(forged);
    expect(await open(await sealed([before]))).toMatchObject(forged);
    // The proofs themselves hold where they belong, without any epoch's key.
    const key = test.self.signatureKey;
    expect(await verifyEntry(party.log, renewed.tag, key, before)).toBe(true);
    expect(await verifyEntry(party.log, group.tag, key, before)).toBe(false);
    expect(await verifyEntry('f'.repeat(64) as LogId, group.tag, key, elsewhere)).toBe(true);
  });
});

describe('an envelope of a hostile member is malformed', () => {
  const malformed = { ok: false, error: { type: 'malformed', then: 'ignore' } };

  it('with entries of two authors, though both are genuine (SPEC E2)', async () => {
    expect(await open(await sealed([await entry(1, 0), await entry(1, 1)]))).toMatchObject(malformed);
  });

  it('without entries, unpadded, padded otherwise, or with rubbish inside (SPEC E6)', async () => {
    const plain = encodeEntries([await entry()]);
    const padded = valueOf(pad(plain));
    const dirty = new Uint8Array(padded);
    dirty[dirty.length - 1] = 1;
    for (const bytes of [
      plain,
      dirty,
      concatBytes(padded, new Uint8Array(padded.length)),
      padded.subarray(0, -1),
      new Uint8Array(0),
      valueOf(pad(encodeCbor([]))),
      valueOf(pad(encodeCbor('x'))),
      valueOf(pad(concatBytes(plain, Uint8Array.of(0)))),
    ])
      expect(await open(await sealedBytes(bytes)), `${bytes.length} bytes`).toMatchObject(malformed);
    expect((await open(await sealedBytes(padded))).ok).toBe(true);
  });

  it('whose signed content does not fit its kind (SPEC E9)', async () => {
    expect(await open(await sealed([await entry(1, 0, '')]))).toMatchObject(malformed);
    expect(await open(await sealed([await entry(1), await entry(2, 0, 'x'.repeat(12_001))]))).toMatchObject(
      malformed,
    );
  });
});

describe('names and links (SPEC F6, E7)', () => {
  it('an envelope is named by the first 16 bytes of its hash', () => {
    const bytes = encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed: Uint8Array.of(1) });
    expect(bytesToHex(bytes)).toBe('0100000000000000000001');
    expect(envelopeIdOf(bytes)).toEqual(sha256(bytes).slice(0, 16));
    // SHA-256 of "abc" (FIPS 180-4).
    expect(bytesToHex(envelopeIdOf(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223',
    );
  });

  it('a link is the hash of previous link, seq, id and flag, in this order', () => {
    const [previous, id] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
    const seq = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 5);
    expect(nextLink(previous, 2 ** 32 + 5, id, true)).toEqual(sha256(previous, seq, id, Uint8Array.of(1)));
    expect(nextLink(previous, 2 ** 32 + 5, id, false)).toEqual(sha256(previous, seq, id, Uint8Array.of(0)));
  });

  it('the first links of a log, for whoever builds another client', () => {
    const id = (n: number) => new Uint8Array(16).fill(n);
    const first = nextLink(new Uint8Array(32), 1, id(1), false);
    const second = nextLink(first, 2, id(2), true);
    expect([first, second].map(bytesToHex)).toEqual([
      '68deec23f021b7c98a1eb86b3322f59827c091e2c3f8d40a3e4d4135e00c1210',
      'fde34c081aba27be4835ec88aa5707fee67c2dc85b6d65a48dddf5a25dcad418',
    ]);
  });

  it('differ when anything before them differs', () => {
    const id = new Uint8Array(16);
    const links = [
      nextLink(new Uint8Array(32), 1, id, false),
      nextLink(new Uint8Array(32), 1, id, true),
      nextLink(new Uint8Array(32), 2, id, false),
      nextLink(new Uint8Array(32).fill(1), 1, id, false),
      nextLink(new Uint8Array(32), 1, new Uint8Array(16).fill(1), false),
    ].map(bytesToHex);
    expect(new Set(links).size).toBe(links.length);
  });
});
