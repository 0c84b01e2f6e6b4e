/** From the start of the server's process to the first message a WebSocket gets from it. */
import { join } from 'node:path';
import { installPeers } from '../peers';
import { RelayTown } from '../relay/relayTown';
import { ServerProcess, type ServerName } from '../relay/serverProcess';
import type { Row } from '../row';
import { median, ratios, spread, times } from '../stats';

const ROUNDS = 11;

export const startRow: Row = {
  name: 'start',
  title: 'Cold start of the relay',
  async run({ folder }) {
    const peers = installPeers();
    const start = async (name: ServerName): Promise<number> => {
      const server = await ServerProcess.start({ name, peers, folder: join(folder, name) });
      await server.stop();
      return server.startMs;
    };
    const ours: number[] = [];
    const theirs: number[] = [];
    await found(join(folder, 'depesche'));
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await start('depesche'));
      theirs.push(await start('y-websocket'));
    }
    const ratio = median(ratios(ours, theirs));
    return [
      {
        what: 'process started → first message over a WebSocket',
        ours: spread(ours, 'ms'),
        peer: `@y/websocket-server: ${spread(theirs, 'ms')}`,
        ratio: times(ratio),
        target: '≤0.7×',
        isMet: ratio <= 0.7,
        note: `${ROUNDS} interleaved starts; ours opens the database of a claimed town it was killed with`,
      },
    ];
  },
};

/** A town that has been claimed: the next starts show no link for setting up. */
async function found(folder: string): Promise<void> {
  const server = await ServerProcess.start({ name: 'depesche', folder });
  (await RelayTown.of(server)).close();
  await server.stop();
}
