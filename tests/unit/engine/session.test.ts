import { describe, expect, it, vi } from 'vitest';
import { watchLogs } from '../../../src/engine/session';
import { ok } from '../../../src/lib/result';
import type { LogRunner } from '../../../src/sync/logRunner';
import { FRESH_PROGRESS } from '../../../src/sync/logState';
import type { RelayClient } from '../../../src/sync/relayClient';

/** A log read up to `cursor`; the relay says `head`, and meanwhile the log moves on to `later`. */
async function watch(cursor: number, head: number, later = cursor) {
  const watched = vi.fn();
  const runner = {
    state: {
      core: { kind: 'group', log: 'a'.repeat(64), readKey: new Uint8Array(32) },
      progress: { ...FRESH_PROGRESS, isCreated: true, cursor },
    },
    watched,
  };
  const relay = {
    request: () => {
      runner.state.progress = { ...runner.state.progress, cursor: later };
      return Promise.resolve(ok([[0, head, 1, 0, []]]));
    },
  };
  const said = await watchLogs(relay as unknown as RelayClient, [runner as unknown as LogRunner]);
  return { said, heads: watched.mock.calls.map(([told]) => told as number) };
}

describe('what the relay says of watched logs (SPEC F7, Q3)', () => {
  it('is told to the runner', async () => {
    expect(await watch(4, 6)).toEqual({ said: 'watched', heads: [6] });
  });
  it('is a loss when its head is below what was read, and nobody is told', async () => {
    expect(await watch(4, 3)).toEqual({ said: 'behind', heads: [] });
  });
  it('is no loss when the log was pushed further while the answer was on its way', async () => {
    expect(await watch(4, 4, 5)).toEqual({ said: 'watched', heads: [5] });
  });
});
