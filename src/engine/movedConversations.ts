/**
 * A tab chooses a conversation's number before the engine knows whether the pair has a conversation
 * already. When they have, what is asked for under the chosen number belongs to the older one, for good:
 * the tab may still stand on that number, and wishes under it may be on their way.
 */
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultKey, VaultWrite } from '../vault/vault';

/** Rows of `meta`: the number of the conversation that stands for the one in the key. */
const MOVED = 21;

export class MovedConversations {
  readonly #records: SealedRecords;
  readonly #placeByNumber = new Map<number, number>();

  constructor(records: SealedRecords) {
    this.#records = records;
  }

  async load(): Promise<void> {
    const range = { from: movedKey(0), to: movedKey(Number.MAX_SAFE_INTEGER) };
    for (const { key, value } of await this.#records.range<number>('meta', range))
      this.#placeByNumber.set(key[1], value);
  }

  /** To be written with the wish that asked for `number`; `add` it once that is done. */
  put(number: number, place: number): Promise<VaultWrite> {
    return this.#records.put('meta', movedKey(number), place);
  }

  add(number: number, place: number): void {
    this.#placeByNumber.set(number, place);
  }

  placeOf(number: number): number {
    return this.#placeByNumber.get(number) ?? number;
  }

  /** Numbers that `place` stands for, besides its own. */
  numbersAt(place: number): readonly number[] {
    return [...this.#placeByNumber].flatMap(([number, at]) => (at === place ? number : []));
  }
}

function movedKey(number: number): VaultKey {
  return [MOVED, number];
}
