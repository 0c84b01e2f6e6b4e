/**
 * What senders were promised, and whether a relay keeps it: each acknowledged envelope under its seq,
 * once; numbers without holes; nothing that nobody sent; each acknowledged chunk of a blob whole.
 */
import { bytesToHex, equalBytes, type Bytes } from '../../src/lib/bytes';
import { envelopeId } from '../../server/hashes';

export interface StoredLog {
  readonly head: number;
  /** Everything the relay holds of the log, by rising seq. */
  readonly rows: readonly { readonly seq: number; readonly bytes: Bytes }[];
}

export interface Chunk {
  readonly blob: Bytes;
  readonly index: number;
  readonly bytes: Bytes;
}

export class Ledger {
  readonly logs: readonly Bytes[];
  readonly chunks: Chunk[] = [];
  /** By log, then by envelope id: the seq it was promised, or undefined while nobody has promised any. */
  readonly #seqs = new Map<string, Map<string, number | undefined>>();
  readonly faults: string[] = [];
  acknowledged = 0;
  /** Found by a check though nobody had heard of it yet: stored, and the answer lost. */
  unheard = 0;

  constructor(logs: readonly Bytes[]) {
    this.logs = logs;
    for (const log of logs) this.#seqs.set(bytesToHex(log), new Map());
  }

  sent(log: Bytes, list: readonly Bytes[]): void {
    const seqs = this.#of(log);
    for (const bytes of list) {
      const id = bytesToHex(envelopeId(bytes));
      if (!seqs.has(id)) seqs.set(id, undefined);
    }
  }

  promised(log: Bytes, bytes: Bytes, seq: number): void {
    const seqs = this.#of(log);
    const id = bytesToHex(envelopeId(bytes));
    const before = seqs.get(id);
    if (before !== undefined) {
      if (before !== seq) this.faults.push(`${id} was promised ${String(before)}, then ${String(seq)}`);
      return;
    }
    seqs.set(id, seq);
    this.acknowledged += 1;
  }

  check(log: Bytes, { head, rows }: StoredLog): void {
    const seqs = this.#of(log);
    if (rows.length !== head || rows.some(({ seq }, i) => seq !== i + 1))
      this.faults.push(`a log of ${String(head)} has ${String(rows.length)} rows, or a hole`);
    const seqById = new Map<string, number>();
    for (const { seq, bytes } of rows) {
      const id = bytesToHex(envelopeId(bytes));
      if (seqById.has(id)) this.faults.push(`${id} is there twice`);
      if (!seqs.has(id)) this.faults.push(`${id} is there, and nobody sent it`);
      if (seqs.get(id) === undefined) this.unheard += 1;
      seqById.set(id, seq);
    }
    for (const [id, seq] of seqs)
      if (seq !== undefined && seqById.get(id) !== seq)
        this.faults.push(`${id} was promised ${String(seq)}, found at ${String(seqById.get(id))}`);
  }

  checkChunk(chunk: Chunk, found: Uint8Array | undefined): void {
    if (found === undefined || !equalBytes(found, chunk.bytes))
      this.faults.push(`chunk ${String(chunk.index)} of ${bytesToHex(chunk.blob)} is lost or changed`);
  }

  #of(log: Bytes): Map<string, number | undefined> {
    const seqs = this.#seqs.get(bytesToHex(log));
    if (seqs === undefined) throw new Error('a log of another ledger');
    return seqs;
  }
}
