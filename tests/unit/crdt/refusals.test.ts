/** P6: no update silences, forges or freezes; after every refusal the next honest one counts. */
import * as encoding from 'lib0/encoding';
import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { CanonicalDoc } from '../../../src/crdt/canonicalDoc';
import { documentClientId } from '../../../src/crdt/documentClientId';
import { DOCUMENT_LIMITS } from '../../../src/crdt/documentLimits';
import { addItem, removeItem, setText, setTitle } from '../../../src/crdt/noticeBoard';
import { readUpdate } from '../../../src/crdt/readUpdate';
import { editBoard } from './editBoard';
import { DOCUMENT, FakeTown } from './fakeTown';
import { anchored, contextFor, gc, HOSTILE_CASES, inRoot, rawUpdate, string } from './hostileUpdates';
import { chooser } from './pick';

// Long runs, on machines that may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** An honest author whose every transaction is one update. */
function author(town: FakeTown): { device: ReturnType<FakeTown['addDevice']>; doc: Y.Doc } {
  const device = town.addDevice();
  const session = town.random.bytes(16);
  const doc = new Y.Doc();
  doc.clientID = documentClientId(device.id, DOCUMENT, session);
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'log') town.log.push({ device: device.id, session, update });
  });
  return { device, doc };
}

describe('refusals', () => {
  test.each(HOSTILE_CASES)('$name', ({ make, expected }) => {
    const town = new FakeTown('refusals');
    const { device, doc } = author(town);
    const witness = town.addDevice();
    setTitle(doc, 'Dienst');
    setText(doc, 'Fahrzeug 3 ist in der Werkstatt');
    addItem(doc, 'a', 'Reifen');
    town.syncAll();
    const before = Y.encodeStateVectorFromUpdate(device.canonical.stateAsUpdate());

    const session = town.random.bytes(16);
    const attacker = town.addDevice();
    attacker.read();
    town.log.push({ device: attacker.id, session, update: make(contextFor(attacker, session)) });
    town.syncAll();
    expect(expected).toContain(device.refusals[0]);
    expect(Y.encodeStateVectorFromUpdate(device.canonical.stateAsUpdate())).toEqual(before);

    setText(doc, 'Fahrzeug 3 ist zurück');
    removeItem(doc, 'a');
    town.syncAll();
    for (const each of town.devices) {
      expect(each.refusals).toEqual(device.refusals);
      expect(each.canonical.readBoard()).toEqual({
        title: 'Dienst',
        text: 'Fahrzeug 3 ist zurück',
        items: [],
      });
    }
    expect(witness.refusals).toHaveLength(1);
  });

  test('a session belongs to one device and one document', () => {
    const town = new FakeTown('binding');
    const [a, b] = [town.addDevice(), town.addDevice()];
    const session = town.random.bytes(16);
    const update = rawUpdate(documentClientId(a.id, DOCUMENT, session), 0, [inRoot(4, 'text', string('a'))]);
    expect(b.canonical.apply({ device: b.id, session, update })).toMatchObject({
      ok: false,
      error: { type: 'foreign-client' },
    });
    const elsewhere = CanonicalDoc.empty('another');
    expect(elsewhere.apply({ device: a.id, session, update })).toMatchObject({
      ok: false,
      error: { type: 'foreign-client' },
    });
    expect(a.canonical.apply({ device: a.id, session, update }).ok).toBe(true);
  });

  test('a repeated update is accepted and changes nothing; one that overlaps is refused', () => {
    const town = new FakeTown('repeat');
    const { device, doc } = author(town);
    setText(doc, 'eins');
    setText(doc, 'zwei');
    town.syncAll();
    const state = device.canonical.stateAsUpdate();
    for (const entry of [...town.log]) expect(device.canonical.apply(entry).ok).toBe(true);
    expect(device.canonical.stateAsUpdate()).toEqual(state);
    const [entry] = town.log;
    if (entry === undefined) throw new Error('no entry');
    const overlap = rawUpdate(doc.clientID, 4, [gc(40)]);
    expect(device.canonical.apply({ ...entry, update: overlap })).toMatchObject({
      error: { type: 'clock-gap' },
    });
  });

  test('every prefix of an honest update is refused or accepted, never thrown', () => {
    const town = new FakeTown('prefixes');
    const { device, doc } = author(town);
    setText(doc, 'Grüße 👋🏽');
    addItem(doc, 'a', 'x');
    const entry = town.log[1];
    if (entry === undefined) throw new Error('no entry');
    device.read();
    for (let length = 0; length < entry.update.length; length++) {
      const cut = { ...entry, update: entry.update.slice(0, length) };
      expect(device.canonical.apply(cut).ok).toBe(false);
    }
  });

  test.each([11, 12, 13])('honest updates with one changed byte: everybody agrees; seed %i', (seed) => {
    const choose = chooser(seed);
    const town = new FakeTown(seed);
    const { device, doc } = author(town);
    const other = town.addDevice();
    for (let i = 0; i < 200; i++) {
      const from = town.log.length;
      editBoard(doc, choose);
      const fresh = town.log.slice(from);
      // Damaged twins first, so that what they claim is still new.
      town.log.splice(from);
      for (const entry of fresh) {
        const update = Uint8Array.from(entry.update);
        const at = choose.below(update.length);
        update[at] = choose.below(256);
        // In a session of its own, so that an accepted twin does not take the honest one's clocks.
        const session = town.random.bytes(16);
        town.log.push({ ...entry, session, update }, entry);
      }
      if (choose.chance(0.1)) other.restart();
      town.syncAll();
    }
    expect(other.refusals).toEqual(device.refusals);
    expect(other.canonical.readBoard()).toEqual(device.canonical.readBoard());
  });

  test("a member's flood ends; the others write on", () => {
    const town = new FakeTown('flood');
    const attacker = town.addDevice();
    const { device, doc } = author(town);
    const session = town.random.bytes(16);
    const client = documentClientId(attacker.id, DOCUMENT, session);
    const piece = 'x'.repeat(48_000);
    let clock = 0;
    let verdict = device.canonical.apply({
      device: attacker.id,
      session,
      update: rawUpdate(client, 0, [inRoot(4, 'text', string(piece))]),
    });
    while (verdict.ok) {
      clock += piece.length;
      verdict = device.canonical.apply({
        device: attacker.id,
        session,
        update: rawUpdate(client, clock, [anchored(4, [client, clock - 1], undefined, string(piece))]),
      });
    }
    expect(verdict.error.type).toBe('quota');
    expect(clock).toBeLessThanOrEqual(DOCUMENT_LIMITS.deviceCharge);
    device.restart();
    expect(
      device.canonical.apply({ device: attacker.id, session, update: rawUpdate(client, clock, [gc(1)]) }).ok,
    ).toBe(true);
    setTitle(doc, 'weiter');
    device.read();
    expect(device.canonical.readBoard().title).toBe('weiter');
  });

  test('structs that each walk over a long list are refused', () => {
    const town = new FakeTown('walk');
    const { device } = author(town);
    const write = (
      structs: (client: number) => Parameters<typeof rawUpdate>[2],
    ): ReturnType<CanonicalDoc['apply']> => {
      const session = town.random.bytes(16);
      const client = documentClientId(device.id, DOCUMENT, session);
      return device.canonical.apply({
        device: device.id,
        session,
        update: rawUpdate(client, 0, structs(client)),
      });
    };
    expect(write(() => [inRoot(4, 'text', string('x'.repeat(40_000)))]).ok).toBe(true);
    // As if written into an empty text, each before the last: none names what is there.
    const prepend = (count: number) => (client: number) =>
      Array.from({ length: count }, (_, i) =>
        i === 0 ? inRoot(4, 'text', string('y')) : anchored(4, undefined, [client, i - 1], string('y')),
      );
    expect(write(prepend(2_000))).toMatchObject({ error: { type: 'over-limit', detail: 'walk' } });
    expect(write(prepend(20)).ok).toBe(true);
  });

  test('a struct that passes over what its author must have seen is refused', () => {
    const town = new FakeTown('causal');
    const { device } = author(town);
    const write = (
      structs: (client: number) => Parameters<typeof rawUpdate>[2],
    ): { client: number; type: string } => {
      const session = town.random.bytes(16);
      const client = documentClientId(device.id, DOCUMENT, session);
      const verdict = device.canonical.apply({
        device: device.id,
        session,
        update: rawUpdate(client, 0, structs(client)),
      });
      return { client, type: verdict.ok ? 'accepted' : verdict.error.type };
    };
    const a = write(() => [inRoot(4, 'text', string('ad'))]);
    const b = write(() => [anchored(4, [a.client, 0], [a.client, 1], string('b'))]);
    const c = write(() => [anchored(4, [b.client, 0], [a.client, 1], string('c'))]);
    expect([a.type, b.type, c.type]).toEqual(['accepted', 'accepted', 'accepted']);
    // Between a and d without having seen b and c: an old view. Between a and c: c builds on b.
    expect(write(() => [anchored(4, [a.client, 0], [a.client, 1], string('x'))]).type).toBe('accepted');
    expect(write(() => [anchored(4, [a.client, 0], [c.client, 0], string('x'))]).type).toBe('not-integrable');
    // Its own earlier struct, too.
    expect(
      write((client) => [
        anchored(4, [a.client, 0], [a.client, 1], string('y')),
        anchored(4, [a.client, 0], [a.client, 1], string('z')),
        anchored(4, [client, 0], [client, 1], string('z')),
      ]).type,
    ).toBe('not-integrable');
  });

  test('a state that was damaged is not a document', () => {
    const canonical = CanonicalDoc.empty(DOCUMENT);
    const state = canonical.encodeState();
    expect(CanonicalDoc.fromState(DOCUMENT, state).ok).toBe(true);
    expect(CanonicalDoc.fromState(DOCUMENT, state.slice(0, -1)).ok).toBe(false);
    expect(CanonicalDoc.fromState(DOCUMENT, new Uint8Array([0xa0])).ok).toBe(false);
  });

  test('the reader bounds what it builds', () => {
    const encoder = encoding.createEncoder();
    for (const number of [1, 5, 77, 0]) encoding.writeVarUint(encoder, number);
    expect(readUpdate(encoding.toUint8Array(encoder))).toMatchObject({ error: { type: 'malformed' } });
    expect(readUpdate(new Uint8Array(DOCUMENT_LIMITS.updateBytes + 1))).toMatchObject({
      error: { type: 'over-limit' },
    });
  });
});
