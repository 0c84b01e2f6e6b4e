/** What a durable append costs in a small and in a large database, against the floor that the disk sets. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '../../../server/hashes';
import type { AppendRequest, LogStore } from '../../../server/stores/logStore';
import type { Bytes } from '../../../src/lib/bytes';
import { fillStore, openStore, requestFor } from '../relay/bigStore';
import { insist, type Figure, type Row } from '../row';
import { median, ratios, short, spread, timed, times } from '../stats';

const BATCH = 64;
const ROUNDS = 40;
const LOGS = 100_000;
const ROWS = 1_000_000;

export const appendRow: Row = {
  name: 'append',
  title: 'Durable append',
  async run({ folder, defer, say }) {
    say(`filling a database with ${ROWS} rows in ${LOGS} logs …`);
    const small = fillStore(join(folder, 'small.db'), 1_000, 0);
    const large = fillStore(join(folder, 'large.db'), LOGS, ROWS);
    const stores = { small: await openStore(small.file), large: await openStore(large.file) };
    const raw = openSync(join(folder, 'raw'), 'w');
    defer(async () => {
      closeSync(raw);
      await stores.small.end();
      await stores.large.end();
    });

    const loop: number[] = [];
    const ofSmall: number[] = [];
    const ofLarge: number[] = [];
    const reconnect: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const batch = requests(small.logs, BATCH);
      loop.push(await timed(() => syncedLoop(raw, batch)));
      ofSmall.push(await timed(() => append(stores.small, batch)));
      const another = requests(large.logs, BATCH);
      ofLarge.push(await timed(() => append(stores.large, another)));
      const watched = Array.from({ length: 200 }, () => ({ log: pick(large.logs), afterPut: 0 }));
      reconnect.push(await timed(() => stores.large.watch(watched)));
    }
    return [
      figure('batch of 64 into an empty database', ofSmall, loop, 5),
      figure('batch of 64 at 1,000,000 rows in 100,000 logs', ofLarge, loop, 3),
      {
        what: 'state of 200 of 100,000 logs for a reconnect',
        ours: spread(reconnect, 'ms'),
      },
    ];
  },
};

function figure(what: string, ours: readonly number[], loop: readonly number[], atLeast: number): Figure {
  const faster = median(ratios(loop, ours));
  return {
    what,
    ours: `${short(median(ours))} ms`,
    peer: `64 × (append + fdatasync): ${short(median(loop))} ms`,
    ratio: `${times(faster)} as fast`,
    target: `≥${atLeast}×`,
    isMet: faster >= atLeast,
    note: `medians of ${ROUNDS} interleaved rounds; each request goes to a log drawn at random, through the store's own thread, and is answered after fsync`,
  };
}

function requests(logs: readonly Bytes[], count: number): readonly AppendRequest[] {
  return Array.from({ length: count }, () => requestFor(pick(logs)));
}

function pick(logs: readonly Bytes[]): Bytes {
  return logs[Math.floor(Math.random() * logs.length)] ?? randomBytes(32);
}

function syncedLoop(file: number, batch: readonly AppendRequest[]): void {
  for (const { envelopes } of batch)
    for (const { bytes } of envelopes) {
      writeSync(file, bytes);
      fdatasyncSync(file);
    }
}

async function append(store: LogStore, batch: readonly AppendRequest[]): Promise<void> {
  const outcomes = await store.append(batch);
  insist(
    outcomes.length === batch.length && outcomes.every(({ appended }) => appended[0]?.isNew === true),
    'every envelope of the batch is new and stored',
  );
}
