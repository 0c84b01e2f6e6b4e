import { beforeAll, describe, expect, it } from 'vitest';
import type { EntryIntent, FlightEnvelope } from '../../../src/records/logRecords';
import { parseEnvelope } from '../../../src/protocol/envelope';
import { LIMITS } from '../../../src/protocol/limits';
import { openEntries, type OpenedEntry } from '../../../src/sync/entrySeal';
import { prepareFlight, type PreparedFlight, type WaitingIntent } from '../../../src/sync/flight';
import type { Group } from '../../../src/sync/logState';
import { errorOf, valueOf } from '../crypto/groupFixture';
import { Party } from './party';

let party: Party;
let group: Group;
beforeAll(async () => {
  party = await Party.of('flight', 1);
  group = (await party.groups(1))[0]!;
});

function waiting(texts: readonly string[], changes: Partial<EntryIntent> = {}): readonly WaitingIntent[] {
  return texts.map((text, index) => ({
    number: index + 1,
    intent: party.intent({ kind: 'text', text }, changes),
  }));
}

function prepare(intents: readonly WaitingIntent[], nextCounter = 1) {
  const state = party.stateOf(group);
  const { device, test } = party.member(0);
  return prepareFlight(
    { ...state, progress: { ...state.progress, nextCounter, cursor: 7, lastCommit: 3, chain: CHAIN } },
    group,
    { device, secret: test.self.signatureSecret },
    intents,
  );
}
const CHAIN = new Uint8Array(32).fill(9);

async function entriesOf({ bytes }: FlightEnvelope): Promise<readonly OpenedEntry[]> {
  return valueOf(await openEntries(party.log, group, valueOf(parseEnvelope(bytes))));
}
async function allOf(prepared: PreparedFlight): Promise<readonly OpenedEntry[]> {
  return (await Promise.all(prepared.flight.envelopes.map(entriesOf))).flat();
}

describe('a flight (SPEC O1, O2)', () => {
  it('gives rising counters in the order of the wishes, once', async () => {
    const intents = waiting(['eins', 'zwei', 'drei']);
    const prepared = valueOf(await prepare(intents, 5));
    expect(prepared.intents.map(({ intent }) => intent.counter)).toEqual([5, 6, 7]);
    expect(prepared.nextCounter).toBe(8);
    const entries = await allOf(prepared);
    expect(entries.map(({ wire }) => wire.counter)).toEqual([5, 6, 7]);
    // Id, salt and time are those of the wish.
    for (const [index, { id, wire, content }] of entries.entries()) {
      const { intent } = intents[index]!;
      expect(id).toBe(intent.entry);
      expect(wire.salt).toEqual(intent.salt);
      expect(content).toEqual({ body: intent.body, writtenAt: 1, seenSeq: 7, seenChain: CHAIN });
    }
    expect(prepared.flight).toMatchObject({ afterCommit: 3 });
    expect(prepared.flight.envelopes.map(({ seq }) => seq)).toEqual([undefined]);
  });

  it('sealed anew keeps ids and counters (O4)', async () => {
    const first = valueOf(await prepare(waiting(['eins', 'zwei'])));
    const again = valueOf(await prepare(first.intents, first.nextCounter));
    expect(again.intents).toEqual(first.intents);
    expect(again.nextCounter).toBe(first.nextCounter);
    expect(again.flight.envelopes[0]?.bytes).not.toEqual(first.flight.envelopes[0]?.bytes);
  });

  it('takes what has a counter, then gives the next ones to the others', async () => {
    const [old, fresh] = [waiting(['alt'], { counter: 4 }), waiting(['neu', 'neuer'])];
    const prepared = valueOf(await prepare([...old, ...fresh], 5));
    expect((await allOf(prepared)).map(({ wire }) => wire.counter)).toEqual([4, 5, 6]);
    expect(prepared.nextCounter).toBe(7);
  });

  it('has up to 64 entries in an envelope', async () => {
    const prepared = valueOf(await prepare(waiting(Array.from({ length: 130 }, (_, i) => `${i}`))));
    expect(prepared.flight.envelopes.map(({ intents }) => intents.length)).toEqual([64, 64, 2]);
    expect((await allOf(prepared)).map(({ wire }) => wire.counter)).toEqual(
      Array.from({ length: 130 }, (_, i) => i + 1),
    );
  });

  it('has envelopes that the relay takes, whatever their texts weigh', async () => {
    const sizes = [12_000, 11_000, 1, 12_000, 9_000, 12_000, 12_000, 12_000, 12_000, 3];
    const prepared = valueOf(await prepare(waiting(sizes.map((size) => 'ß'.repeat(size)))));
    for (const { bytes } of prepared.flight.envelopes)
      expect(bytes.length).toBeLessThanOrEqual(LIMITS.envelopeBytes);
    expect(prepared.flight.envelopes.flatMap(({ intents }) => intents)).toEqual(sizes.map((_, i) => i + 1));
    expect(
      (await allOf(prepared)).map(({ content }) => 'text' in content.body && content.body.text.length),
    ).toEqual(sizes);
  });

  it('has up to 32 envelopes; the rest gets its counters in the next one', async () => {
    const prepared = valueOf(await prepare(waiting(Array.from({ length: 140 }, () => 'x'.repeat(12_000)))));
    expect(prepared.flight.envelopes).toHaveLength(32);
    const taken = prepared.intents.length;
    expect(taken).toBeLessThan(140);
    expect(prepared.nextCounter).toBe(taken + 1);
    expect(prepared.flight.envelopes.flatMap(({ intents }) => intents)).toEqual(
      Array.from({ length: taken }, (_, i) => i + 1),
    );
  });

  it('says which wish is too large for any envelope', async () => {
    const add = Array.from({ length: 2_000 }, () => party.member(0).person);
    const large: WaitingIntent = { number: 42, intent: party.intent({ kind: 'roster', add, remove: [] }) };
    expect(errorOf(await prepare([large]))).toMatchObject({ type: 'too-large', intent: 42 });
    expect(errorOf(await prepare([...waiting(['davor']), large]))).toMatchObject({ intent: 42 });
  });

  it('of nothing is empty', async () => {
    const prepared = valueOf(await prepare([], 9));
    expect(prepared).toEqual({ flight: { afterCommit: 3, envelopes: [] }, intents: [], nextCounter: 9 });
  });
});
