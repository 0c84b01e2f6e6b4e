/** From a device's append to the relay's acknowledgement that it is on disk, while a town is writing. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '../../../server/hashes';
import { gatherAtDepesche } from '../relay/depescheCrowd';
import { MESSAGE_BYTES, runLoad } from '../relay/load';
import { ServerProcess } from '../relay/serverProcess';
import { insist, type Row } from '../row';
import { median, percentile, ratios, short, spread, times } from '../stats';

const DEVICES = 200;
/** In one conversation. */
const TOGETHER = 4;
const PER_SECOND = 500;
const SECONDS = 3;
const ROUNDS = 5;
const SYNCS = 300;

export const ackRow: Row = {
  name: 'ack',
  title: 'Durable acknowledgement',
  async run({ folder, defer }) {
    const server = await ServerProcess.start({ name: 'depesche', folder: join(folder, 'data') });
    defer(() => server.stop());
    const crowd = await gatherAtDepesche(server, { devices: DEVICES, together: TOGETHER, senders: DEVICES });
    defer(() => crowd.close());
    const file = openSync(join(folder, 'raw'), 'w');
    defer(() => closeSync(file));

    const acks: number[] = [];
    const late: number[] = [];
    const syncs: number[] = [];
    const messages = PER_SECOND * SECONDS;
    for (let round = 0; round < ROUNDS; round++) {
      syncs.push(median(syncTimes(file)));
      const load = await runLoad(crowd, round * messages, { messages, burst: 1, perSecond: PER_SECOND });
      insist(load.acknowledged.length === messages, 'every append is acknowledged');
      acks.push(median(load.acknowledged));
      late.push(percentile(load.acknowledged, 0.95));
    }
    const ratio = median(ratios(acks, syncs));
    return [
      {
        what: `acknowledgement, p50, ${PER_SECOND}/s from ${DEVICES} devices`,
        ours: spread(acks, 'ms'),
        peer: `write + fdatasync: ${spread(syncs, 'ms')}`,
        ratio: `${times(ratio)} fdatasync`,
        target: '≤3 fdatasync',
        isMet: ratio <= 3,
        note: `p95 ${short(median(late))} ms; conversations of ${TOGETHER} devices, ${ROUNDS} rounds of ${SECONDS} s; all devices are in one process beside the relay`,
      },
    ];
  },
};

function syncTimes(file: number): readonly number[] {
  return Array.from({ length: SYNCS }, () => {
    const bytes = randomBytes(MESSAGE_BYTES);
    const from = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    return performance.now() - from;
  });
}
