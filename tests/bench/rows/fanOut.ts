/** A message to a hundred watchers: how soon it is there, and what the server's processor pays for it. */
import { join } from 'node:path';
import { installPeers } from '../peers';
import { gatherAtDepesche } from '../relay/depescheCrowd';
import { runLoad, type Crowd } from '../relay/load';
import { ServerProcess, type ServerName } from '../relay/serverProcess';
import { gatherAtYjs } from '../relay/yjsCrowd';
import type { Figure, Row, RowContext } from '../row';
import { median, ratios, spread, times } from '../stats';

const WATCHERS = 100;
const PER_SECOND = 80;
const SECONDS = 2;
const ROUNDS = 6;
const BURST = 8;
const SERVERS: readonly ServerName[] = ['depesche', 'y-websocket', 'hocuspocus'];

interface Contestant {
  readonly server: ServerProcess;
  readonly crowd: Crowd;
  sent: number;
  readonly p50: number[];
  /** µs of the server's processor for each delivery. */
  readonly cpu: { readonly one: number[]; readonly burst: number[] };
}

export const fanOutRow: Row = {
  name: 'fan-out',
  title: 'Fan-out to 100 watchers',
  async run(context) {
    const peers = installPeers();
    const all: Contestant[] = [];
    for (const name of SERVERS) all.push(await contestant(context, name, peers));
    for (const one of all) await round(one, 1, undefined, undefined); // warm
    for (let n = 0; n < ROUNDS; n++)
      for (const one of all) {
        await round(one, 1, one.p50, one.cpu.one);
        await round(one, BURST, undefined, one.cpu.burst);
      }
    const [ours, yjs, hocuspocus] = all;
    if (ours === undefined || yjs === undefined || hocuspocus === undefined) throw new Error('servers');
    const delivery = median(ratios(ours.p50, yjs.p50));
    return [
      {
        what: 'delivery, p50',
        ours: spread(ours.p50, 'ms'),
        peer: `@y/websocket-server, which stores nothing: ${spread(yjs.p50, 'ms')}`,
        ratio: times(delivery),
        target: '≤1.1×',
        isMet: delivery <= 1.1,
        note: `${WATCHERS} watchers, ${PER_SECOND} messages/s one by one, ${ROUNDS} interleaved rounds of ${SECONDS} s; ours is delivered after it is on disk`,
      },
      cpuFigure('one by one', ours.cpu.one, '@y/websocket-server', yjs.cpu.one, 0.5),
      cpuFigure('one by one', ours.cpu.one, 'Hocuspocus', hocuspocus.cpu.one, 1),
      cpuFigure(`${BURST} at once`, ours.cpu.burst, '@y/websocket-server', yjs.cpu.burst, 0.5),
      cpuFigure(`${BURST} at once`, ours.cpu.burst, 'Hocuspocus', hocuspocus.cpu.burst, 1),
    ];
  },
};

async function contestant(
  { folder, defer }: RowContext,
  name: ServerName,
  peers: string,
): Promise<Contestant> {
  const server = await ServerProcess.start({ name, peers, folder: join(folder, name) });
  defer(() => server.stop());
  const crowd =
    name === 'depesche'
      ? await gatherAtDepesche(server, { devices: WATCHERS, together: WATCHERS, senders: 1 })
      : await gatherAtYjs(name, server.port, WATCHERS);
  defer(() => crowd.close());
  return { server, crowd, sent: 0, p50: [], cpu: { one: [], burst: [] } };
}

async function round(
  one: Contestant,
  burst: number,
  p50: number[] | undefined,
  cpu: number[] | undefined,
): Promise<void> {
  const messages = PER_SECOND * SECONDS;
  const before = one.server.cpuMs();
  const { delivered } = await runLoad(one.crowd, one.sent, { messages, burst, perSecond: PER_SECOND });
  one.sent += messages;
  cpu?.push(((one.server.cpuMs() - before) * 1_000) / delivered.length);
  p50?.push(median(delivered));
}

function cpuFigure(
  how: string,
  ours: readonly number[],
  name: string,
  peer: readonly number[],
  atMost: number,
): Figure {
  const ratio = median(ratios(ours, peer));
  return {
    what: `processor time per delivered message, ${how}, against ${name}`,
    ours: spread(ours, 'µs'),
    peer: `${name}: ${spread(peer, 'µs')}`,
    ratio: times(ratio),
    target: `≤${atMost}×`,
    isMet: ratio <= atMost,
  };
}
