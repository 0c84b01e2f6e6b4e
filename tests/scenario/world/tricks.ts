/** What a hostile member does, by name. Each trick takes what it needs from the log as it is now. */
import * as Y from 'yjs';
import { seededRandom } from '../../../src/crypto/random';
import { generateSignatureKeyPair } from '../../../src/crypto/signature';
import { CanonicalDoc } from '../../../src/crdt/canonicalDoc';
import { documentClientId } from '../../../src/crdt/documentClientId';
import { isAdminAt } from '../../../src/domain/directory';
import { idToBytes, type DeviceId, type PersonId } from '../../../src/domain/ids';
import { encodePosition } from '../../../src/domain/position';
import { bytesToHex, concatBytes, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { parseEnvelope } from '../../../src/protocol/envelope';
import { OP } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { TOWN_LOG } from '../../../src/records/keys';
import { writeBackMail } from '../../../src/sync/backMail';
import { signBackRequest } from '../../../src/sync/backRequest';
import { openEntries, sealCommit } from '../../../src/sync/entrySeal';
import { receiptSlot, sealReceipt } from '../../../src/sync/receipts';
import { HOSTILE_CASES } from '../../unit/crdt/hostileUpdates';
import { BOARD } from './boardSession';
import type { HostileMember, Target } from './hostileMember';

type Trick = (member: HostileMember, target: Target, b: number, c: number) => Promise<void>;

const HUGE = Number.MAX_SAFE_INTEGER;
const text = (what: string) => ({ kind: 'text', body: { text: what } });
const NUMBERS = [0, 1, HUGE - 1, HUGE];

/** Another member of the log. */
function victimOf(member: HostileMember, { group }: Target, chance: number): DeviceId {
  const others = group.leaves.filter(({ device }) => device !== member.identity.device);
  return others[chance % Math.max(1, others.length)]?.device ?? member.identity.device;
}

function personOf({ witness }: Target, device: DeviceId): PersonId {
  return witness.engine?.directory().devices[device]?.person ?? ('0'.repeat(32) as PersonId);
}

export const TRICKS = {
  /** In another’s name: alone, beside an entry of its own, and with another’s signature of something else. */
  async 'forge author'(member, target, b) {
    const as = idToBytes(victimOf(member, target, b));
    const counter = (target.runner.state.progress.counters[victimOf(member, target, b)] ?? 0) + 1;
    const forged = await member.sign(target, { ...text(`im Namen eines anderen ${b}`), as, counter });
    await member.post(target, [forged]);
    await member.post(target, [await member.sign(target, text(`eigener ${b}`)), forged]);
    await member.post(target, [{ ...forged, signature: member.bytes(64) }]);
  },

  /** What others wrote, sealed once more: another envelope, the same entries. */
  async replay(member, target, b) {
    const { log } = target.runner;
    const page = await member.world.relay.store.read(idToBytes(log), 0, HUGE);
    const rows = page.ok ? page.value.envelopes.filter(({ isCommit }) => !isCommit) : [];
    let left = 3;
    for (let at = 0; at < rows.length && left > 0; at++) {
      const row = rows[(b + at) % rows.length]!;
      const envelope = parseEnvelope(row.bytes);
      const opened = envelope.ok ? await openEntries(log, target.group, envelope.value) : undefined;
      if (opened?.ok !== true) continue;
      left -= 1;
      await member.post(
        target,
        opened.value.map(({ wire }) => wire),
      );
      await member.post(
        target,
        [...opened.value].reverse().map(({ wire }) => wire),
      );
    }
  },

  async counters(member, target, b) {
    let count = 0;
    for (const counter of [target.counter, 0, target.counter + 2, target.counter + 2, HUGE, HUGE - 1])
      await member.say(target, { ...text(`Zähler ${b} ${count++}`), counter });
  },

  async clocks(member, target, b) {
    const writtenAt = NUMBERS[b % NUMBERS.length]!;
    await member.say(target, { ...text(`um ${writtenAt} ${b}`), writtenAt });
  },

  /** It claims to have seen another history, or what is still to come. */
  async 'false links'(member, target, b, c) {
    const { cursor } = target.runner.state.progress;
    const seenSeq = [cursor, Math.max(0, cursor - 1), cursor + 5, HUGE][b % 4]!;
    const seenChain = c % 2 === 0 ? member.bytes(32) : new Uint8Array(32);
    await member.say(target, { ...text(`anderer Verlauf ${b} ${c}`), seenSeq, seenChain });
  },

  async documents(member, target, b) {
    const { runner, witness } = target;
    const states = (await witness.engine?.documents.states(runner.state.number)) ?? {};
    const known = states[BOARD] && CanonicalDoc.fromState(BOARD, states[BOARD]);
    const state = known?.ok === true ? known.value.stateAsUpdate() : Y.encodeStateAsUpdate(new Y.Doc());
    const session = member.bytes(16);
    const [victim] = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(state));
    const context = {
      own: documentClientId(idToBytes(member.identity.device), BOARD, session),
      victim: victim?.[0] ?? 1,
      victimClock: victim?.[1] ?? 0,
      state,
      bytes: (length: number) => member.bytes(length),
    };
    for (let i = 0; i < 6; i++) {
      const update = HOSTILE_CASES[(b + i * 7) % HOSTILE_CASES.length]!.make(context);
      const body = { document: i === 5 ? 'constructor' : BOARD, session, update };
      await member.say({ ...target, counter: target.counter + i }, { kind: 'document', body });
    }
  },

  async 'unknown kinds'(member, target, b) {
    const bodies = [{}, { text: 1 }, { a: new Uint8Array(30_000) }, { '': null, x: [[[[1]]]] }];
    const body = bodies[b % bodies.length];
    await member.say(target, { kind: 'from-the-future', body });
    await member.say({ ...target, counter: target.counter + 1 }, { kind: '__proto__', body });
    await member.say(
      { ...target, counter: target.counter + 2 },
      { kind: 'text', body: { text: 'x', more: 1 } },
    );
  },

  /** Plaintexts under the right key that are no entries. */
  async bombs(member, target, b) {
    const deep = concatBytes(new Uint8Array(40_000).fill(0x81), Uint8Array.of(0));
    const plain: readonly Bytes[] = [
      new Uint8Array(60_000),
      deep,
      Uint8Array.of(0x9b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      encodeCbor(Array.from({ length: 60_000 }, () => 0)),
      encodeCbor([]),
      member.bytes(2_000),
      encodeCbor([
        [new Uint8Array(16), new Uint8Array(16), HUGE, new Uint8Array(16), deep, new Uint8Array(64)],
      ]),
    ];
    for (let i = 0; i < 3; i++) await member.sealPlain(target, plain[(b + i) % plain.length]!, i !== 1);
    await member.append(target, new Uint8Array(LIMITS.envelopeBytes).fill(1));
    await member.append(target, Uint8Array.of(1, 1, ...target.group.tag, ...member.bytes(40)));
    await member.append(target, Uint8Array.of(1, 0, ...member.bytes(8), ...member.bytes(40)));
  },

  async 'many entries'(member, target, b) {
    await member.say(target, ...Array.from({ length: 256 }, (_, i) => text(`${b}.${i}`)));
  },

  /** Commits that others must skip: whom they remove, whom they add, what they stand on. */
  async commits(member, target, b) {
    const own = member.device.engine?.runnerOf(target.runner.log)?.state.group;
    const { runner, witness } = target;
    const isOurs = own !== undefined && bytesToHex(own.tag) === bytesToHex(target.group.tag);
    const town = witness.engine?.runners.get(TOWN_LOG)?.state.progress;
    const keys = generateSignatureKeyPair(seededRandom(`stranger/${b}`));
    const stranger = {
      device: member.bytes(16),
      signatureKey: keys.publicKey,
      signatureSecret: keys.secret,
    };
    const lifetime = { notBefore: 0, notAfter: HUGE };
    const seq = town?.cursor ?? 0;
    const chain = town?.chain ?? new Uint8Array(32);
    const positions = [
      { generation: 0, seq, chain },
      { generation: 0, seq, chain: member.bytes(32) },
      { generation: 0, seq: seq + 1_000, chain },
      { generation: 7, seq, chain },
      { generation: 0, seq: 0, chain },
    ];
    const victim = own?.leaves.find(({ device }) => device === victimOf(member, target, b));
    const { keyPackage } = await member.groups.createKeyPackage(stranger, lifetime);
    const requests = [
      { remove: victim === undefined ? [] : [victim.leaf] },
      { add: [keyPackage] },
      { context: member.bytes(40) },
      // Lawful but for what it stands on; where that is true, it is in force as anybody’s would be.
      {},
    ];
    for (const [nth, request] of requests.entries()) {
      const position = positions[(b + nth) % positions.length]!;
      const isTown = runner.state.core.kind === 'town';
      const authenticatedData = isTown ? encodeCbor([]) : encodePosition(position);
      const made = isOurs
        ? await member.groups.commit(own.state, member.self, { ...request, authenticatedData })
        : undefined;
      if (made?.ok === true)
        await member.append(target, await sealCommit(runner.log, target.group, made.value.commit));
    }
    await member.append(target, await sealCommit(runner.log, target.group, member.bytes(300)));
    await member.append(target, await member.envelope(target, member.bytes(100_000), 'commit'));
  },

  /** Operations it has no right to, in the log they belong to and in others. */
  async rights(member, target, b) {
    const { witness, runner } = target;
    const victim = victimOf(member, target, b);
    const person = personOf(target, victim);
    const own = member.identity.person;
    const directory = witness.engine?.directory();
    const isAdmin = directory !== undefined && isAdminAt(directory, own, witness.engine?.townSeq() ?? 0);
    const facts = directory?.devices[victim]?.facts;
    const { fold } = runner.state;
    const isManager = fold.type === 'conversation' && fold.conversation.roster[own] === 'manager';
    // With the right it would be no trick.
    if (isAdmin || isManager) return;
    const log = runner.log;
    const sayings = [
      { kind: 'town-admin', body: { person: own, isAdmin: true } },
      { kind: 'town-person-removed', body: { person } },
      { kind: 'town-blocked', body: { device: victim } },
      { kind: 'town-renamed', body: { person, name: 'Umbenannt' } },
      { kind: 'town-claimed', body: { pair: [person, person], log } },
      { kind: 'town-log-continued', body: { old: log, log: bytesToHex(member.bytes(32)) } },
      { kind: 'town-look', body: { accent: '#ff0000' } },
      { kind: 'town-package', body: { keyPackage: member.bytes(500) } },
      {
        kind: 'town-admitted',
        body: {
          invitation: bytesToHex(member.bytes(16)),
          person: bytesToHex(member.bytes(16)),
          name: 'X',
          device: facts,
        },
      },
      {
        kind: 'town-founded',
        body: { name: 'Meine', rootKey: member.bytes(32), person: own, personName: 'Ich', device: facts },
      },
      { kind: 'roster', body: { add: [], remove: [person] } },
      { kind: 'founded', body: { persons: [own] } },
      { kind: 'carried', body: { log, epochTag: target.group.tag, entry: member.bytes(200) } },
      { kind: 'snapshot', body: { seq: runner.state.progress.cursor, hash: member.bytes(32) } },
      { kind: 'welcomed', body: { devices: [victim] } },
    ].filter(({ body }) => !('device' in body) || body.device !== undefined);
    await member.say(target, ...sayings);
  },

  /** Requests to be taken back in others’ names, and rubbish in mailboxes. */
  async 'way back'(member, target, b) {
    const { runner, witness } = target;
    const victim = victimOf(member, target, b);
    const lifetime = { notBefore: 0, notAfter: HUGE };
    const forms = [{ ...member.self, device: idToBytes(victim) }, member.self];
    for (const [nth, self] of forms.entries()) {
      const { keyPackage } = await member.groups.createKeyPackage(self, lifetime);
      const at = nth === 0 ? member.world.scheduler.now : HUGE;
      const request = await signBackRequest(self, {
        log: runner.log,
        device: bytesToHex(self.device) as DeviceId,
        keyPackage,
        seq: b % 2 === 0 ? HUGE : 1,
        chain: member.bytes(32),
        since: HUGE,
        at,
      });
      await member.say({ ...target, counter: target.counter + nth }, { kind: 'back', body: { request } });
      const facts = witness.engine?.directory().devices[victim]?.facts;
      const mail = facts && (await writeBackMail(member.groups, facts.keyPackage, { request, rank: HUGE }));
      const mailbox = facts && idToBytes(facts.mailbox);
      if (mail === undefined || mailbox === undefined) continue;
      const rubbish = [
        mail,
        Uint8Array.of(1, 0, ...new Uint8Array(8), ...member.bytes(500)),
        member.bytes(80),
      ];
      await member.send([OP.append, 2, mailbox, new Uint8Array(0), 0, rubbish]);
    }
  },

  async receipts(member, target, b) {
    const { runner, group } = target;
    const { core } = runner.state;
    const log = idToBytes(runner.log);
    const victim = victimOf(member, target, b);
    const secret = member.self.signatureSecret;
    const of = (device: DeviceId, delivered: number, chain: Bytes) =>
      sealReceipt(runner.log, group, secret, { device, delivered, read: delivered, chain });
    const own = receiptSlot(runner.log, member.identity.device);
    const values: readonly (readonly [Bytes, Bytes])[] = [
      [receiptSlot(runner.log, victim), await of(victim, HUGE, new Uint8Array(32))],
      [own, await of(member.identity.device, HUGE, new Uint8Array(32))],
      [own, concatBytes(group.tag, member.bytes(200))],
      [own, member.bytes(5)],
    ];
    for (const [slot, value] of values) await member.send([OP.put, 2, log, core.writeKey, slot, value]);
    await member.send([OP.cast, 2, log, core.writeKey, concatBytes(group.tag, member.bytes(3_000))]);
  },
} as const satisfies Record<string, Trick>;

export type TrickName = keyof typeof TRICKS;
