/** What an idle connection holds in the server's memory. */
import { join } from 'node:path';
import { installPeers } from '../peers';
import { CrowdProcesses } from '../relay/crowdProcesses';
import { ServerProcess, type ServerName } from '../relay/serverProcess';
import { insist, type Row, type RowContext } from '../row';
import { short, times } from '../stats';

const CONNECTIONS = 10_000;
/** Longer than any of the servers gives a new connection to prove itself: timers of that are not idleness. */
const SETTLE_MS = 31_000;

export const memoryRow: Row = {
  name: 'memory',
  title: 'Memory of an idle connection',
  async run(context) {
    const peers = installPeers();
    const ours = await kibOf(context, 'depesche', peers);
    const yjs = await kibOf(context, 'y-websocket', peers);
    const hocuspocus = await kibOf(context, 'hocuspocus', peers);
    return [
      {
        what: `memory of one of ${CONNECTIONS} connections that have a pass and watch a log`,
        ours: `${short(ours)} KiB`,
        peer: `@y/websocket-server: ${short(yjs)} KiB; Hocuspocus: ${short(hocuspocus)} KiB (in one document)`,
        ratio: `${times(ours / yjs)} and ${times(ours / hocuspocus)}`,
        target: '≤7 KiB',
        isMet: ours <= 7,
        note: 'resident memory of the server process after a garbage collection, with the connections less without them, one run each; the kernel’s own socket buffers are not in it',
      },
    ];
  },
};

async function kibOf({ folder, say }: RowContext, name: ServerName, peers: string): Promise<number> {
  const server = await ServerProcess.start({ name, peers, folder: join(folder, name), canCollect: true });
  const crowd = new CrowdProcesses(server);
  try {
    // The first ones bring code and caches that have nothing to do with the ten thousandth.
    await crowd.connect(100);
    const before = await server.memory();
    await crowd.connect(CONNECTIONS);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    insist((await crowd.countOpen()) === CONNECTIONS + 100, 'all connections are open');
    const after = await server.memory();
    say(`${name}: ${short(before / 2 ** 20)} MiB before, ${short(after / 2 ** 20)} MiB with all`);
    return (after - before) / CONNECTIONS / 1_024;
  } finally {
    crowd.end();
    await server.stop();
  }
}
