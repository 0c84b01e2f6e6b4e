/**
 * A member of the town that writes what no honest app would: with the real keys of a device, the group's real
 * key, and a connection of its own to the relay. Its app goes on beside it, so that it stays in the groups.
 */
import { signLabelled } from '../../../src/crypto/signature';
import { sealBytes } from '../../../src/crypto/seal';
import { pad } from '../../../src/crypto/padding';
import { SecretKey } from '../../../src/crypto/secretKey';
import { sha256 } from '../../../src/crypto/hash';
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import { seededRandom } from '../../../src/crypto/random';
import { encodeEntries, type WireEntry } from '../../../src/domain/entry';
import { idToBytes } from '../../../src/domain/ids';
import { groupSelfOf } from '../../../src/engine/identity';
import type { Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope } from '../../../src/protocol/envelope';
import { encodeFrame, OP, parseReply, type RequestFrame } from '../../../src/protocol/frames';
import type { Identity } from '../../../src/records/logRecords';
import { sealEntries } from '../../../src/sync/entrySeal';
import type { Group } from '../../../src/sync/logState';
import type { LogRunner } from '../../../src/sync/logRunner';
import { seededRandomness } from './seededRandomness';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

/** A log it is in, as the honest members have it now. */
export interface Target {
  readonly runner: LogRunner;
  readonly group: Group;
  /** One of those, and it. */
  readonly witness: WorldDevice;
  /** Its own entries so far, as they have them. */
  readonly counter: number;
}

/** What an entry says, as it is encoded; each part may be anything. */
export interface Saying {
  readonly kind: string;
  readonly body: unknown;
  readonly counter?: number;
  readonly writtenAt?: number;
  readonly seenSeq?: number;
  readonly seenChain?: Bytes;
  /** The device it names; itself when undefined. */
  readonly as?: Bytes;
}

export class HostileMember {
  readonly world: World;
  readonly device: WorldDevice;
  readonly identity: Identity;
  readonly groups;
  readonly #random: (length: number) => Bytes;

  constructor(world: World, device: WorldDevice, identity: Identity) {
    this.world = world;
    this.device = device;
    this.identity = identity;
    const random = seededRandomness(`hostile/${world.seed}`);
    this.#random = (length) => new Uint8Array(random(length));
    this.groups = createTsMlsGroupCrypto({
      now: () => world.scheduler.now,
      random: seededRandom(`hostile/${world.seed}`),
    });
  }

  get self(): ReturnType<typeof groupSelfOf> {
    return groupSelfOf(this.identity);
  }

  bytes(length: number): Bytes {
    return this.#random(length);
  }

  /** Logs of which it holds a leaf, the town included, as the honest member that has read farthest has them. */
  targets(): readonly Target[] {
    const best = new Map<string, Target>();
    for (const witness of this.world.devices) {
      if (witness === this.device) continue;
      for (const runner of witness.engine?.runners.values() ?? []) {
        const { group, progress } = runner.state;
        if (group?.leaves.some(({ device }) => device === this.identity.device) !== true) continue;
        const known = best.get(runner.log);
        if (known !== undefined && known.runner.state.progress.cursor >= progress.cursor) continue;
        const counter = progress.counters[this.identity.device] ?? 0;
        best.set(runner.log, { runner, group, witness, counter });
      }
    }
    return [...best.values()];
  }

  // ---- writing -----------------------------------------------------------------------------------

  async sign({ runner, group, counter }: Target, saying: Saying, nth = 1): Promise<WireEntry> {
    const { progress } = runner.state;
    const { kind, body, writtenAt = this.world.scheduler.now } = saying;
    const { seenSeq = progress.cursor, seenChain = progress.chain } = saying;
    const content = encodeCbor([kind, writtenAt, seenSeq, seenChain, body]);
    const unsigned = {
      id: this.bytes(16),
      device: saying.as ?? idToBytes(this.identity.device),
      counter: saying.counter ?? counter + nth,
      salt: this.bytes(16),
      content,
    };
    const signature = await signLabelled(
      new SecretKey(this.identity.signatureSecret),
      'entry',
      idToBytes(runner.log),
      group.tag,
      unsigned.id,
      unsigned.device,
      unsigned.counter,
      sha256(unsigned.salt, content),
    );
    return { ...unsigned, signature };
  }

  async say(target: Target, ...sayings: readonly Saying[]): Promise<void> {
    const wires = await Promise.all(sayings.map((saying, index) => this.sign(target, saying, index + 1)));
    await this.post(target, wires);
  }

  async post(target: Target, wires: readonly WireEntry[]): Promise<void> {
    const sealed = await sealEntries(target.runner.log, target.group, wires);
    if (sealed.ok) await this.append(target, sealed.value);
    else await this.sealPlain(target, encodeEntries(wires));
  }

  /** Any plaintext under the group's own key. */
  async sealPlain(target: Target, plaintext: Uint8Array, isPadded = true): Promise<void> {
    const padded = isPadded ? pad(plaintext) : undefined;
    const bytes = padded?.ok === true ? padded.value : plaintext;
    await this.append(target, await this.envelope(target, bytes));
  }

  async envelope({ runner, group }: Target, plaintext: Uint8Array, use = 'entry'): Promise<Bytes> {
    const associated = encodeCbor([`depesche/${use}-seal/1`, idToBytes(runner.log), group.tag]);
    const sealed = await sealBytes(group.key, associated, plaintext);
    return encodeEnvelope({ isCommit: use === 'commit', epochTag: group.tag, sealed });
  }

  /** As one who has processed every commit there will ever be: nothing is too late. */
  append({ runner: { log, state } }: Target, ...envelopes: readonly Bytes[]): Promise<void> {
    const { writeKey } = state.core;
    return this.send([OP.append, 2, idToBytes(log), writeKey, Number.MAX_SAFE_INTEGER, [...envelopes]]);
  }

  /** Over a connection of its own, with its own pass. */
  async send(...frames: readonly RequestFrame[]): Promise<void> {
    const { host } = new URL(this.identity.relay);
    const heard: Uint8Array[] = [];
    const peer = {
      bufferedBytes: 0,
      send: (frame: Uint8Array) => void heard.push(frame),
      close: () => undefined,
      rest: () => undefined,
      trust: () => undefined,
      room: () => Promise.resolve(),
    };
    const line = this.world.relay.connect(peer, host, () => undefined);
    const hello = heard[0] === undefined ? undefined : parseReply(heard[0]);
    if (line === undefined || hello?.ok !== true || hello.value[0] !== 128) return;
    const secret = new SecretKey(this.identity.relaySecret);
    const signature = await signLabelled(secret, 'relay-auth', host, hello.value[2]);
    line.receive(encodeFrame([OP.auth, 1, this.identity.relayKey, signature]));
    for (const frame of frames) line.receive(encodeFrame(frame));
    this.world.later(1_000, () => {
      line.hangUp();
      this.world.log(`the hostile one was answered ${heard.slice(2).map(answerIn).join(', ')}`);
    });
  }
}

/** What the relay said to one frame, for whoever reads a failure. */
function answerIn(frame: Uint8Array): string {
  const reply = parseReply(frame);
  return reply.ok ? JSON.stringify(reply.value.slice(2)) : 'rubbish';
}
