/** Those who listen for long: rubbish between valid messages must not cost the valid one behind it. */
import { parseContent, parseEntry } from '../../../src/domain/entry';
import { copyBytes, equalBytes, type Bytes } from '../../../src/lib/bytes';
import type { Clock, Network, SocketEvents } from '../../../src/lib/services';
import {
  encodeFrame,
  LOG_KINDS,
  OP,
  parseRequest,
  REPLY,
  type RequestFrame,
  type StoredEnvelope,
} from '../../../src/protocol/frames';
import type { Group } from '../../../src/sync/logState';
import { RelayClient } from '../../../src/sync/relayClient';
import { smallEntry, TestRelay } from '../../unit/server/relayHarness';
import type { Party } from '../../unit/sync/party';
import { must, type Target } from '../target';

const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function relayTarget(): Promise<Target> {
  const endless = { burst: 1e12, perSecond: 1e9 };
  const town = new TestRelay({
    rates: {
      withPass: endless,
      withoutPass: endless,
      creates: endless,
      commits: endless,
      mails: endless,
      appended: endless,
    },
    limits: { maxStrangers: 1e6, maxOfPass: 1e6 },
  });
  const device = await town.device(undefined, true);
  const attacked = await town.log(device);
  const safe = await town.log(device);
  const { log, read, write, close } = attacked;
  const samples: readonly RequestFrame[] = [
    [OP.create, 2, b(32), LOG_KINDS.mailbox, b(32), b(32), b(32)],
    [OP.append, 3, log, write, 7, [smallEntry(), smallEntry()]],
    [OP.read, 4, log, read, 0, 1_048_576],
    [OP.watch, 5, [[log, read, 0, 0]]],
    [OP.unwatch, 6, [log]],
    [OP.put, 7, log, write, b(16), b(90)],
    [OP.close, 8, log, close],
    [OP.redact, 9, log, write, 1, b(0)],
    [OP.cast, 10, log, write, b(60)],
    [OP.admit, 11, [[b(32, 9), true]]],
    [OP.revoke, 12, [b(32, 9)]],
    [OP.passes, 13],
    [OP.token, 14],
    [OP.auth, 1, b(32), b(64)],
  ];
  return {
    name: 'a connection at the relay, and the valid frame behind the rubbish (F1, F6)',
    samples: samples.map((frame) => encodeFrame(frame)),
    runs: 300,
    async check(input) {
      device.peer.frames.length = 0;
      await device.raw(input);
      must(device.peer.frames.length > 0, 'any frame is answered');
      const first = device.peer.frames.find((frame) => frame[0] === REPLY.ok || frame[0] === REPLY.refused);
      must(first !== undefined, 'with a yes or a no');
      const [appended, refusal] = await device.append(safe, 0, smallEntry());
      must(appended.length === 1 && refusal === null, 'the valid append behind it is taken');
      return first[0] === REPLY.ok || parseRequest(input).ok;
    },
  };
}

/** Only what is due at once is ever called back. */
class StillClock implements Clock {
  readonly timers = new Set<() => void>();
  now(): number {
    return 1_000;
  }
  after(_ms: number, callback: () => void): () => void {
    this.timers.add(callback);
    return () => this.timers.delete(callback);
  }
}

interface Line {
  readonly events: SocketEvents;
  readonly asked: RequestFrame[];
  isClosed: boolean;
}

export function relayClientTarget(): Target {
  const log = b(32, 2);
  const news = encodeFrame([REPLY.news, log, [[5, 100, b(8), b(30)]], 4]);
  return {
    name: 'a device’s connection, and the next one behind the rubbish (R1, R3)',
    samples: [
      encodeFrame([REPLY.ok, 2, true]),
      encodeFrame([REPLY.refused, 2, 'stale', 12]),
      news,
      encodeFrame([REPLY.slot, log, 3, b(16), b(10)]),
      encodeFrame([REPLY.cast, log, b(9)]),
      encodeFrame([REPLY.closed, log]),
    ],
    runs: 300,
    async check(input) {
      const clock = new StillClock();
      const lines: Line[] = [];
      let heard = 0;
      const network: Network = {
        connect: (_address, events) => {
          const line: Line = { events, asked: [], isClosed: false };
          lines.push(line);
          return {
            send: (bytes) => {
              const frame = parseRequest(bytes);
              must(frame.ok, 'a device sends frames');
              line.asked.push(frame.value);
            },
            close: () => {
              line.isClosed = true;
            },
          };
        },
      };
      const client = new RelayClient(
        { network, clock },
        'wss://relay.test/',
        { relayKey: b(32), sign: () => Promise.resolve(b(64)) },
        {
          onState: () => undefined,
          onOnline: () => undefined,
          onVersion: () => undefined,
          onNews: () => heard++,
          onSlot: () => undefined,
          onCast: () => undefined,
          onClosed: () => undefined,
        },
      );
      client.start();
      const online = async (): Promise<Line> => {
        const line = lines.at(-1);
        must(line !== undefined, 'there is a connection');
        line.events.onFrame(encodeFrame([REPLY.hello, 1, b(32), b(16), 7]));
        await settle();
        const number = line.asked.at(-1)?.[1] ?? 0;
        line.events.onFrame(encodeFrame([REPLY.ok, number, true]));
        await settle();
        must(client.isOnline, 'a relay that says yes is a relay');
        return line;
      };
      const first = await online();
      const timers = clock.timers.size;
      const asked = first.asked.length;
      first.events.onFrame(input);
      await settle();
      const isTaken = !first.isClosed;
      if (isTaken) {
        must(first.asked.length === asked && clock.timers.size === timers, 'rubbish starts nothing');
        heard = 0;
        first.events.onFrame(news);
        must(heard === 1, 'the news behind it are heard');
      }
      first.events.onClose();
      client.reconnect();
      const second = await online();
      must(second !== first, 'another connection begins');
      heard = 0;
      second.events.onFrame(news);
      must(heard === 1, 'the news behind it are heard');
      client.stop();
      second.events.onClose();
      must(clock.timers.size === 0, 'nothing is left behind');
      return isTaken;
    },
  };
}

export async function ingestTargets(party: Party, ours: Group, theirs: Group): Promise<readonly Target[]> {
  const zero = { seenSeq: 0, seenChain: b(32, 0) };
  const seal = (member: number, group: Group, text: string): Promise<Bytes> =>
    party.seal(member, group, [{ kind: 'text', text }], zero);
  const first = await seal(0, ours, 'eins');
  const rubbish = await seal(0, ours, 'zwei');
  const last = await seal(0, ours, 'drei');
  const { envelope: commit } = await party.commit(0, ours, {});
  const before = party.fixture.crypto.encode(theirs.state);
  const at = (seq: number, bytes: Bytes): StoredEnvelope => [seq, 1_000 * seq, b(8), bytes];

  return [
    {
      name: 'a log with rubbish in it, and the valid entry behind it (I1, I2, I5)',
      samples: [rubbish, commit],
      runs: 100,
      async check(input) {
        const state = party.stateOf(theirs);
        const taken = await party.ingest(1, state, [at(1, first), at(2, copyBytes(input)), at(3, last)]);
        must(taken.state.progress.cursor === 3, 'the whole log is taken');
        must(taken.links.length === 3, 'every envelope has its link');
        must(equalBytes(party.fixture.crypto.encode(theirs.state), before), 'the state is only read');
        const texts = taken.items.flatMap(({ proof }) => {
          const entry = proof === undefined ? undefined : parseEntry(proof.entry);
          const content = entry?.ok === true ? parseContent(entry.value.content) : undefined;
          return content?.ok === true && content.value.body.kind === 'text' ? [content.value.body.text] : [];
        });
        must(texts.includes('eins'), 'the entry before it is read');
        must(taken.groupChanged || texts.includes('drei'), 'the entry behind it is read');
        must(!taken.groupChanged || equalBytes(input, commit), 'only the commit changes the group');
        return texts.includes('zwei') || taken.groupChanged;
      },
    },
  ];
}
