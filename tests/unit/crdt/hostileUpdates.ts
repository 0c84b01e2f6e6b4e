/** Updates no honest tab would send, by name; `hostileUpdate` picks one in a device's name. */
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { copyBytes, type Bytes } from '../../../src/lib/bytes';
import type { AuthoredUpdate } from '../../../src/crdt/canonicalDoc';
import { documentClientId } from '../../../src/crdt/documentClientId';
import type { DocumentRefusalType } from '../../../src/crdt/documentRefusal';
import { DOCUMENT, type FakeDevice } from './fakeTown';
import type { Chooser } from './pick';

export interface HostileCase {
  readonly name: string;
  readonly expected: readonly DocumentRefusalType[];
  make(context: HostileContext): Uint8Array;
}

export interface HostileContext {
  /** The attacker's own client id, not used before. */
  readonly own: number;
  /** Another member's client, with its accepted clock (0 when the document is empty). */
  readonly victim: number;
  readonly victimClock: number;
  /** The accepted document as an update. */
  readonly state: Uint8Array;
  bytes(length: number): Bytes;
}

type Write = (encoder: encoding.Encoder) => void;

/** One section of structs and a delete set, byte by byte. */
export function rawUpdate(
  client: number,
  clock: number,
  structs: readonly Write[],
  deletes: readonly (readonly [number, number, number])[] = [],
): Bytes {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, structs.length === 0 ? 0 : 1);
  if (structs.length > 0) {
    encoding.writeVarUint(encoder, structs.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    for (const write of structs) write(encoder);
  }
  encoding.writeVarUint(encoder, deletes.length);
  for (const [target, from, length] of deletes) {
    for (const number of [target, 1, from, length]) encoding.writeVarUint(encoder, number);
  }
  return copyBytes(encoding.toUint8Array(encoder));
}

export const gc =
  (length: number): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, 0);
    encoding.writeVarUint(encoder, length);
  };

export const inRoot =
  (content: number, root: string, write: Write): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, content);
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, root);
    write(encoder);
  };

export const anchored =
  (
    content: number,
    origin: readonly [number, number] | undefined,
    right: readonly [number, number] | undefined,
    write: Write,
  ): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, content | (origin ? 0x80 : 0) | (right ? 0x40 : 0));
    for (const id of [origin, right]) if (id) for (const number of id) encoding.writeVarUint(encoder, number);
    write(encoder);
  };

const inParent =
  (content: number, parent: readonly [number, number], write: Write): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, content);
    encoding.writeVarUint(encoder, 0);
    for (const number of parent) encoding.writeVarUint(encoder, number);
    write(encoder);
  };

export const string =
  (text: string): Write =>
  (encoder) =>
    encoding.writeVarString(encoder, text);
const varUint =
  (value: number): Write =>
  (encoder) =>
    encoding.writeVarUint(encoder, value);
const any =
  (value: unknown): Write =>
  (encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeAny(encoder, value as never);
  };

function nested(own: number, depth: number): Bytes {
  const structs: Write[] = [inRoot(7, 'items', varUint(0))];
  for (let i = 0; i < depth; i++) structs.push(inParent(7, [own, i], varUint(0)));
  return rawUpdate(own, 0, structs);
}

/** A document by this client with one transaction: for what Yjs itself can write. */
function written(own: number, write: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = own;
  write(doc);
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

function nestedArrays(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

export const HOSTILE_CASES: readonly HostileCase[] = [
  {
    name: "structs in another member's client",
    expected: ['foreign-client'],
    make: ({ victim, victimClock }) => rawUpdate(victim, victimClock, [inRoot(4, 'text', string('forged'))]),
  },
  {
    name: "another member's clock set to 2^40 in twelve bytes",
    expected: ['over-limit'],
    make: ({ victim, victimClock }) => rawUpdate(victim, victimClock, [gc(2 ** 40)]),
  },
  {
    name: "another member's clock moved a little",
    expected: ['foreign-client'],
    make: ({ victim, victimClock }) => rawUpdate(victim, victimClock, [gc(7)]),
  },
  {
    name: 'own clock at 2^40',
    expected: ['over-limit'],
    make: ({ own }) => rawUpdate(own, 2 ** 40, [gc(1)]),
  },
  {
    name: 'own clock at 2^31',
    expected: ['over-limit'],
    make: ({ own }) => rawUpdate(own, 2 ** 31 - 1, [gc(1)]),
  },
  {
    name: 'a gap before the first struct',
    expected: ['clock-gap'],
    make: ({ own }) => rawUpdate(own, 5, [inRoot(4, 'text', string('late'))]),
  },
  {
    name: 'a skip inside',
    expected: ['forbidden-content'],
    make: ({ own }) =>
      rawUpdate(own, 0, [
        inRoot(4, 'text', string('a')),
        (e) => (encoding.writeUint8(e, 10), encoding.writeVarUint(e, 3)),
      ]),
  },
  {
    name: 'two clients in one update',
    expected: ['foreign-client'],
    make: ({ own, victim }) => {
      const a = rawUpdate(own, 0, [inRoot(4, 'text', string('a'))]);
      const b = rawUpdate(victim, 0, [inRoot(4, 'text', string('b'))]);
      return Y.mergeUpdates([a, b]);
    },
  },
  {
    name: 'a delete set over everything',
    expected: ['over-limit', 'unknown-reference'],
    make: ({ own, victim }) => rawUpdate(own, 0, [], [[victim, 0, 2 ** 31 - 2]]),
  },
  {
    name: 'a delete set one past the end',
    expected: ['unknown-reference'],
    make: ({ own, victim, victimClock }) => rawUpdate(own, 0, [], [[victim, victimClock, 1]]),
  },
  {
    name: 'a delete set of the own future',
    expected: ['unknown-reference'],
    make: ({ own }) => rawUpdate(own, 0, [inRoot(4, 'text', string('a'))], [[own, 0, 2]]),
  },
  {
    name: 'an empty delete range',
    expected: ['malformed'],
    make: ({ own }) => rawUpdate(own, 0, [], [[own, 0, 0]]),
  },
  { name: 'deep nesting', expected: ['over-limit'], make: ({ own }) => nested(own, 40) },
  { name: 'deeper nesting than the stack', expected: ['over-limit'], make: ({ own }) => nested(own, 5_000) },
  {
    name: 'a subdocument',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getMap('items').set('a', new Y.Doc())),
  },
  {
    name: 'an XML element',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getArray('items').push([new Y.XmlElement('script')])),
  },
  {
    name: 'an embed',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getText('text').insertEmbed(0, { image: 'x'.repeat(1000) })),
  },
  {
    name: 'formatting',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getText('text').insert(0, 'a', { bold: true })),
  },
  {
    name: 'bytes',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getArray('items').push([new Uint8Array(9)])),
  },
  {
    name: 'an object',
    expected: ['forbidden-content'],
    make: ({ own }) => written(own, (doc) => doc.getArray('items').push([{ a: 1 }])),
  },
  {
    name: 'arrays nested in a value',
    expected: ['forbidden-content'],
    make: ({ own }) => rawUpdate(own, 0, [inRoot(8, 'items', any(nestedArrays(500)))]),
  },
  {
    name: 'a value of two thousand letters',
    expected: ['over-limit'],
    make: ({ own }) => written(own, (doc) => doc.getArray('items').push(['x'.repeat(2_000)])),
  },
  {
    name: 'more than 48 KiB',
    expected: ['over-limit'],
    make: ({ own }) => written(own, (doc) => doc.getText('text').insert(0, 'x'.repeat(50_000))),
  },
  {
    name: 'more structs than allowed',
    expected: ['over-limit'],
    make: ({ own }) =>
      rawUpdate(
        own,
        0,
        Array.from({ length: 3_000 }, () => gc(1)),
      ),
  },
  {
    name: 'a header that promises 2^50 structs',
    expected: ['over-limit'],
    make: ({ own }) => {
      const encoder = encoding.createEncoder();
      for (const number of [1, 2 ** 50, own, 0]) encoding.writeVarUint(encoder, number);
      return encoding.toUint8Array(encoder);
    },
  },
  {
    name: 'a header that promises 2^50 delete ranges',
    expected: ['over-limit'],
    make: ({ own }) => {
      const encoder = encoding.createEncoder();
      for (const number of [0, 1, own, 2 ** 50]) encoding.writeVarUint(encoder, number);
      return encoding.toUint8Array(encoder);
    },
  },
  {
    name: 'an empty string',
    expected: ['malformed'],
    make: ({ own }) => rawUpdate(own, 0, [inRoot(4, 'text', string(''))]),
  },
  {
    name: 'its own neighbour',
    expected: ['unknown-reference'],
    make: ({ own }) => rawUpdate(own, 0, [anchored(4, [own, 0], undefined, string('me'))]),
  },
  {
    name: 'a neighbour that does not exist',
    expected: ['unknown-reference'],
    make: ({ own, victim, victimClock }) =>
      rawUpdate(own, 0, [anchored(4, [victim, victimClock + 3], undefined, string('a'))]),
  },
  {
    name: 'a parent that does not exist',
    expected: ['unknown-reference'],
    make: ({ own, victim, victimClock }) =>
      rawUpdate(own, 0, [inParent(4, [victim, victimClock], string('a'))]),
  },
  {
    name: 'neighbours of two lists',
    expected: ['crossed-neighbours'],
    make: ({ own }) =>
      rawUpdate(own, 0, [
        inRoot(4, 'title', string('a')),
        inRoot(4, 'text', string('b')),
        anchored(4, [own, 0], [own, 1], string('c')),
      ]),
  },
  {
    name: 'neighbours the wrong way round',
    expected: ['not-integrable'],
    make: ({ own }) =>
      rawUpdate(own, 0, [
        inRoot(4, 'title', string('ab')),
        anchored(4, [own, 1], undefined, string('cd')),
        anchored(4, [own, 3], [own, 0], string('e')),
      ]),
  },
  {
    name: 'half a surrogate pair deleted',
    expected: ['cut-character'],
    make: ({ own }) => rawUpdate(own, 0, [inRoot(4, 'text', string('a\u{1f600}'))], [[own, 0, 2]]),
  },
  {
    name: 'a letter between the halves of a surrogate pair',
    expected: ['cut-character'],
    make: ({ own }) =>
      rawUpdate(own, 0, [
        inRoot(4, 'text', string('a\u{1f600}')),
        anchored(4, [own, 1], [own, 2], string('b')),
      ]),
  },
  {
    name: 'broken UTF-8',
    expected: ['malformed'],
    make: ({ own }) =>
      rawUpdate(own, 0, [
        inRoot(4, 'text', (e) => encoding.writeVarUint8Array(e, new Uint8Array([0xed, 0xa0, 0xbd]))),
      ]),
  },
  {
    name: 'trailing bytes',
    expected: ['malformed'],
    make: ({ own, bytes }) =>
      Uint8Array.from([...rawUpdate(own, 0, [inRoot(4, 'text', string('a'))]), ...bytes(3)]),
  },
  { name: 'nothing', expected: ['malformed'], make: () => new Uint8Array(0) },
  {
    name: 'truncated',
    expected: ['malformed'],
    make: ({ own }) => rawUpdate(own, 0, [inRoot(4, 'text', string('abcdef'))]).slice(0, -4),
  },
  {
    name: 'random bytes',
    expected: [
      'malformed',
      'over-limit',
      'foreign-client',
      'forbidden-content',
      'clock-gap',
      'unknown-reference',
    ],
    make: ({ bytes }) => bytes(64),
  },
];

export function contextFor(device: FakeDevice, session: Uint8Array): HostileContext {
  const state = device.canonical.stateAsUpdate();
  const clocks = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(state));
  const [victim, victimClock] = [...clocks][0] ?? [4711, 0];
  return {
    own: documentClientId(device.id, DOCUMENT, session),
    victim,
    victimClock,
    state,
    bytes: (length) => device.town.random.bytes(length),
  };
}

export function hostileUpdate(device: FakeDevice, choose: Chooser): AuthoredUpdate {
  const session = device.town.random.bytes(16);
  return { device: device.id, session, update: choose.of(HOSTILE_CASES).make(contextFor(device, session)) };
}

/**
 * Well-formed and wild: random content between random neighbours, some of which the rules let pass.
 * What passes must integrate alike on every device, whatever else that device has typed meanwhile.
 */
export function wildUpdate(device: FakeDevice, choose: Chooser): AuthoredUpdate {
  const session = device.town.random.bytes(16);
  const own = documentClientId(device.id, DOCUMENT, session);
  const clocks = [...Y.decodeStateVector(Y.encodeStateVectorFromUpdate(device.canonical.stateAsUpdate()))];
  let clock = 0;
  const anyId = (): readonly [number, number] => {
    if (clocks.length === 0 || (clock > 0 && choose.chance(0.4)))
      return [own, choose.below(Math.max(1, clock))];
    const [client, end] = choose.of(clocks);
    return [client, choose.below(end)];
  };
  const structs = Array.from({ length: 1 + choose.below(4) }, () => {
    const content = choose.of([1, 4, 4, 4, 7, 8]);
    const text = choose.of(['w', 'wild', '\u{1f600}']);
    const write =
      content === 1
        ? varUint(2)
        : content === 4
          ? string(text)
          : content === 7
            ? varUint(choose.below(3))
            : any(choose.of([1, true, 'v', null]));
    const length = content === 1 ? 2 : content === 4 ? text.length : 1;
    const roll = choose.below(10);
    const struct =
      roll < 3
        ? inRoot(content, choose.of(['title', 'text', 'items', 'other']), write)
        : roll < 5
          ? inParent(content, anyId(), write)
          : anchored(
              content,
              choose.chance(0.8) ? anyId() : undefined,
              choose.chance(0.6) ? anyId() : undefined,
              write,
            );
    clock += length;
    return struct;
  });
  const deletes = choose.chance(0.3) && clocks.length > 0 ? [[...anyId(), 1] as const] : [];
  return { device: device.id, session, update: rawUpdate(own, 0, structs, deletes) };
}
