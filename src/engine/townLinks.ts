/** Every link of the town's log since this device is in it: what commits may name (SPEC G6). */
import type { Bytes } from '../lib/bytes';
import { TOWN_LOG, rowKey } from '../records/keys';
import type { Progress } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';

export class TownLinks {
  readonly #links = new Map<number, Bytes>();

  /**
   * `town`: where this device stands there. The first versions kept no rows, only the latest links; whoever
   * cannot tell a named place from an invented one would refuse every commit and stay behind alone.
   */
  async load(records: SealedRecords, town: Progress | undefined): Promise<void> {
    const all = { from: rowKey(TOWN_LOG, 0), to: rowKey(TOWN_LOG, Number.MAX_SAFE_INTEGER) };
    const rows = await records.range<Bytes>('rows', all);
    const first = rows[0]?.key[1] ?? Infinity;
    const latest = town === undefined ? [] : [...town.links, [town.cursor, town.chain] as const];
    for (const [seq, link] of latest) if (seq > 0 && seq < first) this.#links.set(seq, link);
    for (const { key, value } of rows) this.#links.set(key[1], value);
  }

  /** Taken in anew at `seq`: what is older cannot be checked, as there is a hole before it. */
  restart(seq: number, link: Bytes): void {
    this.#links.clear();
    this.#links.set(seq, link);
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
