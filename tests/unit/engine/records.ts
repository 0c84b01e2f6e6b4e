/** Records over a vault in memory, and rows and views to put into them. */
import type { EntryBody } from '../../../src/domain/body';
import { encodeContent, encodeEntry } from '../../../src/domain/entry';
import type { EntryId, PersonId } from '../../../src/domain/ids';
import { orderOf } from '../../../src/records/keys';
import type { EntryIntent, TimelineRecord } from '../../../src/records/logRecords';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';

export async function openRecords(store: MemoryStore = new MemoryStore()): Promise<SealedRecords> {
  const records = await SealedRecords.over(createMemoryVault({ store }));
  if (!records.ok) throw new Error(records.error.type);
  return records.value;
}

export const ANNA = 'a'.repeat(32) as PersonId;
export const BERT = 'b'.repeat(32) as PersonId;
export const NAMES: ReadonlyMap<PersonId, string> = new Map([
  [ANNA, 'Anna Ahrens'],
  [BERT, 'Bert Böhm'],
]);

export function entryId(n: number): EntryId {
  return n.toString(16).padStart(32, '0') as EntryId;
}

/** An item as ingest leaves it, at `seq`; its signature is nobody's. */
export function item(seq: number, body: EntryBody, changes: Partial<TimelineRecord> = {}): TimelineRecord {
  const content = encodeContent({ body, writtenAt: seq * 10, seenSeq: 0, seenChain: new Uint8Array(32) });
  const entry = encodeEntry({
    id: new Uint8Array(Buffer.from(entryId(seq), 'hex')),
    device: new Uint8Array(16),
    counter: seq,
    salt: new Uint8Array(16),
    content,
    signature: new Uint8Array(64),
  });
  return {
    order: orderOf(seq, 0),
    relayAt: seq * 10 + 5,
    author: ANNA,
    proof: { epochTag: new Uint8Array(8), entry },
    effects: [],
    gap: undefined,
    isHistory: false,
    ...changes,
  };
}

export function textItem(seq: number, text: string, changes: Partial<TimelineRecord> = {}): TimelineRecord {
  return item(seq, { kind: 'text', text }, changes);
}

export function entryIntent(n: number, changes: Partial<EntryIntent> = {}): EntryIntent {
  return {
    type: 'entry',
    log: 1_000,
    entry: entryId(n),
    body: { kind: 'text', text: `Nachricht ${n}` },
    writtenAt: n,
    counter: undefined,
    salt: new Uint8Array(16),
    seq: undefined,
    ...changes,
  };
}
