/** What the line of truth says when the vault cannot hold it, or the engine does not write it (decision 0021). */
import { beforeEach, describe, expect, it } from 'vitest';
import { reportStuck, reportWell } from '../../../src/engine/engineReport';
import { VaultClient } from '../../../src/engine/vaultClient';
import type { StatusView } from '../../../src/engine/views';
import { VIEW } from '../../../src/records/keys';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';
import type { Vault } from '../../../src/vault/vault';
import { platformRandom } from '../../../src/crypto/random';
import { recorder, valueOf } from '../../contract/vault.contract';
import { StandingClock } from '../sync/standingClock';

const ONLINE: StatusView = {
  connection: { state: 'online' },
  waiting: 0,
  waitingSince: undefined,
  problem: undefined,
};

let clock: StandingClock;
let failure: 'storage-full' | 'storage-failed' | undefined;
/** The engine's handle of the vault, in another thread than the tab's. */
let engine: Vault;
let records: SealedRecords;
let seen: ReturnType<typeof recorder<StatusView['problem']>>;
let stop: () => void;

beforeEach(async () => {
  clock = new StandingClock();
  failure = undefined;
  const store = new MemoryStore();
  engine = createMemoryVault({ store, faults: { failWrite: () => failure } });
  const mine = valueOf(await openRecords(store));
  records = mine;
  const client = new VaultClient({
    records,
    clock,
    random: platformRandom,
    origin: 'https://depesche.example',
    onErased: () => undefined,
  });
  seen = recorder();
  await tell(ONLINE);
  stop = client.observeStatus(({ problem }) => seen.push(problem));
  await seen.until((problem) => problem === undefined);
});

function openRecords(store: MemoryStore): ReturnType<typeof SealedRecords.over> {
  return SealedRecords.over(createMemoryVault({ store, faults: { failWrite: () => failure } }));
}

async function tell(status: StatusView): Promise<void> {
  valueOf(await engine.commit({ writes: [await records.put('views', VIEW.status, status)] }));
}

/** As the engine does every five seconds while its views are not taken. */
async function tryInVain(): Promise<void> {
  const writes = [await records.put('views', VIEW.status, ONLINE)];
  expect(await engine.commit({ writes })).toMatchObject({ ok: false });
}

describe('a vault that takes nothing', () => {
  it.each(['storage-full', 'storage-failed'] as const)(
    'is shown for as long as it tells of %s',
    async (type) => {
      failure = type;
      for (let i = 0; i < 4; i++) {
        await tryInVain();
        await seen.until((problem) => problem === type);
        await clock.pass(5_000);
        expect(seen.values.at(-1)).toBe(type);
      }
      failure = undefined;
      await clock.pass(5_000);
      expect(seen.values.at(-1)).toBeUndefined();
    },
  );

  it('is not forgotten because something else about the status changes', async () => {
    failure = 'storage-full';
    await tryInVain();
    await seen.until((problem) => problem === 'storage-full');
    failure = undefined;
    const count = seen.values.length;
    await tell({ ...ONLINE, problem: 'clock-wrong' });
    await seen.until(() => seen.values.length > count);
    expect(seen.values.at(-1)).toBe('storage-full');
    await clock.pass(10_000);
    expect(seen.values.at(-1)).toBe('clock-wrong');
  });

  it('tells nobody who has gone, and leaves no timer', async () => {
    failure = 'storage-full';
    await tryInVain();
    await seen.until((problem) => problem === 'storage-full');
    stop();
    const count = seen.values.length;
    await tryInVain();
    await clock.pass(60_000);
    expect(seen.values).toHaveLength(count);
    expect(clock.waiting).toBe(0);
  });
});

describe('an engine that hangs', () => {
  it('is shown, whatever it said last, until it is well', async () => {
    await tell({ ...ONLINE, problem: 'clock-wrong' });
    await seen.until((problem) => problem === 'clock-wrong');
    await reportStuck(records, clock);
    await seen.until((problem) => problem === 'engine-stuck');
    await reportWell(records);
    await seen.until((problem) => problem === 'clock-wrong');
  });
});
