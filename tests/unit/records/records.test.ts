import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryIntent } from '../../../src/records/logRecords';
import { decodeRecord, encodeRecord } from '../../../src/records/recordCodec';
import {
  conversationViewKey,
  documentRowKey,
  LAST_CONVERSATION,
  logKey,
  LOG_PART,
  orderOf,
  presenceKey,
  rowKey,
  seqOfOrder,
  VIEW,
  WAITING_ORDER,
  type LogPart,
} from '../../../src/records/keys';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';
import { VAULT_STORES, type Vault, type VaultKey, type VaultStore } from '../../../src/vault/vault';
import { openRecords } from '../engine/records';

const all = { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] } as const;

/** What the relay or a thief could do with a row: put it under another key. */
async function move(
  vault: Vault,
  from: readonly [VaultStore, VaultKey],
  to: readonly [VaultStore, VaultKey],
): Promise<void> {
  const value = await vault.get(...from);
  if (value === undefined) throw new Error('nothing to move');
  await vault.commit({ writes: [{ store: to[0], key: to[1], value }] });
}

describe('sealed records (SPEC V5)', () => {
  it('come back under their own store and key, whatever tab opens them', async () => {
    const store = new MemoryStore();
    const records = await openRecords(store);
    await records.vault.commit({ writes: [await records.put('rows', [1, 2], { text: 'geheim' })] });
    expect(await records.get('rows', [1, 2])).toEqual({ text: 'geheim' });
    const other = await openRecords(store);
    expect(await other.get('rows', [1, 2])).toEqual({ text: 'geheim' });
    expect(await records.get('rows', [1, 3])).toBeUndefined();
  });

  it('show nothing to whoever reads the vault, and no two seals are alike', async () => {
    const records = await openRecords();
    const one = await records.seal('rows', [1, 1], { text: 'geheim' });
    const other = await records.seal('rows', [1, 1], { text: 'geheim' });
    expect(Buffer.from(one).includes('geheim')).toBe(false);
    expect(one).not.toEqual(other);
  });

  it('do not open in another place', async () => {
    const records = await openRecords();
    const { vault } = records;
    await vault.commit({ writes: [await records.put('rows', [1, 2], 'geheim')] });
    const places: (readonly [VaultStore, VaultKey])[] = [
      ...VAULT_STORES.filter((name) => name !== 'rows').map((name) => [name, [1, 2]] as const),
      ['rows', [2, 1]],
      ['rows', [1, 3]],
      ['rows', [2, 2]],
      ['rows', [12, 0]],
      ['rows', [0, 12]],
    ];
    for (const place of places) {
      await move(vault, ['rows', [1, 2]], place);
      expect(await records.get(...place), place.join('/')).toBeUndefined();
    }
    expect(await records.get('rows', [1, 2])).toBe('geheim');
  });

  it('do not open under another vault’s key, or with any byte changed', async () => {
    const [mine, other] = [await openRecords(), await openRecords()];
    const sealed = await mine.seal('rows', [1, 1], 'geheim');
    expect(await other.open('rows', [1, 1], sealed)).toMatchObject({
      ok: false,
      error: { type: 'unreadable-record', then: 'ignore' },
    });
    for (let i = 0; i < sealed.length; i++) {
      const damaged = new Uint8Array(sealed);
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      expect((await mine.open('rows', [1, 1], damaged)).ok, `byte ${i}`).toBe(false);
      expect((await mine.open('rows', [1, 1], sealed.subarray(0, i))).ok, `${i} bytes`).toBe(false);
    }
    expect((await mine.open('rows', [1, 1], sealed)).ok).toBe(true);
  });

  it('that cannot be read are passed over, and the others stay in order', async () => {
    const records = await openRecords();
    const writes = await Promise.all([1, 2, 3, 4].map((n) => records.put('rows', [7, n], n)));
    await records.vault.commit({ writes });
    await records.vault.commit({ writes: [{ store: 'rows', key: [7, 2], value: new Uint8Array(50) }] });
    await move(records.vault, ['rows', [7, 1]], ['rows', [7, 3]]);
    expect(await records.range('rows', all)).toEqual([
      { key: [7, 1], value: 1 },
      { key: [7, 4], value: 4 },
    ]);
    expect((await records.range('rows', { ...all, reverse: true })).map(({ value }) => value)).toEqual([
      4, 1,
    ]);
  });
});

describe('sealed intents (SPEC V5)', () => {
  it('get rising numbers and come back under them', async () => {
    const records = await openRecords();
    const numbers: number[] = [];
    for (const wish of ['a', 'b', 'c']) {
      const added = await records.addIntent(wish);
      if (added.ok) numbers.push(added.value);
    }
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(3);
    const [first] = numbers;
    await records.vault.commit({ writes: [await records.putIntent(first!, 'anders')] });
    expect(await records.openIntents(await records.vault.range('intents', all))).toEqual([
      { number: numbers[0], value: 'anders' },
      { number: numbers[1], value: 'b' },
      { number: numbers[2], value: 'c' },
    ]);
  });

  it('are bound to their store, and rows do not pass for them', async () => {
    const records = await openRecords();
    const { vault } = records;
    await records.addIntent('wish');
    const key = (await vault.range('intents', all))[0]!.key;
    await move(vault, ['intents', key], ['drafts', [0, 0]]);
    expect(await records.get('drafts', [0, 0])).toBeUndefined();
    await vault.commit({ writes: [await records.put('drafts', [0, 0], 'draft')] });
    await move(vault, ['drafts', [0, 0]], ['intents', [99, 0]]);
    expect((await records.openIntents(await vault.range('intents', all))).map(({ value }) => value)).toEqual([
      'wish',
    ]);
  });

  it('are refused as values when the vault is full', async () => {
    const vault = createMemoryVault({
      faults: { failWrite: (kind) => (kind === 'intent' ? 'storage-full' : undefined) },
    });
    const records = await SealedRecords.over(vault);
    if (!records.ok) throw new Error('opened');
    expect(await records.value.addIntent('x')).toMatchObject({ ok: false, error: { type: 'storage-full' } });
  });
});

describe('the codec of records', () => {
  it('keeps what the wire refuses: absent fields', () => {
    const intent: EntryIntent = {
      type: 'entry',
      log: 1_000,
      entry: 'a'.repeat(32) as EntryIntent['entry'],
      body: { kind: 'text', text: 'ä' },
      writtenAt: 1,
      counter: undefined,
      salt: new Uint8Array(16),
      seq: undefined,
    };
    expect(decodeRecord(encodeRecord(intent))).toEqual({ ok: true, value: intent });
    const read = decodeRecord<EntryIntent>(encodeRecord(intent));
    expect(read.ok ? Object.keys(read.value) : []).toContain('counter');
  });

  it('brings back whatever a record may hold', () => {
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.maxSafeInteger(),
        fc.double({ noNaN: true }).map((x) => (x === 0 ? 0 : x)),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
        fc.constantFrom(null, undefined, true, false),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('value'),
          {
            maxKeys: 4,
            noNullPrototype: true,
          },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual({ ok: true, value: record });
      }),
      { numRuns: 200 },
    );
  });
});

describe('keys', () => {
  it('orders follow seq and index, and lead back', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(255), fc.nat(2 ** 40), fc.nat(255), (s1, i1, s2, i2) => {
        const [one, other] = [orderOf(s1, i1), orderOf(s2, i2)];
        expect(seqOfOrder(one)).toBe(s1);
        expect(Number.isSafeInteger(one)).toBe(true);
        expect(Math.sign(one - other)).toBe(Math.sign(s1 - s2 || i1 - i2));
        expect(one).toBeLessThan(WAITING_ORDER);
      }),
    );
  });

  it('never meet', () => {
    const numbers = [1, 2, 1_000, LAST_CONVERSATION];
    const rows = numbers.flatMap((n) => [rowKey(n, 5), documentRowKey(n, 5)]);
    const logs = numbers.flatMap((n) => Object.keys(LOG_PART).map((part) => logKey(n, part as LogPart)));
    const views = [
      ...Object.values(VIEW),
      ...numbers.flatMap((n) => [conversationViewKey(n), presenceKey(n)]),
    ];
    for (const keys of [rows, logs, views]) {
      expect(new Set(keys.map((key) => key.join('/'))).size).toBe(keys.length);
      for (const key of keys) for (const part of key) expect(Number.isSafeInteger(part)).toBe(true);
    }
  });
});
