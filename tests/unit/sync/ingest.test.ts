import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/crypto/hash';
import { signLabelled } from '../../../src/crypto/signature';
import type { EntryBody } from '../../../src/domain/body';
import { parseContent, parseEntry } from '../../../src/domain/entry';
import { idToBytes, type EntryId, type PersonId } from '../../../src/domain/ids';
import { bytesToHex } from '../../../src/lib/bytes';
import type { StoredEnvelope } from '../../../src/protocol/frames';
import { encodeCbor } from '../../../src/protocol/codec';
import { orderOf } from '../../../src/records/keys';
import { envelopeIdOf, nextLink, sealEntries } from '../../../src/sync/entrySeal';
import type { Ingested } from '../../../src/sync/ingest';
import { groupOf, ZERO_CHAIN, type Group, type LogState } from '../../../src/sync/logState';
import { stateHash } from '../../../src/sync/snapshot';
import { valueOf } from '../crypto/groupFixture';
import { directoryOf, Party, townLink, TOWN_SEQ } from './party';

let seed = 0;
let party: Party;
let groups: readonly Group[];
/** Of the member at 1, who reads. */
let state: LogState;

beforeEach(async () => {
  party = await Party.of(`ingest ${seed++}`, 3);
  groups = await party.groups(2);
  state = party.stateOf(groups[1]);
});

const textsOf = (ingested: Ingested): readonly (string | undefined)[] =>
  ingested.items.map((item) => {
    const entry = item.proof && parseEntry(item.proof.entry);
    const content = entry?.ok === true ? parseContent(entry.value.content) : undefined;
    return content?.ok === true && content.value.body.kind === 'text' ? content.value.body.text : undefined;
  });
const author = (): Group => groups[0]!;

describe('order (SPEC I1, E7)', () => {
  it('envelopes are taken strictly by seq, and the chain is the log’s', async () => {
    await party.say(0, author(), 'eins');
    await party.say(0, author(), 'zwei', 'drei');
    const ingested = await party.ingest(1, state);
    expect(textsOf(ingested)).toEqual(['eins', 'zwei', 'drei']);
    expect(ingested.items.map(({ order }) => order)).toEqual([orderOf(1, 0), orderOf(2, 0), orderOf(2, 1)]);
    expect(ingested.state.progress).toMatchObject({
      cursor: 2,
      chain: party.chain,
      trouble: 'none',
      unread: 3,
    });
    expect(ingested.links).toEqual([
      [1, nextLink(ZERO_CHAIN, 1, envelopeIdOf(party.stored[0]![3]), false)],
      [2, party.chain],
    ]);
  });

  it('what is not the next one is not taken, and nothing behind it', async () => {
    for (const text of ['eins', 'zwei', 'drei', 'vier']) await party.say(0, author(), text);
    const [one, two, three, four] = party.stored as [
      StoredEnvelope,
      StoredEnvelope,
      StoredEnvelope,
      StoredEnvelope,
    ];
    expect(textsOf(await party.ingest(1, state, [two, three]))).toEqual([]);
    expect(textsOf(await party.ingest(1, state, [one, three, four]))).toEqual(['eins']);
    expect(textsOf(await party.ingest(1, state, [one, one, two]))).toEqual(['eins', 'zwei']);
    expect(textsOf(await party.ingest(1, state, [two, one]))).toEqual([]);
    expect((await party.ingest(1, state, [])).state.progress.cursor).toBe(0);
  });

  it('comes to the same however the log is cut', async () => {
    for (const text of ['eins', 'zwei', 'drei', 'vier', 'fünf']) await party.say(0, author(), text);
    const whole = await party.ingest(1, state);
    for (const cut of [1, 2, 3, 4]) {
      const first = await party.ingest(1, state, party.stored.slice(0, cut));
      const second = await party.ingest(1, first.state, party.stored);
      expect([...textsOf(first), ...textsOf(second)]).toEqual(textsOf(whole));
      expect(second.state.progress).toEqual(whole.state.progress);
    }
  });

  it('does not change the state it was given', async () => {
    await party.say(0, author(), 'eins');
    const before = JSON.stringify(state.progress);
    await party.ingest(1, state);
    expect(JSON.stringify(state.progress)).toBe(before);
  });
});

describe('counters (SPEC I4)', () => {
  it('an entry that comes twice is shown once, also sealed anew', async () => {
    const id = party.entryId();
    const again = await party.seal(0, author(), [{ kind: 'text', text: 'eins' }], { counter: 1, id });
    party.append(again);
    party.append(await party.seal(0, author(), [{ kind: 'text', text: 'eins' }], { counter: 1, id }));
    await party.say(0, author(), 'zwei');
    const ingested = await party.ingest(1, state);
    expect(textsOf(ingested)).toEqual(['eins', 'zwei']);
    expect(ingested.state.progress).toMatchObject({ cursor: 3, trouble: 'none', unread: 2 });
  });

  it('a step of more than one is shown as a gap of that many, with the entry', async () => {
    await party.say(0, author(), 'eins');
    party.append(await party.seal(0, author(), [{ kind: 'text', text: 'fünf' }], { counter: 5 }));
    const ingested = await party.ingest(1, state);
    expect(ingested.items[1]).toMatchObject({ gap: { count: 3, reason: 'missing' } });
    expect(textsOf(ingested)).toEqual(['eins', 'fünf']);
    expect(ingested.state.progress).toMatchObject({ trouble: 'gap' });
    expect(ingested.state.progress.counters).toEqual({ [party.member(0).device]: 5 });
  });

  it('a lower one is passed over and shows nothing', async () => {
    party.append(await party.seal(0, author(), [{ kind: 'text', text: 'neun' }], { counter: 9 }));
    party.append(await party.seal(0, author(), [{ kind: 'text', text: 'acht' }], { counter: 8 }));
    expect(textsOf(await party.ingest(1, state))).toEqual(['neun']);
  });

  it('are counted for each device alone', async () => {
    await party.say(0, author(), 'a1');
    await party.say(1, groups[1]!, 'b1');
    await party.say(0, author(), 'a2');
    const ingested = await party.ingest(0, party.stateOf(author()), party.stored, {
      intents: new Map([
        ['0'.repeat(31) + '1', 1],
        ['0'.repeat(31) + '3', 2],
      ] as [EntryId, number][]),
    });
    expect(textsOf(ingested)).toEqual(['a1', 'b1', 'a2']);
    expect(ingested.state.progress).toMatchObject({ trouble: 'none', unread: 1 });
  });
});

describe('histories (SPEC E7)', () => {
  it('an author who has seen another link at a seq we hold has forked', async () => {
    await party.say(0, author(), 'eins');
    const seal = await party.seal(0, author(), [{ kind: 'text', text: 'zwei' }], {
      seenSeq: 1,
      seenChain: new Uint8Array(32).fill(1),
    });
    party.append(seal);
    const ingested = await party.ingest(1, state);
    expect(ingested.items[1]).toMatchObject({ gap: { reason: 'forked' } });
    expect(ingested.state.progress.trouble).toBe('forked');
    // Also when the link was folded long before.
    const first = await party.ingest(1, state, party.stored.slice(0, 1));
    expect((await party.ingest(1, first.state)).state.progress.trouble).toBe('forked');
  });

  it('what one cannot check is not held against the author', async () => {
    const before = await party.say(0, author(), 'davor');
    const [seq] = before;
    // Came in behind it, and holds no link of before.
    const { device } = party.member(0);
    const progress = { ...state.progress, cursor: seq, chain: party.chain, counters: { [device]: 1 } };
    const seal = await party.seal(0, author(), [{ kind: 'text', text: 'x' }], {
      seenSeq: seq - 1,
      seenChain: new Uint8Array(32).fill(1),
    });
    party.append(seal);
    expect((await party.ingest(1, { ...state, progress })).state.progress.trouble).toBe('none');
  });

  it('nobody can have seen what stands at or behind the own entry', async () => {
    for (const [seenSeq, trouble] of [
      [0, 'none'],
      [1, 'forked'],
      [99, 'forked'],
    ] as const) {
      const seal = await party.seal(0, author(), [{ kind: 'text', text: 'x' }], { seenSeq, counter: 1 });
      const stored: typeof party.stored = [[1, 1, new Uint8Array(8), seal]];
      expect((await party.ingest(1, state, stored)).state.progress.trouble, String(seenSeq)).toBe(trouble);
    }
  });

  it('of the last 256 links are kept', async () => {
    const links = Array.from({ length: 256 }, (_, i) => [i + 1, new Uint8Array(32).fill(1)] as const);
    const far: LogState = { ...state, progress: { ...state.progress, links, cursor: 256 } };
    const [, at, pseudonym, bytes] = await party.say(0, author(), 'x');
    const ingested = await party.ingest(1, far, [[257, at, pseudonym, bytes]]);
    expect(ingested.state.progress.links).toHaveLength(256);
    expect(ingested.state.progress.links[0]?.[0]).toBe(2);
    expect(ingested.state.progress.links.at(-1)?.[0]).toBe(257);
  });

  it('a snapshot speaks of what was before its envelope, whatever else stands in it (J4)', async () => {
    const { fold } = party.stateOf(undefined);
    await party.say(0, author(), 'eins');
    const hash = stateHash(fold, { [party.member(0).device]: 1 });
    party.append(
      await party.seal(0, author(), [
        { kind: 'title', title: 'Anders' },
        { kind: 'snapshot', seq: 1, hash },
      ]),
    );
    const ingested = await party.ingest(1, state, party.stored);
    expect(ingested.foldChanged).toBe(true);
    expect(ingested.state.progress.trouble).toBe('none');
  });

  it('a snapshot’s hash is compared by whoever folds it right behind its seq (J4)', async () => {
    const fold = party.stateOf(undefined).fold;
    const snapshot = (seq: number, hash: Uint8Array): EntryBody => ({
      kind: 'snapshot',
      seq,
      hash: new Uint8Array(hash),
    });
    await party.say(0, author(), 'eins');
    for (const [seq, hash, trouble] of [
      [1, stateHash(fold, { [party.member(0).device]: 1 }), 'none'],
      // An inflated counter would silence somebody for the newcomer.
      [1, stateHash(fold, { [party.member(0).device]: 2 }), 'forked'],
      [1, new Uint8Array(32), 'forked'],
      [0, new Uint8Array(32), 'none'],
    ] as const) {
      const bytes = await party.seal(0, author(), [snapshot(seq, hash)], { counter: 2 });
      const ingested = await party.ingest(1, state, [...party.stored, [2, 5, new Uint8Array(8), bytes]]);
      expect(ingested.state.progress.trouble).toBe(trouble);
      expect(ingested.items).toHaveLength(1);
    }
  });
});

describe('what cannot be read (SPEC I5, E1, E8)', () => {
  it('is one gap item each, and the next one arrives', async () => {
    const other = await Party.of('a stranger', 1);
    const stranger = (await other.groups(1))[0]!;
    const good = await party.seal(0, author(), [{ kind: 'text', text: 'x' }], { counter: 1 });
    const damaged = new Uint8Array(good);
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    const future = new Uint8Array(good);
    future[0] = 2;
    const unreadable = [
      damaged,
      future,
      new Uint8Array(5),
      Uint8Array.of(1, 2, ...new Uint8Array(40)),
      valueOf(await sealEntries(party.log, stranger, [])),
      valueOf(await sealEntries(party.log, { ...stranger, tag: author().tag }, [])),
    ];
    for (const bytes of unreadable) party.append(bytes);
    await party.say(0, author(), 'danach');
    const ingested = await party.ingest(1, state);
    expect(ingested.items.slice(0, -1)).toEqual(
      unreadable.map((_, index) => ({
        order: orderOf(index + 1, 0),
        relayAt: 1_000 * (index + 1),
        author: undefined,
        proof: undefined,
        effects: [],
        gap: { count: 1, reason: 'unreadable' },
        isHistory: false,
      })),
    );
    expect(textsOf(ingested).at(-1)).toBe('danach');
    expect(ingested.state.progress).toMatchObject({
      cursor: unreadable.length + 1,
      chain: party.chain,
      trouble: 'gap',
      unread: 1,
    });
  });

  it('a redacted envelope shows nothing and keeps the chain (F9)', async () => {
    await party.say(0, author(), 'eins');
    const gone = await party.seal(0, author(), [{ kind: 'text', text: 'zwei' }]);
    party.appendRedacted(gone);
    await party.say(0, author(), 'drei');
    const ingested = await party.ingest(1, state);
    expect(textsOf(ingested)).toEqual(['eins', 'drei']);
    expect(ingested.items[1]?.gap).toBeUndefined();
    expect(ingested.state.progress).toMatchObject({ cursor: 3, chain: party.chain, trouble: 'none' });
  });

  it('a redacted envelope explains one hole, not the next one (F9, I4)', async () => {
    await party.say(0, author(), 'eins');
    party.appendRedacted(await party.seal(0, author(), [{ kind: 'text', text: 'zwei' }]));
    await party.say(0, author(), 'drei');
    await party.seal(0, author(), [{ kind: 'text', text: 'nie angekommen' }]);
    await party.say(0, author(), 'fünf');
    const before = await party.ingest(1, state, party.stored.slice(0, 2));
    const ingested = await party.ingest(1, before.state);
    expect(ingested.items.map(({ gap }) => gap)).toEqual([undefined, { count: 1, reason: 'missing' }]);
    expect(ingested.state.progress.trouble).toBe('gap');
  });

  it('whoever met a redaction does not judge counters of a snapshot (J4)', async () => {
    party.appendRedacted(await party.seal(0, author(), [{ kind: 'text', text: 'weg' }]));
    const hash = stateHash(party.stateOf(undefined).fold, { [party.member(0).device]: 1 });
    party.append(await party.seal(0, author(), [{ kind: 'snapshot', seq: 1, hash }]));
    expect((await party.ingest(1, state)).state.progress.trouble).toBe('none');
  });

  it('without a group nothing opens', async () => {
    await party.say(0, author(), 'x');
    const ingested = await party.ingest(1, { ...state, group: undefined });
    expect(ingested.items).toMatchObject([{ gap: { reason: 'unreadable' } }]);
  });
});

describe('kinds (SPEC E9)', () => {
  it('unknown ones are kept with their proof, and have no effect', async () => {
    const { device, test } = party.member(0);
    const content = encodeCbor(['reaction', 1, 0, new Uint8Array(32), { to: 'x' }]);
    const unsigned = {
      id: new Uint8Array(16).fill(1),
      device: idToBytes(device),
      counter: 1,
      salt: new Uint8Array(16),
      content,
    };
    const parts = [idToBytes(party.log), author().tag, unsigned.id, unsigned.device, 1] as const;
    const digest = sha256(unsigned.salt, content);
    const signature = await signLabelled(test.self.signatureSecret, 'entry', ...parts, digest);
    party.append(valueOf(await sealEntries(party.log, author(), [{ ...unsigned, signature }])));
    const ingested = await party.ingest(1, state);
    expect(ingested.items).toHaveLength(1);
    expect(valueOf(parseEntry(ingested.items[0]!.proof!.entry)).signature).toEqual(signature);
    expect(ingested).toMatchObject({ foldChanged: false, items: [{ effects: [], gap: undefined }] });
    expect(ingested.state.progress.unread).toBe(0);
    await party.say(0, author(), 'danach');
    expect(textsOf(await party.ingest(1, state))).toEqual([undefined]);
  });

  it('without effect and without a gap show nothing', async () => {
    party.append(await party.seal(0, author(), [{ kind: 'void' }]));
    party.append(
      await party.seal(1, groups[1]!, [{ kind: 'roster', add: [], remove: [party.member(0).person] }]),
    );
    party.append(
      await party.seal(0, author(), [{ kind: 'town-admin', person: party.member(1).person, isAdmin: true }]),
    );
    const ingested = await party.ingest(0, party.stateOf(author()), party.stored, {
      self: { device: party.member(2).device, person: party.member(2).person },
    });
    expect(ingested.items).toEqual([]);
    expect(ingested).toMatchObject({ foldChanged: false, isOwnChange: false });
    expect(ingested.state.progress.cursor).toBe(3);
  });

  it('with an effect show it, under the author the directory names', async () => {
    const remove = [party.member(2).person];
    party.append(await party.seal(0, author(), [{ kind: 'roster', add: [], remove }]));
    const ingested = await party.ingest(1, state);
    expect(ingested.items).toMatchObject([
      { author: party.member(0).person, effects: [{ type: 'removed', persons: remove }] },
    ]);
    expect(ingested).toMatchObject({ foldChanged: true, isOwnChange: false });
    expect(ingested.state.progress.preview).toMatchObject({ text: undefined, effect: { type: 'removed' } });
  });

  it('of a device the directory does not know change nothing', async () => {
    party.directory = directoryOf([party.member(1), party.member(2)]);
    party.append(await party.seal(0, author(), [{ kind: 'title', title: 'Meins' }]));
    const ingested = await party.ingest(1, state);
    expect(ingested).toMatchObject({ foldChanged: false });
  });

  it('documents are prepared before the first one is judged, and kept when accepted', async () => {
    const update = (name: string): EntryBody => ({
      kind: 'document',
      document: name,
      session: new Uint8Array(16),
      update: new Uint8Array(3),
    });
    await party.say(0, author(), 'x');
    party.append(await party.seal(0, author(), [update('board'), update('other')]));
    const calls: string[] = [];
    const ingested = await party.ingest(1, state, party.stored, {
      prepareDocuments: () => {
        calls.push('prepare');
        return Promise.resolve();
      },
      acceptDocument: (change) => {
        calls.push(change.document);
        return change.document === 'board';
      },
    });
    expect(calls).toEqual(['prepare', 'board', 'other']);
    expect(ingested.documents).toMatchObject([
      { document: 'board', order: orderOf(2, 0), device: party.member(0).device },
    ]);
    expect(ingested.items).toHaveLength(1);
  });
});

describe('own entries (SPEC I7, I8)', () => {
  it('read back finish their intent and are not unread', async () => {
    await party.say(1, groups[1]!, 'von mir');
    const intents = new Map([['0'.repeat(31) + '1', 41]] as [EntryId, number][]);
    const ingested = await party.ingest(1, state, party.stored, { intents });
    expect(ingested.doneIntents).toEqual([41]);
    expect(ingested.state.progress).toMatchObject({ trouble: 'none', unread: 0 });
  });

  it('read back a second time finish it, too, and are shown once', async () => {
    await party.say(1, groups[1]!, 'von mir');
    const intents = new Map([['0'.repeat(31) + '1', 41]] as [EntryId, number][]);
    const folded: LogState = {
      ...state,
      progress: { ...state.progress, counters: { [party.member(1).device]: 1 } },
    };
    const ingested = await party.ingest(1, folded, party.stored, { intents });
    expect(ingested).toMatchObject({ doneIntents: [41], items: [] });
    expect(ingested.state.progress.trouble).toBe('none');
  });

  it('that nobody here asked for mean that a copy is alive', async () => {
    await party.say(1, groups[1]!, 'von der Kopie');
    const ingested = await party.ingest(1, state);
    expect(ingested.state.progress).toMatchObject({ trouble: 'needs-reentry', hasOther: true });
    // Trouble only grows (S6).
    await party.say(0, author(), 'x');
    party.append(await party.seal(0, author(), [{ kind: 'text', text: 'y' }], { counter: 7 }));
    expect((await party.ingest(1, ingested.state)).state.progress.trouble).toBe('needs-reentry');
  });
});

describe('a copy of this profile that writes, too (SPEC I8)', () => {
  const OWN = '0'.repeat(31) + 'f';
  /** Intent 41 was given counter 1 here. */
  const own = (entry: string) => ({
    intents: new Map([[entry, 41]] as [EntryId, number][]),
    intentAt: (counter: number) => (counter === 1 ? 41 : undefined),
  });

  it('under our counter: ours is in nobody’s fold, and needs another one', async () => {
    await party.say(1, groups[1]!, 'von der Kopie');
    party.append(
      await party.seal(1, groups[1]!, [{ kind: 'text', text: 'von hier' }], {
        counter: 1,
        id: OWN as EntryId,
      }),
    );
    const ingested = await party.ingest(1, state, party.stored, own(OWN));
    expect(textsOf(ingested)).toEqual(['von der Kopie']);
    expect(ingested).toMatchObject({ doneIntents: [], passedIntents: [41] });
    expect(ingested.state.progress).toMatchObject({
      trouble: 'needs-reentry',
      hasOther: true,
      nextCounter: 2,
    });
  });

  it('what both waited to say has come, and its counter is given', async () => {
    await party.say(1, groups[1]!, 'von beiden');
    const ingested = await party.ingest(1, state, party.stored, {
      intents: new Map([['0'.repeat(31) + '1', 41]] as [EntryId, number][]),
    });
    expect(ingested).toMatchObject({ doneIntents: [41], passedIntents: [] });
    expect(ingested.state.progress).toMatchObject({ trouble: 'none', nextCounter: 2 });
  });

  it('by a commit in force that was not made here; by one that is not: nothing', async () => {
    party.append((await party.commit(1, groups[1]!, { remove: [0] })).envelope);
    const skipped = await party.ingest(1, state);
    expect(skipped.state.progress).toMatchObject({ trouble: 'none', skipped: 1 });
    party.append((await party.commit(1, groups[1]!, {})).envelope);
    const ingested = await party.ingest(1, skipped.state);
    expect(ingested.state.progress).toMatchObject({ trouble: 'needs-reentry', hasOther: true, skipped: 2 });
    expect(ingested.groupChanged).toBe(false);
  });
});

describe('commits in the log (SPEC I2, I3, G6, G7)', () => {
  const third = () => party.member(2).test.keyPackage.keyPackage;

  it('in force: the next epoch, by its position, and nothing of the old one is read any more', async () => {
    const commit = await party.commit(0, author(), { add: [third()] });
    party.append(commit.envelope);
    await party.say(0, author(), 'zu spät');
    const next = await groupOf(party.fixture.crypto, valueOf(party.fixture.crypto.decode(commit.state)));
    await party.say(0, next, 'neu');
    const ingested = await party.ingest(1, state);
    expect(ingested.items[0]).toMatchObject({ gap: { reason: 'unreadable' } });
    expect(textsOf(ingested)).toEqual([undefined, 'neu']);
    expect(ingested).toMatchObject({ groupChanged: true });
    expect(ingested.state.progress).toMatchObject({ position: TOWN_SEQ, lastCommit: 1, cursor: 3 });
    expect(ingested.state.group?.leaves).toHaveLength(3);
    expect(ingested.state.group?.tag).toEqual(next.tag);
  });

  it('not in force: skipped, and changes only cursor, chain and last commit', async () => {
    const stranger = await Party.of('stranger', 1);
    const cases: readonly [string, () => Promise<Uint8Array>][] = [
      [
        'adds one who does not belong',
        async () =>
          (await party.commit(0, author(), { add: [stranger.member(0).test.keyPackage.keyPackage] }))
            .envelope,
      ],
      ['removes one who belongs', async () => (await party.commit(0, author(), { remove: [1] })).envelope],
      [
        'changes the context',
        async () => (await party.commit(0, author(), { context: new Uint8Array(9) })).envelope,
      ],
      [
        'names a link that is not the town’s',
        async () => (await party.commit(0, author(), {}, { seq: 3, chain: new Uint8Array(32) })).envelope,
      ],
      [
        'names another generation',
        async () => (await party.commit(0, author(), {}, { seq: 3, generation: 1 })).envelope,
      ],
      [
        'names a position when it did not belong',
        async () => (await party.commit(0, author(), {}, { seq: 0 })).envelope,
      ],
      [
        'is damaged',
        async () => {
          const bytes = new Uint8Array((await party.commit(0, author(), {})).envelope);
          bytes[60] = (bytes[60] ?? 0) ^ 1;
          return bytes;
        },
      ],
      ['is rubbish', () => Promise.resolve(Uint8Array.of(1, 1, ...author().tag, 7))],
    ];
    for (const [what, make] of cases) {
      party.stored.length = 0;
      const stored: StoredEnvelope = [1, 5, new Uint8Array(8), new Uint8Array(await make())];
      const { crypto } = party.fixture;
      const before = crypto.encode(state.group!.state);
      const ingested = await party.ingest(1, state, [stored]);
      expect(ingested, what).toMatchObject({ groupChanged: false, items: [], adopted: undefined });
      expect(ingested.state.progress, what).toMatchObject({
        cursor: 1,
        lastCommit: 1,
        position: 0,
        trouble: 'none',
      });
      expect(crypto.encode(ingested.state.group!.state), what).toEqual(before);
    }
  });

  it('goes on behind a skipped one in the same epoch', async () => {
    party.append((await party.commit(0, author(), { remove: [1] })).envelope);
    await party.say(0, author(), 'weiter');
    expect(textsOf(await party.ingest(1, state))).toEqual(['weiter']);
  });

  it('that names a later position stops the log until the town was read (I9)', async () => {
    await party.say(0, author(), 'davor');
    party.append((await party.commit(0, author(), {}, { seq: TOWN_SEQ + 5 })).envelope);
    await party.say(0, author(), 'danach');
    const ingested = await party.ingest(1, state);
    expect(ingested.waitsForTown).toBe(TOWN_SEQ + 5);
    expect(textsOf(ingested)).toEqual(['davor']);
    expect(ingested.state.progress).toMatchObject({ cursor: 1, lastCommit: 0 });
    // The town has come that far: the same commit is in force.
    const later = await party.ingest(1, ingested.state, party.stored, {
      town: { seq: TOWN_SEQ + 5, sureUpTo: TOWN_SEQ + 5, since: 1, linkAt: townLink },
    });
    expect(later.state.progress).toMatchObject({ position: TOWN_SEQ + 5, cursor: 3 });
    // The town was read to its end and never comes that far: void for all (G6).
    const never = await party.ingest(1, ingested.state, party.stored, { townReadFor: 2 });
    expect(never.waitsForTown).toBeUndefined();
    expect(textsOf(never)).toEqual(['danach']);
    expect(never.state.progress).toMatchObject({ position: 0, cursor: 3, lastCommit: 2 });
    // Another commit's reading does not count.
    expect((await party.ingest(1, ingested.state, party.stored, { townReadFor: 1 })).waitsForTown).toBe(
      TOWN_SEQ + 5,
    );
  });

  it('that names a position of the town that was passed and could not be read stops the log, too (I9)', async () => {
    party.append((await party.commit(0, author(), {}, { seq: TOWN_SEQ })).envelope);
    const town = { seq: TOWN_SEQ, sureUpTo: TOWN_SEQ - 1, since: 1, linkAt: townLink };
    for (const townReadFor of [undefined, 1]) {
      const ingested = await party.ingest(1, state, party.stored, { town, townReadFor });
      expect(ingested).toMatchObject({ waitsForTown: TOWN_SEQ, groupChanged: false });
    }
    const sure = { ...town, sureUpTo: TOWN_SEQ };
    expect(await party.ingest(1, state, party.stored, { town: sure })).toMatchObject({ groupChanged: true });
  });

  it('that names an earlier position than the last one is skipped (G6)', async () => {
    party.append((await party.commit(0, author(), {}, { seq: 4 })).envelope);
    const far: LogState = { ...state, progress: { ...state.progress, position: 5 } };
    expect(await party.ingest(1, far)).toMatchObject({ groupChanged: false });
    expect(await party.ingest(1, state)).toMatchObject({ groupChanged: true });
  });

  it('is judged by the roster right before it (G5)', async () => {
    const conversation = party.conversation([party.member(0).person, party.member(1).person]);
    const two: LogState = { ...state, fold: { type: 'conversation', conversation } };
    const add = await party.commit(0, author(), { add: [third()] });
    const roster: EntryBody = { kind: 'roster', add: [party.member(2).person], remove: [] };
    const asked = await party.seal(0, author(), [roster]);
    const stored = (seq: number, bytes: Uint8Array): StoredEnvelope => [
      seq,
      5,
      new Uint8Array(8),
      new Uint8Array(bytes),
    ];
    const after = await party.ingest(1, two, [stored(1, asked), stored(2, add.envelope)]);
    expect(after.state.group?.leaves).toHaveLength(3);
    const before = await party.ingest(1, two, [stored(1, add.envelope), stored(2, asked)]);
    expect(before.state.group?.leaves).toHaveLength(2);
  });

  it('of our own is adopted when its bytes are read back, not before (I3)', async () => {
    const pending = await party.commit(1, groups[1]!, {});
    const waiting: LogState = { ...state, pendingCommit: pending };
    await party.say(0, author(), 'davor');
    const before = await party.ingest(1, waiting);
    expect(before.state.pendingCommit).toBe(pending);
    expect(before.groupChanged).toBe(false);
    party.append(pending.envelope);
    const after = await party.ingest(1, waiting);
    expect(after).toMatchObject({ groupChanged: true });
    expect(after.state.pendingCommit).toBeUndefined();
    expect(after.state.progress).toMatchObject({ leafRenewedAt: 5_000, position: TOWN_SEQ });
    const others = await party.ingest(0, party.stateOf(author()));
    expect(others.state.group?.tag).toEqual(after.state.group?.tag);
  });

  it('of our own that others read as void is void for us (I3, G7)', async () => {
    const pending = await party.commit(1, groups[1]!, { add: [third()] });
    const remove: EntryBody = { kind: 'roster', add: [], remove: [party.member(2).person] };
    party.append(await party.seal(0, author(), [remove]));
    party.append(pending.envelope);
    const ours = await party.ingest(1, { ...state, pendingCommit: pending });
    const theirs = await party.ingest(0, party.stateOf(author()), party.stored, {
      self: { device: party.member(2).device, person: party.member(2).person },
    });
    expect(ours.state.pendingCommit).toBeUndefined();
    expect(ours.groupChanged).toBe(false);
    expect(theirs.groupChanged).toBe(false);
    expect(ours.state.group?.tag).toEqual(theirs.state.group?.tag);
  });

  it('of our own is dropped when another one in force comes first, kept behind a skipped one (I3)', async () => {
    const pending = await party.commit(1, groups[1]!, {});
    const waiting: LogState = { ...state, pendingCommit: pending };
    const skipped = await party.commit(0, author(), { remove: [1] });
    party.append(skipped.envelope);
    expect((await party.ingest(1, waiting)).state.pendingCommit).toBe(pending);
    party.append((await party.commit(0, author(), {})).envelope);
    const ingested = await party.ingest(1, waiting);
    expect(ingested.state.pendingCommit).toBeUndefined();
    expect(ingested.groupChanged).toBe(true);
    // Its own bytes later are one of an old epoch.
    party.append(pending.envelope);
    const late = await party.ingest(1, ingested.state);
    expect(late.groupChanged).toBe(false);
  });

  it('that removes us ends it: nothing behind it is read, nothing opens any more', async () => {
    const conversation = party.conversation([party.member(0).person]);
    const out: LogState = { ...state, fold: { type: 'conversation', conversation } };
    party.append((await party.commit(0, author(), { remove: [1] })).envelope);
    await party.say(0, author(), 'ohne uns');
    const ingested = await party.ingest(1, out);
    expect(ingested.state.progress).toMatchObject({ isMember: false, cursor: 1, lastCommit: 1 });
    expect(ingested.state.group).toBeUndefined();
    expect(ingested.items).toEqual([]);
    expect((await party.ingest(1, ingested.state)).state.progress.cursor).toBe(1);
  });

  it('that adds devices, adopted, names them with the state right behind it (J3)', async () => {
    const made = await party.commit(1, groups[1]!, { add: [third()] });
    const { facts } = party.member(2).record;
    const pending = { ...made, welcomed: [{ device: facts.id, mailbox: facts.mailbox, since: undefined }] };
    await party.say(0, author(), 'davor');
    party.append(pending.envelope);
    await party.say(
      1,
      await groupOf(party.fixture.crypto, valueOf(party.fixture.crypto.decode(made.state))),
      'danach',
    );
    const ingested = await party.ingest(1, { ...state, pendingCommit: pending }, party.stored, {
      intents: new Map([['0'.repeat(31) + '2', 1]] as [EntryId, number][]),
    });
    expect(ingested.adopted?.commit).toBe(pending);
    expect(ingested.adopted?.at.progress).toMatchObject({ cursor: 2, lastCommit: 2 });
    expect(bytesToHex(ingested.adopted?.at.progress.chain ?? new Uint8Array())).toBe(
      bytesToHex(ingested.links[1]![1]),
    );
    expect(ingested.state.progress.cursor).toBe(3);
  });
});

describe('the town’s own log', () => {
  it('is folded as it goes: an entry judged by what precedes it (D2)', async () => {
    const townState: LogState = { ...state, fold: { type: 'town', directory: party.directory } };
    const other = party.member(1).person;
    const admin = (person: PersonId, isAdmin: boolean): EntryBody => ({
      kind: 'town-admin',
      person,
      isAdmin,
    });
    const me = party.member(0).person;
    party.append(await party.seal(1, groups[1]!, [admin(other, true)]));
    party.append(await party.seal(0, author(), [admin(other, true)]));
    party.append(await party.seal(1, groups[1]!, [admin(me, false)]));
    const reader = { device: party.member(2).device, person: party.member(2).person };
    const ingested = await party.ingest(1, townState, party.stored, { self: reader });
    const { fold } = ingested.state;
    if (fold.type !== 'town') throw new Error('a town');
    expect(fold.directory.persons[other]?.admin).toEqual([{ from: 2, to: undefined }]);
    expect(fold.directory.persons[me]?.admin).toEqual([{ from: 1, to: 3 }]);
    expect(ingested).toMatchObject({ foldChanged: true, isOwnChange: false, items: [] });
  });

  it('a commit there is judged at its own seq (G6)', async () => {
    const townState: LogState = { ...state, fold: { type: 'town', directory: party.directory } };
    const body: EntryBody = { kind: 'town-blocked', device: party.member(2).device };
    party.append(await party.seal(0, author(), [body]));
    party.append(
      (await party.commit(0, author(), { add: [party.member(2).test.keyPackage.keyPackage] })).envelope,
    );
    expect(await party.ingest(1, townState)).toMatchObject({ groupChanged: false });
    expect(await party.ingest(1, townState, [[1, 5, new Uint8Array(8), party.stored[1]![3]]])).toMatchObject({
      groupChanged: true,
      state: { progress: { position: 1 } },
    });
  });
});
