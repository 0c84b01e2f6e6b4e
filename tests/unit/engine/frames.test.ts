/** What is asked of the relay for a large town goes in frames that the relay takes. */
import { describe, expect, it } from 'vitest';
import { EMPTY_DIRECTORY, type Directory } from '../../../src/domain/directory';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import { setPasses } from '../../../src/engine/passes';
import { watchLogs } from '../../../src/engine/session';
import { ok } from '../../../src/lib/result';
import { OP } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import type { LogRunner } from '../../../src/sync/logRunner';
import { FRESH_PROGRESS } from '../../../src/sync/logState';
import type { RelayClient } from '../../../src/sync/relayClient';

const hex = (n: number, bytes: number) => n.toString(16).padStart(2 * bytes, '0');
const keyOf = (n: number) => new Uint8Array(Buffer.from(hex(n, 32), 'hex'));

/** Answers each request, and keeps what was asked: operation and list. */
function relay(answer: (op: number, list: readonly unknown[]) => unknown): {
  readonly client: RelayClient;
  readonly asked: (readonly [number, readonly unknown[]])[];
} {
  const asked: (readonly [number, readonly unknown[]])[] = [];
  const client: unknown = {
    request: ([op, list = []]: readonly [number, (readonly unknown[])?]) => {
      asked.push([op, list]);
      return Promise.resolve(ok(answer(op, list)));
    },
  };
  return { client: client as RelayClient, asked };
}

function townOf(count: number): Directory {
  const person = 'a'.repeat(32) as PersonId;
  const devices = Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const id = hex(n, 16) as DeviceId;
      const facts = {
        id,
        signatureKey: new Uint8Array(32),
        relayKey: keyOf(n),
        keyPackage: new Uint8Array(1),
        mailbox: hex(n, 32) as LogId,
      };
      return [id, { facts, person, addedAt: 0, from: 1, to: undefined }];
    }),
  );
  const persons = { [person]: { id: person, name: 'Anna', admin: [], from: 1, to: undefined } };
  return { ...EMPTY_DIRECTORY, persons, devices };
}

describe('frames of a large town', () => {
  it('passes are given and taken in parts, all of them, revocation first (K8)', async () => {
    const strangers = Array.from({ length: 1_500 }, (_, n) => [keyOf(1_000_000 + n), false]);
    const { client, asked } = relay((op) => (op === OP.passes ? strangers : null));
    expect(await setPasses(client, townOf(2_300), 9)).toBe(true);
    const sizes = (op: number) => asked.filter(([one]) => one === op).map(([, list]) => list.length);
    expect(sizes(OP.revoke)).toEqual([1_000, 500]);
    expect(sizes(OP.admit)).toEqual([1_000, 1_000, 300]);
    expect(asked.findIndex(([op]) => op === OP.admit)).toBeGreaterThan(
      asked.findLastIndex(([op]) => op === OP.revoke),
    );
  });

  it('logs are watched in parts, and each runner hears of its own', async () => {
    const heads = new Map<number, number>();
    const runners = Array.from({ length: LIMITS.watchLogs + 100 }, (_, n): LogRunner => {
      const runner: unknown = {
        state: {
          core: { kind: 'group', log: hex(n, 32), readKey: new Uint8Array(32) },
          progress: FRESH_PROGRESS,
        },
        watched: (head: number) => heads.set(n, head),
      };
      return runner as LogRunner;
    });
    const { client, asked } = relay((_op, list) =>
      list.flatMap((item, index) => {
        const n = Buffer.from((item as readonly [Uint8Array])[0]).readUInt32BE(28);
        return n % 7 === 0 ? [[index, n, 1, 0, []]] : [];
      }),
    );
    expect(await watchLogs(client, runners)).toBe('watched');
    expect(asked.map(([, list]) => list.length)).toEqual([LIMITS.watchLogs, 100]);
    expect(heads.size).toBe(runners.length);
    for (const [n, head] of heads) expect(head, `${n}`).toBe(n % 7 === 0 ? n : 0);
  });
});
