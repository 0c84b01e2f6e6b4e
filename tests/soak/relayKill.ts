/**
 * Promise P1 on the real relay: while senders with real sockets write, the process is killed at a
 * moment nobody chose (SIGKILL), started again, and asked for everything it ever acknowledged.
 *
 * What it lies on is passed in: the plain disk, or one that forgets what was not synced (`powerCut.ts`).
 */
import { TestRelay, type TestRelayOptions } from '../helpers/relay';
import { SeededRandom } from '../helpers/seededRandom';
import { RelayTown, type Disk } from './relayTown';

const PLAIN_DISK: Disk = { env: {}, crashed: async (dataFolder) => dataFolder };

export interface RelayKillOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Empty, or not there yet. */
  readonly dataFolder: string;
  readonly disk?: Disk;
  readonly senders?: number;
  /** Acknowledged envelopes of a round after which the kill comes: somewhere between the two. */
  readonly killAfter?: readonly [number, number];
  readonly relay?: Pick<TestRelayOptions, 'main' | 'nodeArgs'>;
  readonly say?: (line: string) => void;
}

export interface RelayKillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Stored, and the answer lost: these were sent again. */
  readonly unheard: number;
  readonly chunks: number;
  /** Empty when every promise was kept. */
  readonly faults: readonly string[];
}

export async function relayKill(options: RelayKillOptions): Promise<RelayKillReport> {
  const { disk = PLAIN_DISK, senders = 12, killAfter = [30, 400], say = () => undefined } = options;
  const random = new SeededRandom(options.seed);
  const town = new RelayTown(random, senders);
  const { ledger } = town;
  let { dataFolder } = options;

  for (let round = 1; round <= options.rounds; round++) {
    const relay = await TestRelay.start({ ...options.relay, dataFolder, env: disk.env });
    const before = { acknowledged: ledger.acknowledged, chunks: ledger.chunks.length };
    const end = before.acknowledged + random.between(...killAfter);
    town.onAcknowledged = () => {
      if (ledger.acknowledged >= end && ledger.chunks.length > before.chunks) void relay.kill();
    };
    try {
      if (round === 1) await town.setUp(relay);
      await town.check(relay);
      await town.load(relay);
    } catch (error) {
      throw new Error(`the relay said:\n${relay.output}`, { cause: error });
    } finally {
      await relay.kill();
    }
    dataFolder = await disk.crashed(dataFolder);
    const count = ledger.acknowledged - before.acknowledged;
    say(
      `round ${String(round)}: ${String(count)} acknowledged, ${String(ledger.faults.length)} faults so far`,
    );
  }
  const last = await TestRelay.start({ ...options.relay, dataFolder, env: disk.env });
  await town.check(last).finally(() => last.stop());
  const { acknowledged, unheard, chunks, faults } = ledger;
  return { rounds: options.rounds, acknowledged, unheard, chunks: chunks.length, faults };
}
