/**
 * A disk that is full (ENOSPC) or broken (EIO) for a while, at every write of the relay: what is
 * acknowledged meanwhile must survive a power cut, reads go on, `/readyz` says so, and when the disk
 * is well again the same process takes everything that was refused.
 */
import { TestRelay } from '../helpers/relay';
import { SeededRandom } from '../helpers/seededRandom';
import type { PowerCutDisk } from './powerCut';
import { RelayTown } from './relayTown';

export interface DiskTroubleOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly disk: PowerCutDisk;
  readonly say: (line: string) => void;
}

export interface DiskTroubleReport {
  readonly acknowledged: number;
  readonly chunks: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

const PATIENCE_MS = 20_000;

export async function diskTrouble(options: DiskTroubleOptions): Promise<DiskTroubleReport> {
  const { disk, say } = options;
  const random = new SeededRandom(options.seed);
  const town = new RelayTown(random, 8);
  const { ledger } = town;
  const relay = await TestRelay.start({ dataFolder: disk.dataFolder, env: disk.env });
  await town.setUp(relay);
  const readiness = async (): Promise<number> => (await fetch(`${relay.address}/readyz`)).status;
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const how = random.oneOf(['ENOSPC', 'EIO'] as const);
      let isOver = false;
      const loading = town.load(relay, () => isOver);
      const goOn = async (what: string): Promise<void> => {
        const [envelopes, chunks] = [ledger.acknowledged, ledger.chunks.length];
        await until(what, () => ledger.acknowledged > envelopes + 20 && ledger.chunks.length > chunks);
      };
      await goOn('writes before the trouble');
      const refusedBefore = town.refused;
      disk.fail(how);
      await until('refusals', () => town.refused > refusedBefore + 8);
      const during = ledger.acknowledged + ledger.chunks.length;
      if ((await readiness()) !== 503) ledger.faults.push(`${how}: /readyz did not say so`);
      await town.check(relay); // reads
      if (ledger.acknowledged + ledger.chunks.length > during)
        ledger.faults.push(`${how}: acknowledged without a disk`);
      disk.fail(undefined);
      await until('readiness', async () => (await readiness()) === 200);
      await goOn('writes after the trouble');
      isOver = true;
      await loading;
      say(`round ${String(round)}, ${how}: ${String(town.refused - refusedBefore)} refused, then all taken`);
    }
  } catch (error) {
    throw new Error(`the relay said:\n${relay.output}`, { cause: error });
  } finally {
    await relay.kill();
  }
  const dataFolder = await disk.crashed();
  const next = await TestRelay.start({ dataFolder, env: disk.env });
  await town.check(next).finally(() => next.stop());
  const { acknowledged, chunks, faults } = ledger;
  return { acknowledged, chunks: chunks.length, refused: town.refused, faults };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
