/** Every link of the town's log since this device is in it: what commits may name (SPEC G6). */
import type { Bytes } from '../lib/bytes';
import { TOWN_LOG, rowKey } from '../records/keys';
import type { SealedRecords } from '../records/sealedRecords';

export class TownLinks {
  readonly #links = new Map<number, Bytes>();

  async load(records: SealedRecords): Promise<void> {
    const all = { from: rowKey(TOWN_LOG, 0), to: rowKey(TOWN_LOG, Number.MAX_SAFE_INTEGER) };
    for (const { key, value } of await records.range<Bytes>('rows', all)) this.#links.set(key[1], value);
  }

  add(seq: number, link: Bytes): void {
    this.#links.set(seq, link);
  }

  at(seq: number): Bytes | undefined {
    return this.#links.get(seq);
  }

  /** The seq from which on links are known; 0 when none are. */
  get since(): number {
    return this.#links.keys().next().value ?? 0;
  }
}
