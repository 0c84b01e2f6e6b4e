import { beforeAll, describe, expect, it } from 'vitest';
import type { Directory } from '../../../src/domain/directory';
import { foldDirectory, isAdminAt } from '../../../src/domain/directory';
import type { EntryId, LogId, PersonId } from '../../../src/domain/ids';
import { continuationOf, isFaithful, logsBefore, rebaseDirectory } from '../../../src/domain/succession';
import { encodeEntry } from '../../../src/domain/entry';
import { openCarried } from '../../../src/sync/carried';
import { signEntry } from '../../../src/sync/entrySeal';
import { isSuccessor, stateContinuation, townLogId } from '../../../src/sync/succession';
import { Party, TOWN_SEQ } from './party';

const OLD = 'a'.repeat(64) as LogId;
const FOUNDING = new Uint8Array(32).fill(7);
const CHOSEN = { id: 'b'.repeat(32) as EntryId, salt: new Uint8Array(16), writtenAt: 5 };
const HEAD = { log: OLD, seq: TOWN_SEQ, chain: new Uint8Array(32).fill(9) };

let party: Party;
/** Members 0 and 1 are admins, 2 is none. */
let own: Directory;

beforeAll(async () => {
  party = await Party.of('succession', 4);
  const admins = new Set([party.member(0).person, party.member(1).person]);
  const persons = Object.values(party.directory.persons).map((person) => [
    person.id,
    { ...person, admin: admins.has(person.id) ? [{ from: 1, to: undefined }] : [] },
  ]);
  own = {
    ...party.directory,
    founding: FOUNDING,
    persons: Object.fromEntries(persons) as Directory['persons'],
  };
});

function authorOf(index: number): Parameters<typeof stateContinuation>[0] {
  const { device, test } = party.member(index);
  return { device, secret: test.self.signatureSecret };
}

async function next(by: number, changes: Partial<Directory> = {}, generation = 1): Promise<Directory> {
  const continuation = await stateContinuation(authorOf(by), FOUNDING, generation, HEAD, CHOSEN);
  return { ...rebaseDirectory(own, TOWN_SEQ), continuation, ...changes };
}
const log = townLogId(FOUNDING, 1);

describe('the town’s next directory (SPEC Q6)', () => {
  it('follows by the word of an admin', async () => {
    expect(await isSuccessor(own, TOWN_SEQ, await next(0), log)).toBe(true);
    expect(await isSuccessor(own, TOWN_SEQ, await next(1), log)).toBe(true);
  });

  it('not by the word of anybody else, whatever it says of admins itself', async () => {
    const made = await next(2);
    const { person } = party.member(2);
    const persons = { ...made.persons };
    const found = persons[person];
    if (found === undefined) throw new Error('member 2 is in it');
    persons[person] = { ...found, admin: [{ from: 0, to: undefined }] };
    expect(isAdminAt({ ...made, persons }, person, 5)).toBe(true);
    expect(await isSuccessor(own, TOWN_SEQ, { ...made, persons }, log)).toBe(false);
  });

  it('not by the word of an admin who is none any more, or is blocked, as we know', async () => {
    const { device, person } = party.member(1);
    const step = { seq: TOWN_SEQ, at: 1, device: party.member(0).device, entryHash: FOUNDING };
    const made = await next(1);
    const dismissed = foldDirectory(own, { ...step, body: { kind: 'town-admin', person, isAdmin: false } });
    const blocked = foldDirectory(own, { ...step, body: { kind: 'town-blocked', device } });
    for (const ours of [dismissed, blocked]) {
      expect(ours).not.toBe(own);
      expect(await isSuccessor(ours, TOWN_SEQ, made, log)).toBe(false);
    }
  });

  it('only in its own log, of a later generation, of our town', async () => {
    const made = await next(0);
    expect(await isSuccessor(own, TOWN_SEQ, made, townLogId(FOUNDING, 2))).toBe(false);
    expect(await isSuccessor(made, 0, made, log)).toBe(false);
    expect(await isSuccessor(made, 0, await next(0, {}, 2), townLogId(FOUNDING, 2))).toBe(true);
    const other = { ...own, founding: new Uint8Array(32) };
    expect(await isSuccessor(other, TOWN_SEQ, made, log)).toBe(false);
    const { continuation, ...without } = made;
    expect(continuation).toBeDefined();
    expect(await isSuccessor(own, TOWN_SEQ, without, log)).toBe(false);
  });

  it('with the statement as it was signed', async () => {
    const made = await next(0);
    const { continuation } = made;
    if (continuation === undefined) throw new Error('stated');
    for (let at = 0; at < continuation.statement.length; at += 7) {
      const statement = continuation.statement.slice();
      statement[at] = (statement[at] ?? 0) ^ 1;
      const forged = { ...made, continuation: { ...continuation, statement } };
      expect(await isSuccessor(own, TOWN_SEQ, forged, log), `byte ${at}`).toBe(false);
    }
    const elsewhere = { ...made, continuation: { ...continuation, old: 'c'.repeat(64) as LogId } };
    expect(await isSuccessor(own, TOWN_SEQ, elsewhere, log)).toBe(false);
  });

  it('gives nobody we know another key, person, mailbox or device', async () => {
    const made = rebaseDirectory(own, TOWN_SEQ);
    const [first, second] = [party.member(2), party.member(3)];
    const device = made.devices[first.device];
    if (device === undefined) throw new Error('known');
    const other = second.record.facts;
    const changed: Directory['devices'][typeof first.device][] = [
      { ...device, facts: { ...device.facts, signatureKey: other.signatureKey } },
      { ...device, facts: { ...device.facts, relayKey: new Uint8Array(32).fill(3) } },
      { ...device, facts: { ...device.facts, mailbox: 'd'.repeat(64) as LogId } },
      { ...device, person: second.person },
    ];
    expect(isFaithful(own, made)).toBe(true);
    for (const forged of changed)
      expect(isFaithful(own, { ...made, devices: { ...made.devices, [first.device]: forged } })).toBe(false);
    const fresh = { ...device.facts, id: 'e'.repeat(32) as typeof first.device };
    const added = (person: PersonId) => ({
      ...made,
      devices: { ...made.devices, [fresh.id]: { ...device, facts: fresh, person } },
    });
    expect(isFaithful(own, added(first.person))).toBe(false);
    expect(isFaithful(own, added('f'.repeat(32) as PersonId))).toBe(true);
  });

  it('keeps what holds and what has ended', () => {
    const { device, person } = party.member(3);
    const removed = foldDirectory(own, {
      seq: TOWN_SEQ,
      at: 1,
      device: party.member(0).device,
      entryHash: FOUNDING,
      body: { kind: 'town-person-removed', person },
    });
    const rebased = rebaseDirectory(removed, TOWN_SEQ);
    for (const seq of [0, 1, 1_000]) {
      expect(isAdminAt(rebased, party.member(0).person, seq)).toBe(true);
      expect(isAdminAt(rebased, party.member(2).person, seq)).toBe(false);
    }
    expect(rebased.devices[device]).toMatchObject({ from: 0, to: 0 });
    expect(rebased.persons[person]).toMatchObject({ from: 0, to: 0 });
  });
});

describe('claims of lost logs (SPEC Q7)', () => {
  const [a, b, c] = ['1', '2', '3'].map((digit) => digit.repeat(64) as LogId) as [LogId, LogId, LogId];
  const step = (index: number, old: LogId, to: LogId) => ({
    seq: TOWN_SEQ,
    at: 1,
    device: party.member(index).device,
    entryHash: FOUNDING,
    body: { kind: 'town-log-continued', old, log: to } as const,
  });

  it('are won by the first, and of a pair by one of the pair', () => {
    const once = foldDirectory(own, step(2, a, b));
    expect(continuationOf(once, a).next).toMatchObject({ log: b, by: party.member(2).person });
    expect(foldDirectory(once, step(3, a, c))).toBe(once);
    const [one, two] = [party.member(1).person, party.member(2).person].sort() as [PersonId, PersonId];
    const paired = { ...own, claims: { [`${one}:${two}`]: a } };
    expect(foldDirectory(paired, step(3, a, b))).toBe(paired);
    expect(foldDirectory(paired, step(2, a, b)).claims).toEqual({ [`${one}:${two}`]: b });
  });

  it('of an earlier generation lead to logs that are lost as well', () => {
    const first = {
      ...foldDirectory(own, step(2, a, b)),
      continuation: { generation: 1, old: OLD, statement: FOUNDING },
    };
    expect(continuationOf(first, a)).toEqual({ old: b, next: undefined });
    const second = foldDirectory(first, step(3, b, c));
    expect(continuationOf(second, a)).toMatchObject({ old: b, next: { log: c, generation: 1 } });
    expect(logsBefore(second, c)).toEqual([b, a]);
    expect(logsBefore(second, a)).toEqual([]);
  });
});

describe('carried entries (SPEC Q8)', () => {
  const epochTag = new Uint8Array(8).fill(1);
  async function carried(by: number, signedFor: LogId): Promise<Uint8Array<ArrayBuffer>> {
    const wire = await signEntry(signedFor, epochTag, authorOf(by), {
      id: CHOSEN.id,
      counter: 4,
      salt: CHOSEN.salt,
      content: {
        body: { kind: 'text', text: 'von gestern' },
        writtenAt: 1,
        seenSeq: 0,
        seenChain: new Uint8Array(32),
      },
    });
    return encodeEntry(wire);
  }

  it('speak for their author, of the log that is continued', async () => {
    const body = { kind: 'carried', log: OLD, epochTag, entry: await carried(2, OLD) } as const;
    expect(await openCarried(body, own)).toMatchObject({
      log: OLD,
      device: party.member(2).device,
      content: { body: { kind: 'text', text: 'von gestern' } },
    });
    expect(await openCarried({ ...body, log }, own)).toBeUndefined();
  });

  it('not when they were signed for another log, changed, or by nobody we know', async () => {
    const elsewhere = { kind: 'carried', log: OLD, epochTag, entry: await carried(2, log) } as const;
    expect(await openCarried(elsewhere, own)).toBeUndefined();
    const entry = await carried(2, OLD);
    expect(
      await openCarried({ kind: 'carried', log: OLD, epochTag: new Uint8Array(8), entry }, own),
    ).toBeUndefined();
    const { [party.member(2).device]: _, ...devices } = own.devices;
    const body = { kind: 'carried', log: OLD, epochTag, entry } as const;
    expect(await openCarried(body, { ...own, devices })).toBeUndefined();
  });
});
