/**
 * The engine's side of shared documents: gives the verdict on updates as they come from the log, and
 * keeps what was accepted as rows. A document lives in memory once its conversation is touched; the
 * code that knows documents is loaded with the first one.
 */
import { hexToBytes, type Bytes } from '../lib/bytes';
import { assert } from '../lib/assert';
import type * as canonicalDoc from '../crdt/canonicalDoc';
import type { CanonicalDoc } from '../crdt/canonicalDoc';
import { documentRowKey } from '../records/keys';
import type { SealedRecords } from '../records/sealedRecords';
import type { DocumentChange } from '../sync/ingest';
import type { DocumentGate } from '../sync/runnerHost';

/** One accepted update, or the state a newcomer was handed. */
export type DocumentRow =
  DocumentChange | { readonly document: string; readonly state: Bytes; readonly order: 0 };

export async function readDocumentRows(records: SealedRecords, log: number): Promise<readonly DocumentRow[]> {
  const rows = await records.range<DocumentRow>('rows', {
    from: documentRowKey(log, 0),
    to: documentRowKey(log, Number.MAX_SAFE_INTEGER),
  });
  return rows.map((row) => row.value);
}

type Code = typeof canonicalDoc;

export class Documents implements DocumentGate {
  readonly #records: SealedRecords;
  readonly #load: () => Promise<Code>;
  readonly #docsByLog = new Map<number, Map<string, CanonicalDoc>>();
  #code: Code | undefined;

  constructor(records: SealedRecords, load: () => Promise<Code> = () => import('../crdt/canonicalDoc')) {
    this.#records = records;
    this.#load = load;
  }

  async prepare(log: number): Promise<void> {
    if (!this.#docsByLog.has(log)) await this.reset(log);
  }

  async reset(log: number): Promise<void> {
    // Should the vault not answer: the next `prepare` begins anew.
    this.forget(log);
    this.#code ??= await this.#load();
    const docs = new Map<string, CanonicalDoc>();
    for (const row of await readDocumentRows(this.#records, log)) {
      if ('state' in row) {
        const doc = this.#code.CanonicalDoc.fromState(row.document, row.state);
        if (doc.ok) docs.set(row.document, doc.value);
      } else applyTo(this.#code, docs, row);
    }
    this.#docsByLog.set(log, docs);
  }

  /** What the vault holds has been replaced: the next `prepare` reads it anew. */
  forget(log: number): void {
    this.#docsByLog.delete(log);
  }

  accept(log: number, change: DocumentChange): boolean {
    const docs = this.#docsByLog.get(log);
    assert(docs && this.#code, 'documents are prepared before they are changed');
    return applyTo(this.#code, docs, change);
  }

  async states(log: number): Promise<Readonly<Record<string, Bytes>>> {
    if (!(await this.hasAny(log))) return {};
    await this.prepare(log);
    const docs = this.#docsByLog.get(log) ?? new Map<string, CanonicalDoc>();
    return Object.fromEntries([...docs].map(([document, doc]) => [document, doc.encodeState()]));
  }

  async hasAny(log: number): Promise<boolean> {
    if (this.#docsByLog.has(log)) return true;
    const [from, to] = [documentRowKey(log, 0), documentRowKey(log, Number.MAX_SAFE_INTEGER)];
    return (await this.#records.vault.range('rows', { from, to, limit: 1 })).length > 0;
  }

  /** Title of the notice board, for the conversation's view; undefined while it has none. */
  boardTitle(log: number): string | undefined {
    const title = this.#docsByLog.get(log)?.get('board')?.readBoard().title;
    return title === '' ? undefined : title;
  }
}

function applyTo(code: Code, docs: Map<string, CanonicalDoc>, change: DocumentChange): boolean {
  const doc = docs.get(change.document) ?? code.CanonicalDoc.empty(change.document);
  const device = hexToBytes(change.device);
  assert(device, 'a device id is hex');
  const verdict = doc.apply({ device, session: change.session, update: change.update });
  if (verdict.ok) docs.set(change.document, doc);
  return verdict.ok;
}
