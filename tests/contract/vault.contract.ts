/**
 * What every vault must do, whatever keeps it. An adapter's test file calls `vaultContract` with a
 * harness; `open` twice on one device is two tabs, and on a device closed before it is a restart.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../src/lib/result';
import type { Bytes } from '../../src/lib/bytes';
import type { Vault, VaultFailure, VaultKey, VaultRow, VaultWrite } from '../../src/vault/vault';

export interface VaultDevice {
  open(): Promise<Vault>;
  /** The next write to the disk fails half-way. */
  failNextWrite(type: 'storage-full' | 'storage-failed'): void;
}

export function vaultContract(name: string, createDevice: () => VaultDevice): void {
  describe(`${name} keeps the vault's contract`, () => {
    let device: VaultDevice;
    let vault: Vault;
    const opened: Vault[] = [];
    const open = async (): Promise<Vault> => {
      const one = await device.open();
      opened.push(one);
      return one;
    };

    beforeEach(async () => {
      device = createDevice();
      vault = await open();
    });
    afterEach(() => opened.splice(0).forEach((one) => one.close()));

    describe('rows', () => {
      it('answers undefined and nothing for what was never written', async () => {
        expect(await vault.get('rows', [1, 1])).toBeUndefined();
        expect(await vault.range('rows', all)).toEqual([]);
      });

      it('keeps the stores apart, replaces and deletes', async () => {
        await write(vault, [put([1, 1], 'row'), { store: 'views', key: [1, 1], value: bytes('view') }]);
        await write(vault, [put([1, 1], 'new row')]);
        expect(await vault.get('rows', [1, 1])).toEqual(bytes('new row'));
        expect(await vault.get('views', [1, 1])).toEqual(bytes('view'));
        await write(vault, [
          { store: 'rows', delete: [1, 1] },
          { store: 'rows', delete: [9, 9] },
        ]);
        expect(await vault.get('rows', [1, 1])).toBeUndefined();
        expect(await vault.get('views', [1, 1])).toEqual(bytes('view'));
      });

      it('orders by the first number, then the second, as numbers', async () => {
        const max = Number.MAX_SAFE_INTEGER;
        const sorted: readonly VaultKey[] = [
          [0, 0],
          [0, max],
          [1, 2],
          [1, 10],
          [2, 0],
          [10, 0],
          [max, 0],
          [max, max],
        ];
        await write(
          vault,
          [3, 0, 7, 5, 1, 6, 2, 4].map((i) => put(sorted[i] ?? [0, 0], String(i))),
        );
        expect(keysOf(await vault.range('rows', all))).toEqual(sorted);
        expect(keysOf(await vault.range('rows', { ...all, reverse: true }))).toEqual([...sorted].reverse());
      });

      it('answers ranges with both ends, limits and both directions', async () => {
        await write(vault, [
          put([1, 9], ''),
          ...[1, 2, 3, 4, 5].map((n) => put([2, n], '')),
          put([3, 0], ''),
        ]);
        const range = { from: [2, 2], to: [2, 4] } as const;
        const seconds = async (more: object): Promise<readonly number[]> =>
          (await vault.range('rows', { ...range, ...more })).map(({ key }) => key[1]);
        expect(await seconds({})).toEqual([2, 3, 4]);
        expect(await seconds({ limit: 2 })).toEqual([2, 3]);
        expect(await seconds({ limit: 9 })).toEqual([2, 3, 4]);
        expect(await seconds({ limit: 0 })).toEqual([]);
        expect(await seconds({ reverse: true })).toEqual([4, 3, 2]);
        expect(await seconds({ reverse: true, limit: 1 })).toEqual([4]);
        expect(await seconds({ reverse: true, limit: 2 })).toEqual([4, 3]);
        expect(await seconds({ reverse: true, limit: 9 })).toEqual([4, 3, 2]);
        expect(await seconds({ from: [2, 3], to: [2, 3] })).toEqual([3]);
        expect(await seconds({ from: [2, 4], to: [2, 2] })).toEqual([]);
        expect(keysOf(await vault.range('rows', { from: [1, 0], to: [3, 0], limit: 2 }))).toEqual([
          [1, 9],
          [2, 1],
        ]);
        expect(
          keysOf(await vault.range('rows', { from: [1, 0], to: [3, 0], limit: 2, reverse: true })),
        ).toEqual([
          [3, 0],
          [2, 5],
        ]);
      });

      it('deletes ranges with both ends, across first numbers, and nothing for an empty one', async () => {
        await write(vault, [
          put([1, 8], ''),
          put([1, 9], ''),
          put([2, 0], ''),
          put([3, 0], ''),
          put([3, 1], ''),
        ]);
        await write(vault, [{ store: 'rows', deleteRange: { from: [3, 1], to: [3, 0] } }]);
        expect(await vault.range('rows', all)).toHaveLength(5);
        await write(vault, [{ store: 'rows', deleteRange: { from: [1, 9], to: [3, 0] } }]);
        expect(keysOf(await vault.range('rows', all))).toEqual([
          [1, 8],
          [3, 1],
        ]);
      });

      it('applies the writes of a batch in their order', async () => {
        await write(vault, [
          put([1, 1], 'before'),
          { store: 'rows', deleteRange: { from: [1, 0], to: [1, 9] } },
          put([1, 2], 'first'),
          put([1, 2], 'second'),
          put([1, 3], 'gone'),
          { store: 'rows', delete: [1, 3] },
        ]);
        expect((await vault.range('rows', all)).map(({ key, value }) => [key, text(value)])).toEqual([
          [[1, 2], 'second'],
        ]);
      });

      it('keeps its own bytes, whole and no more', async () => {
        const backing = bytes('..inside..');
        const view = backing.subarray(2, 8);
        await write(vault, [{ store: 'rows', key: [1, 1], value: view }]);
        backing.fill(0);
        const read = await vault.get('rows', [1, 1]);
        expect(read).toEqual(bytes('inside'));
        expect(read?.buffer.byteLength).toBe(6);
        read?.fill(0);
        expect(await vault.get('rows', [1, 1])).toEqual(bytes('inside'));
      });

      it('keeps empty and large values', async () => {
        const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
        await write(vault, [put([1, 1], ''), { store: 'rows', key: [1, 2], value: large }]);
        expect(await vault.get('rows', [1, 1])).toEqual(new Uint8Array(0));
        expect(Buffer.compare((await vault.get('rows', [1, 2])) ?? bytes(''), large)).toBe(0);
      });

      it('takes an empty batch', async () => {
        await write(vault, []);
      });

      it('refuses keys that would sort differently elsewhere', async () => {
        for (const key of [
          [-1, 0],
          [0.5, 0],
          [0, 2 ** 53],
          [Number.NaN, 0],
        ] as const) {
          await expect((async () => vault.commit({ writes: [put(key, '')] }))()).rejects.toThrow(
            'safe integers',
          );
        }
      });

      it('survives a restart', async () => {
        await write(vault, [put([1, 1], 'kept')]);
        vault.close();
        expect(await (await open()).get('rows', [1, 1])).toEqual(bytes('kept'));
      });
    });

    describe('V1: a batch is whole or not at all', () => {
      it.each(['storage-full', 'storage-failed'] as const)(
        'writes none of 1,000 rows when one write fails with %s',
        async (type) => {
          await write(vault, [put([1, 0], 'old'), put([7, 7], 'old')]);
          device.failNextWrite(type);
          const result = await vault.commit({
            writes: [
              { store: 'rows', delete: [7, 7] },
              ...Array.from({ length: 1000 }, (_, i) => put([1, i], 'new')),
              { store: 'views', key: [1, 1], value: bytes('new') },
            ],
          });
          expect(result).toMatchObject({ ok: false, error: { type } });
          expect((await vault.range('rows', all)).map(({ value }) => text(value))).toEqual(['old', 'old']);
          expect(await vault.get('views', [1, 1])).toBeUndefined();
        },
      );

      it('goes on after a failure', async () => {
        device.failNextWrite('storage-full');
        expect(await vault.addIntent(bytes('lost'))).toMatchObject({
          ok: false,
          error: { type: 'storage-full', then: 'stop' },
        });
        valueOf(await vault.addIntent(bytes('kept')));
        expect((await vault.range('intents', all)).map(({ value }) => text(value))).toEqual(['kept']);
      });
    });

    describe('V3: fences', () => {
      it('gives every leader a higher term, from any handle and after a restart', async () => {
        const other = await open();
        const terms = [
          valueOf(await vault.takeLead()),
          valueOf(await other.takeLead()),
          valueOf(await vault.takeLead()),
        ];
        vault.close();
        terms.push(valueOf(await (await open()).takeLead()));
        expect(terms).toEqual([...terms].sort((a, b) => a - b));
        expect(new Set(terms).size).toBe(4);
      });

      it('writes for the latest leader only', async () => {
        const other = await open();
        const old = valueOf(await vault.takeLead());
        await write(vault, [put([1, 1], 'old leader')], { term: old });
        const latest = valueOf(await other.takeLead());
        expect(await vault.commit({ writes: [put([1, 1], 'too late')], fence: { term: old } })).toMatchObject(
          { ok: false, error: { type: 'fenced', then: 'stop' } },
        );
        expect(
          await vault.commit({ writes: [put([1, 1], 'never taken')], fence: { term: latest + 1 } }),
        ).toMatchObject({ ok: false });
        expect(await vault.get('rows', [1, 1])).toEqual(bytes('old leader'));
        await write(other, [put([1, 1], 'new leader')], { term: latest });
        expect(await vault.get('rows', [1, 1])).toEqual(bytes('new leader'));
      });

      it("raises a log's version by one with every batch that names it, and with no other", async () => {
        const term = valueOf(await vault.takeLead());
        expect(await vault.logVersion(5)).toBe(0);
        await write(vault, [put([1, 1], 'a')], { term, log: { number: 5, version: 0 } });
        await write(vault, [put([1, 1], 'b')], { term, log: { number: 5, version: 1 } });
        await write(vault, [put([1, 1], 'c')], { term });
        await write(vault, [put([1, 1], 'd')]);
        await write(vault, [], { term, log: { number: 6, version: 0 } });
        expect([await vault.logVersion(5), await vault.logVersion(6), await vault.logVersion(7)]).toEqual([
          2, 1, 0,
        ]);
      });

      it('refuses what was computed from another version, and changes nothing', async () => {
        const term = valueOf(await vault.takeLead());
        await write(vault, [put([1, 1], 'kept')], { term, log: { number: 5, version: 0 } });
        for (const version of [0, 2]) {
          const result = await vault.commit({
            writes: [put([1, 1], 'lost')],
            fence: { term, log: { number: 5, version } },
          });
          expect(result).toMatchObject({ ok: false, error: { type: 'fenced' } });
        }
        expect(await vault.get('rows', [1, 1])).toEqual(bytes('kept'));
        expect(await vault.logVersion(5)).toBe(1);
      });

      it('lets exactly one of two batches from the same version through', async () => {
        const other = await open();
        const term = valueOf(await vault.takeLead());
        const fence = { term, log: { number: 5, version: 0 } };
        const results = await Promise.all(
          [vault, other].map((one, i) => one.commit({ writes: [put([1, i], '')], fence })),
        );
        expect(results.filter(({ ok }) => ok)).toHaveLength(1);
        expect(await vault.range('rows', all)).toHaveLength(1);
        expect(await vault.logVersion(5)).toBe(1);
      });
    });

    describe('intents', () => {
      it('numbers them upwards from any handle, all at once', async () => {
        const other = await open();
        const numbers = await Promise.all(
          [vault, other, vault, other].map(async (one, i) => valueOf(await one.addIntent(bytes(String(i))))),
        );
        expect(new Set(numbers).size).toBe(4);
        for (const [i, number] of numbers.entries())
          expect(await vault.get('intents', [number, 0])).toEqual(bytes(String(i)));
      });

      it('never gives a number again, not even after deletion and restart', async () => {
        const first = valueOf(await vault.addIntent(bytes('a')));
        await write(vault, [{ store: 'intents', deleteRange: all }]);
        const second = valueOf(await vault.addIntent(bytes('b')));
        await write(vault, [{ store: 'intents', delete: [second, 0] }]);
        vault.close();
        const third = valueOf(await (await open()).addIntent(bytes('c')));
        expect(first).toBeGreaterThan(0);
        expect(second).toBeGreaterThan(first);
        expect(third).toBeGreaterThan(second);
      });
    });

    describe('V4: observers', () => {
      const rowTexts = (one: Vault, onValue: (texts: readonly string[]) => void): (() => void) =>
        one.observe(
          async (reader) =>
            (await reader.range('rows', { from: [1, 0], to: [1, 9] })).map(({ value }) => text(value)),
          onValue,
        );

      it('tells what is there, then own writes and those of other handles', async () => {
        const other = await open();
        const seen = recorder<readonly string[]>();
        rowTexts(vault, seen.push);
        await seen.until((texts) => texts.length === 0);
        await write(vault, [put([1, 1], 'own')]);
        await seen.until((texts) => texts.includes('own'));
        await write(other, [put([1, 2], 'other')]);
        await seen.until((texts) => texts.join() === 'own,other');
        await write(other, [{ store: 'rows', deleteRange: { from: [0, 0], to: [1, 1] } }]);
        await seen.until((texts) => texts.join() === 'other');
      });

      it('hears of intents', async () => {
        const other = await open();
        const seen = recorder<number>();
        vault.observe(async (reader) => (await reader.range('intents', all)).length, seen.push);
        await seen.until((count) => count === 0);
        await other.addIntent(bytes('a'));
        await seen.until((count) => count === 1);
      });

      it('follows a single key that is not there yet', async () => {
        const seen = recorder<string | undefined>();
        vault.observe(async (reader) => {
          const value = await reader.get('views', [3, 3]);
          return value === undefined ? undefined : text(value);
        }, seen.push);
        await seen.until((value) => value === undefined);
        await write(vault, [{ store: 'views', key: [3, 3], value: bytes('now') }]);
        await seen.until((value) => value === 'now');
      });

      it('is not called for what it did not read', async () => {
        const seen = recorder<readonly string[]>();
        const everything = recorder<number>();
        rowTexts(vault, seen.push);
        vault.observe(
          async (reader) =>
            (await reader.range('rows', all)).length + (await reader.range('views', all)).length,
          everything.push,
        );
        await seen.until(() => true);
        await everything.until((count) => count === 0);
        await write(vault, [put([2, 1], ''), put([1, 10], ''), put([0, 5], '')]);
        await write(vault, [{ store: 'views', key: [1, 1], value: bytes('') }]);
        await everything.until((count) => count === 4);
        expect(seen.values).toEqual([[]]);
      });

      it('is not called after it was stopped, not even by itself', async () => {
        const seen = recorder<readonly string[]>();
        const stop = rowTexts(vault, (texts) => {
          seen.push(texts);
          if (texts.length === 1) stop();
        });
        const stopAtOnce = rowTexts(vault, () => expect.unreachable());
        stopAtOnce();
        await seen.until((texts) => texts.length === 0);
        await write(vault, [put([1, 1], 'a')]);
        await seen.until((texts) => texts.length === 1);
        await write(vault, [put([1, 2], 'b')]);
        const later = recorder<readonly string[]>();
        rowTexts(vault, later.push);
        await later.until((texts) => texts.length === 2);
        expect(seen.values).toEqual([[], ['a']]);
      });

      it('never sees half of a batch', async () => {
        const seen = recorder<readonly string[]>();
        vault.observe(async (reader) => {
          const one = await reader.get('rows', [1, 1]);
          const two = await reader.get('views', [1, 1]);
          return [one, two].map((value) => (value === undefined ? '-' : text(value)));
        }, seen.push);
        await Promise.all(
          Array.from({ length: 30 }, (_, i) =>
            write(vault, [put([1, 1], String(i)), { store: 'views', key: [1, 1], value: bytes(String(i)) }]),
          ),
        );
        await seen.until(([one]) => one === '29');
        for (const [one, two] of seen.values) expect(one).toBe(two);
      });

      it('gathers a burst of batches into fewer calls', async () => {
        const seen = recorder<number>();
        vault.observe(async (reader) => (await reader.range('rows', all)).length, seen.push);
        await seen.until((count) => count === 0);
        await Promise.all(Array.from({ length: 100 }, (_, i) => write(vault, [put([1, i], '')])));
        await seen.until((count) => count === 100);
        expect(seen.values.length).toBeLessThan(60);
        expect(seen.values).toEqual([...seen.values].sort((a, b) => a - b));
      });
    });

    describe('V5: refusals', () => {
      const view: VaultWrite = { store: 'views', key: [1, 1], value: bytes('a') };

      it.each(['storage-full', 'storage-failed'] as const)('tells every handle of %s', async (type) => {
        const other = await open();
        const [here, there] = [recorder<string>(), recorder<string>()];
        vault.observeRefusals(here.push);
        other.observeRefusals(there.push);
        device.failNextWrite(type);
        expect(await vault.commit({ writes: [view] })).toMatchObject({ error: { type } });
        await here.until((told) => told === type);
        await there.until((told) => told === type);
        await write(vault, [put([1, 1], 'b')]);
        expect([here.values, there.values]).toEqual([[type], [type]]);
      });

      it('tells nothing of a leader who was fenced off, and nobody who has stopped listening', async () => {
        const told = recorder<string>();
        const stopped = recorder<string>();
        vault.observeRefusals(told.push);
        vault.observeRefusals(stopped.push)();
        await vault.takeLead();
        expect(await vault.commit({ writes: [put([1, 1], 'a')], fence: { term: 0 } })).toMatchObject({
          error: { type: 'fenced' },
        });
        device.failNextWrite('storage-full');
        await vault.commit({ writes: [view] });
        await told.until((type) => type === 'storage-full');
        expect(told.values).toEqual(['storage-full']);
        expect(stopped.values).toEqual([]);
      });
    });

    describe('seal key', () => {
      it('is made once, not extractable, and the same for every handle and after a restart', async () => {
        let made = 0;
        const create = (): Promise<CryptoKey> => {
          made++;
          return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
        };
        const key = valueOf(await vault.sealKey(create));
        const iv = new Uint8Array(12);
        const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes('secret'));
        const other = valueOf(await (await open()).sealKey(create));
        vault.close();
        const later = valueOf(await (await open()).sealKey(create));
        for (const one of [key, other, later]) {
          expect(one.extractable).toBe(false);
          expect(new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, one, sealed))).toEqual(
            new Uint8Array(bytes('secret')),
          );
        }
        expect(made).toBe(1);
      });

      it('is one key when two tabs begin together', async () => {
        const other = await open();
        const create = (): Promise<CryptoKey> =>
          crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
        const keys = await Promise.all([vault, other].map(async (one) => valueOf(await one.sealKey(create))));
        const [a, b] = await Promise.all(
          keys.map(async (key) => Buffer.from(await crypto.subtle.exportKey('raw', key)).toString('hex')),
        );
        expect(a).toBe(b);
      });
    });

    describe('the end', () => {
      it('answers nothing after close', async () => {
        vault.close();
        const closed = { type: 'storage-failed', then: 'stop' };
        expect(await vault.commit({ writes: [put([1, 1], '')] })).toMatchObject({ ok: false, error: closed });
        expect(await vault.addIntent(bytes(''))).toMatchObject({ ok: false, error: closed });
        await expect(vault.get('rows', [1, 1])).rejects.toMatchObject({ failure: closed });
        const failures = recorder<VaultFailure>();
        vault.observe(
          async () => expect.unreachable(),
          () => expect.unreachable(),
          failures.push,
        );
        await failures.until(({ then }) => then === 'stop');
      });

      it('leaves nothing behind when erased, and ends the other handles', async () => {
        const other = await open();
        const failures = recorder<VaultFailure>();
        const values = recorder<number>();
        other.observe(async (reader) => (await reader.range('rows', all)).length, values.push, failures.push);
        await write(vault, [put([1, 1], 'a')]);
        await values.until((count) => count === 1);
        const term = valueOf(await vault.takeLead());
        await write(vault, [], { term, log: { number: 1, version: 0 } });
        valueOf(await vault.addIntent(bytes('')));
        await vault.erase();
        await failures.until(({ type, then }) => type === 'storage-failed' && then === 'stop');
        expect(await other.commit({ writes: [put([1, 1], 'b')] })).toMatchObject({
          ok: false,
          error: { then: 'stop' },
        });
        expect(await vault.commit({ writes: [put([1, 1], 'b')] })).toMatchObject({
          ok: false,
          error: { then: 'stop' },
        });
        const fresh = await open();
        expect(await fresh.range('rows', all)).toEqual([]);
        expect(await fresh.range('intents', all)).toEqual([]);
        expect(await fresh.logVersion(1)).toBe(0);
      });
    });
  });
}

export const all = { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] } as const;

export function bytes(content: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(content));
}

export function text(value: Bytes): string {
  return new TextDecoder().decode(value);
}

export function put(key: VaultKey, content: string): VaultWrite {
  return { store: 'rows', key, value: bytes(content) };
}

export async function write(
  vault: Vault,
  writes: readonly VaultWrite[],
  fence?: Parameters<Vault['commit']>[0]['fence'],
): Promise<void> {
  valueOf(await vault.commit(fence === undefined ? { writes } : { writes, fence }));
}

export function valueOf<T>(result: Result<T, VaultFailure>): T {
  if (!result.ok) throw new Error(`unexpected failure: ${JSON.stringify(result.error)}`);
  return result.value;
}

export function keysOf(rows: readonly VaultRow[]): readonly VaultKey[] {
  return rows.map(({ key }) => key);
}

/** Remembers what an observer told, and waits until it tells the right thing (or the test times out). */
export function recorder<T>(): {
  readonly values: readonly T[];
  readonly push: (value: T) => void;
  until(isRight: (value: T) => boolean): Promise<void>;
} {
  const values: T[] = [];
  let waiting: (() => void)[] = [];
  return {
    values,
    push(value) {
      values.push(value);
      for (const wake of waiting.splice(0)) wake();
    },
    async until(isRight) {
      waiting = [];
      for (;;) {
        const last = values.at(-1);
        if (values.length > 0 && isRight(last as T)) return;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
