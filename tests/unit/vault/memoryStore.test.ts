import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/vault/memoryStore';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { all, bytes, put, text, valueOf, write } from '../../contract/vault.contract';

const rowsOf = async (store: MemoryStore): Promise<readonly string[]> =>
  (await createMemoryVault({ store }).range('rows', all)).map(({ value }) => text(value));

describe('a crash', () => {
  it('may lose relaxed batches, as a suffix, but none before a strict one', async () => {
    const store = new MemoryStore();
    const vault = createMemoryVault({ store });
    await write(vault, [put([1, 1], 'a')]);
    valueOf(await vault.commit({ writes: [put([1, 2], 'b')], strict: true }));
    for (const [i, content] of ['c', 'd', 'e'].entries()) await write(vault, [put([1, 3 + i], content)]);
    expect(store.unsynced).toBe(3);
    store.crash(2);
    expect(await rowsOf(store)).toEqual(['a', 'b', 'c']);
    store.crash(99);
    expect(await rowsOf(store)).toEqual(['a', 'b', 'c']);
  });

  it('undoes replaced and deleted rows and versions, and nothing that was strict', async () => {
    const store = new MemoryStore();
    const vault = createMemoryVault({ store });
    await write(vault, [put([1, 1], 'a'), put([1, 2], 'b'), put([2, 1], 'c')]);
    const term = valueOf(await vault.takeLead());
    await write(vault, [put([1, 1], 'x'), { store: 'rows', deleteRange: all }, put([1, 2], 'y')], {
      term,
      log: { number: 4, version: 0 },
    });
    await write(vault, [], { term, log: { number: 4, version: 1 } });
    store.crash(2);
    expect(await rowsOf(store)).toEqual(['a', 'b', 'c']);
    const later = createMemoryVault({ store });
    expect(await later.logVersion(4)).toBe(0);
    expect(valueOf(await later.takeLead())).toBe(term + 1);
  });

  it('keeps every intent', async () => {
    const store = new MemoryStore();
    valueOf(await createMemoryVault({ store }).addIntent(bytes('kept')));
    store.crash(9);
    expect(await createMemoryVault({ store }).range('intents', all)).toHaveLength(1);
  });

  it('ends every handle, and observers fall silent', async () => {
    const store = new MemoryStore();
    const vault = createMemoryVault({ store });
    vault.observe(
      (reader) => reader.range('rows', all),
      () => expect.unreachable(),
    );
    store.crash();
    expect(await vault.addIntent(bytes(''))).toMatchObject({ ok: false });
    await rowsOf(store);
  });
});

describe('a snapshot', () => {
  it('is a profile of its own: a clone, or an old state to roll back to', async () => {
    const store = new MemoryStore();
    const vault = createMemoryVault({ store });
    await write(vault, [put([1, 1], 'a')]);
    const snapshot = store.snapshot();
    await write(vault, [put([1, 1], 'b')]);
    const clone = MemoryStore.fromSnapshot(snapshot);
    await write(createMemoryVault({ store: clone }), [put([1, 2], 'clone')]);
    expect(await rowsOf(store)).toEqual(['b']);
    expect(await rowsOf(clone)).toEqual(['a', 'clone']);
    expect(await rowsOf(MemoryStore.fromSnapshot(snapshot))).toEqual(['a']);
  });
});

describe('faults', () => {
  it('fail the kinds of write they name', async () => {
    const vault = createMemoryVault({
      faults: { failWrite: (kind) => (kind === 'lead' ? 'storage-failed' : undefined), failRead: () => true },
    });
    await write(vault, [put([1, 1], 'a')]);
    expect(await vault.takeLead()).toMatchObject({
      ok: false,
      error: { type: 'storage-failed', then: 'retry' },
    });
    await expect(vault.get('rows', [1, 1])).rejects.toMatchObject({ failure: { type: 'storage-failed' } });
  });
});
