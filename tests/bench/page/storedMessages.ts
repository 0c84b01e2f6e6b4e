/** Messages that lie in the vault: read from IndexedDB, opened, parsed, as search and timeline do it. */
import { encodeEntry, parseContent, parseEntry } from '../../../src/domain/entry';
import type { PersonId } from '../../../src/domain/ids';
import { rowKey } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline } from '../../../src/records/timelineRows';
import { signEntry } from '../../../src/sync/entrySeal';
import { openDexieVault } from '../../../src/vault/dexieVault';
import { perSecond } from './sealAndOpen';
import { textEntry, textNumber, twoDevices, valueOf } from './twoDevices';

export interface StoredFigures {
  readonly perSecond: readonly number[];
}

const BATCH = 512;
const ROWS_AT_ONCE = 8;
const LOG = 1;

export async function measureStored(rounds: number, messages: number): Promise<StoredFigures> {
  const records = valueOf(await SealedRecords.over(valueOf(await openDexieVault({ name: 'bench-stored' }))));
  await fill(records, messages);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++)
    figures.push(await perSecond(messages, () => readAll(records, messages)));
  await records.vault.erase();
  return { perSecond: figures };
}

async function fill(records: SealedRecords, messages: number): Promise<void> {
  const { log, author, sender } = await twoDevices();
  let tail: readonly number[] = [];
  for (let at = 0; at < messages; at += BATCH) {
    const items: TimelineRecord[] = [];
    for (let n = at; n < Math.min(messages, at + BATCH); n++) {
      const wire = await signEntry(log, sender.tag, author, textEntry(n + 1, textNumber(n)));
      items.push({
        order: (n + 1) * 256,
        relayAt: Date.now(),
        author: 'a'.repeat(32) as PersonId,
        proof: { epochTag: sender.tag, entry: encodeEntry(wire) },
        effects: [],
        gap: undefined,
        isHistory: false,
      });
    }
    const added = await addToTimeline(records, LOG, tail, items);
    tail = added.tail;
    if (!(await records.vault.commit({ writes: added.writes })).ok) throw new Error('not stored');
  }
}

async function readAll(records: SealedRecords, messages: number): Promise<void> {
  let read = 0;
  let from = 0;
  for (;;) {
    const rows = await records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(LOG, from),
      to: rowKey(LOG, Number.MAX_SAFE_INTEGER),
      limit: ROWS_AT_ONCE,
    });
    const last = rows.at(-1);
    if (last === undefined) break;
    from = last.key[1] + 1;
    for (const { value } of rows)
      for (const { proof } of value) {
        if (proof === undefined || textOf(proof.entry) !== textNumber(read)) throw new Error('another text');
        read += 1;
      }
  }
  if (read !== messages) throw new Error(`${read} of ${messages} were read`);
}

function textOf(entry: Uint8Array): string | undefined {
  const { body } = valueOf(parseContent(valueOf(parseEntry(entry)).content));
  return body.kind === 'text' ? body.text : undefined;
}
