import { describe, expect, it } from 'vitest';
import { startObservation } from '../../../src/vault/observation';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';
import type { TouchedRange } from '../../../src/vault/vaultKeys';
import { put, recorder, text, write } from '../../contract/vault.contract';

const seenRange: TouchedRange = { store: 'rows', from: [1, 0], to: [1, 9] };

/** A read that ends when the test says so. */
function createSlowRead(): {
  readonly runs: number;
  end(value: string): void;
  runRead(seen: TouchedRange[]): Promise<string>;
} {
  const ends: ((value: string) => void)[] = [];
  let runs = 0;
  return {
    get runs() {
      return runs;
    },
    end: (value) => ends.shift()?.(value),
    runRead(seen) {
      runs++;
      seen.push(seenRange);
      return new Promise((resolve) => ends.push(resolve));
    },
  };
}

function observeSlowly(): {
  slow: ReturnType<typeof createSlowRead>;
  seen: ReturnType<typeof recorder<string>>;
  observation: ReturnType<typeof startObservation>;
} {
  const slow = createSlowRead();
  const seen = recorder<string>();
  const observation = startObservation<string>({
    read: () => expect.unreachable(),
    runRead: (_, touched) => slow.runRead(touched),
    onValue: seen.push,
    onError: undefined,
  });
  return { slow, seen, observation };
}

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('observation', () => {
  it('O2: reads again for a batch that was told while it read', async () => {
    const { slow, seen, observation } = observeSlowly();
    await microtasks();
    observation.tell([{ store: 'rows', from: [1, 5], to: [1, 5] }]);
    slow.end('before');
    await microtasks();
    expect(slow.runs).toBe(2);
    slow.end('after');
    await seen.until((value) => value === 'after');
  });

  it('O1: reads once more for any number of them, and not for others', async () => {
    const { slow, observation } = observeSlowly();
    await microtasks();
    for (let i = 0; i < 5; i++) observation.tell([seenRange]);
    observation.refresh();
    expect(slow.runs).toBe(1);
    slow.end('first');
    await microtasks();
    expect(slow.runs).toBe(2);
    observation.tell([{ store: 'views', from: [1, 5], to: [1, 5] }]);
    slow.end('second');
    await microtasks();
    observation.tell([{ store: 'rows', from: [1, 10], to: [2, 0] }]);
    await microtasks();
    expect(slow.runs).toBe(2);
  });

  it('O3: says nothing when it was stopped while it read', async () => {
    const { slow, seen, observation } = observeSlowly();
    await microtasks();
    observation.stop();
    slow.end('late');
    await microtasks();
    expect(seen.values).toEqual([]);
  });

  it('in memory, begins again when a batch came between two of its reads', async () => {
    const store = new MemoryStore();
    const writer = createMemoryVault({ store });
    await write(writer, [put([1, 1], 'old'), put([2, 1], 'old')]);
    const seen = recorder<string>();
    let isFirst = true;
    createMemoryVault({ store }).observe(async (reader) => {
      const one = await reader.get('rows', [1, 1]);
      if (isFirst) {
        isFirst = false;
        await write(writer, [put([1, 1], 'new'), put([2, 1], 'new')]);
      }
      const two = await reader.get('rows', [2, 1]);
      return [one, two].map((value) => (value === undefined ? '-' : text(value))).join();
    }, seen.push);
    await seen.until((value) => value === 'new,new');
    expect(seen.values).not.toContain('old,new');
  });
});
