/** Whole logs of odd but well-formed entries through the folds: the directory and the conversation. */
import { decode } from 'cborg';
import { foldConversation, foundConversation, type Conversation } from '../../../src/domain/conversation';
import {
  devicesOfAt,
  EMPTY_DIRECTORY,
  foldDirectory,
  isAdminAt,
  type Directory,
} from '../../../src/domain/directory';
import { encodeContent, parseContent } from '../../../src/domain/entry';
import { targetDevices } from '../../../src/domain/target';
import type { EntryBody } from '../../../src/domain/body';
import type { DeviceId, PersonId } from '../../../src/domain/ids';
import { equalBytes, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { stateHash } from '../../../src/sync/snapshot';
import { must, valueOrRefusal, type Target } from '../target';
import { BODIES } from './entries';

const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);
const founder = 'a1'.repeat(16) as PersonId;
const second = 'b2'.repeat(16) as PersonId;

function townBodies(): readonly EntryBody[] {
  const device = (n: number) => ({
    id: n.toString(16).padStart(2, '0').repeat(16) as DeviceId,
    signatureKey: b(32, n),
    relayKey: b(32, n),
    keyPackage: b(10, n),
    mailbox: n.toString(16).padStart(2, '0').repeat(32) as Extract<
      EntryBody,
      { kind: 'town-claimed' }
    >['log'],
  });
  const invitation = 'e5'.repeat(16) as Extract<EntryBody, { kind: 'town-invited' }>['invitation'];
  return [
    {
      kind: 'town-founded',
      name: 'Stadt',
      rootKey: b(32),
      person: founder,
      personName: 'Anna',
      device: device(0),
    },
    { kind: 'town-invited', invitation, secret: b(32), expiresAt: 9, uses: 3 },
    { kind: 'town-admitted', invitation, person: second, name: 'Bert', device: device(1) },
    { kind: 'town-admin', person: second, isAdmin: true },
    { kind: 'town-claimed', pair: [founder, second], log: device(7).mailbox },
    { kind: 'town-admin', person: founder, isAdmin: false },
    { kind: 'town-blocked', device: device(0).id },
    { kind: 'town-renamed', person: second, name: 'Berta' },
    { kind: 'town-person-removed', person: founder },
    { kind: 'town-person-removed', person: second },
    { kind: 'town-invitation-withdrawn', invitation },
    { kind: 'town-package', keyPackage: b(20) },
    { kind: 'town-mail-lost' },
  ];
}

const groupBodies: readonly EntryBody[] = [
  { kind: 'founded', title: 'Bauhof', persons: [founder, second] },
  { kind: 'roster', add: ['c3'.repeat(16) as PersonId], remove: [] },
  { kind: 'roster', add: [], remove: [founder] },
  { kind: 'title', title: 'Wache' },
  { kind: 'roster', add: [founder], remove: [second, founder] },
];

/** A log: [author's number, content] for each entry. */
function logOf(bodies: readonly EntryBody[]): Bytes {
  return encodeCbor(
    bodies.map((body, index) => [
      index % 2,
      encodeContent({ body, writtenAt: 1, seenSeq: 0, seenChain: b(32) }),
    ]),
  );
}

/** The entries of a log that parse; what does not is no entry. */
function stepsOf(input: Bytes): readonly { readonly author: number; readonly body: EntryBody }[] {
  let items: unknown;
  try {
    items = decode(input, { useMaps: true });
  } catch {
    return [];
  }
  if (!Array.isArray(items)) return [];
  return items.slice(0, 100).flatMap((item: unknown) => {
    if (!Array.isArray(item) || !(item[1] instanceof Uint8Array)) return [];
    const content = valueOrRefusal(parseContent(item[1]));
    if (content === undefined) return [];
    return [
      { author: Number.isSafeInteger(item[0]) ? Math.abs(item[0] as number) % 3 : 0, body: content.body },
    ];
  });
}

export const foldTargets: readonly Target[] = [
  {
    name: 'the directory’s fold (D1–D8)',
    samples: [
      logOf(townBodies()),
      logOf([...townBodies()].reverse()),
      logOf([...townBodies().slice(0, 4), ...BODIES]),
    ],
    runs: 400,
    check(input) {
      const first = foldTown(input);
      must(equalBytes(hashOf(first), hashOf(foldTown(input))), 'a fold is pure');
      return Object.keys(first.persons).length > 0 || stepsOf(input).length > 0;
    },
  },
  {
    name: 'the conversation’s fold (C1–C5)',
    samples: [logOf(groupBodies), logOf([...groupBodies].reverse())],
    runs: 400,
    check(input) {
      let group = foundConversation('group', []);
      const direct = foundConversation('direct', [founder, second]);
      const steps = stepsOf(input);
      for (const { author, body } of steps) {
        const step = { author: [founder, second, 'c3'.repeat(16) as PersonId][author] ?? founder, body };
        group = foldConversation(deepFrozen(group), step).conversation;
        mustBeOrderly(group);
        must(
          foldConversation(direct, step).conversation === direct,
          'a direct conversation never changes (C5)',
        );
      }
      return steps.length > 0;
    },
  },
];

function foldTown(input: Bytes): Directory {
  let directory = EMPTY_DIRECTORY;
  for (const [index, { author, body }] of stepsOf(input).entries()) {
    const seq = index + 1;
    const device = author.toString(16).padStart(2, '0').repeat(16) as DeviceId;
    const next = foldDirectory(deepFrozen(directory), { seq, at: seq, device, entryHash: b(32), body });
    for (const id of Object.keys(directory.devices)) must(id in next.devices, 'nothing is deleted (D1)');
    if (Object.keys(next.persons).length > 0)
      must(
        Object.values(next.persons).some(
          ({ id }) => isAdminAt(next, id, seq) && devicesOfAt(next, id, seq).length > 0,
        ),
        'an active admin with a device remains (D6)',
      );
    targetDevices(next, undefined, seq);
    targetDevices(next, Object.keys(next.persons) as PersonId[], seq);
    directory = next;
  }
  return directory;
}

function hashOf(directory: Directory): Bytes {
  return stateHash({ type: 'town', directory }, {});
}

function mustBeOrderly({ roster, former }: Conversation): void {
  const members = Object.values(roster);
  must(members.length === 0 || members.includes('manager'), 'somebody manages (C4)');
  must(new Set(former).size === former.length, 'former members are named once');
}

function deepFrozen<T>(value: T): T {
  if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    !Object.isFrozen(value)
  ) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFrozen(inner);
  }
  return value;
}
