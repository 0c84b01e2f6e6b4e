/**
 * How many connections there are, in all and per address, and how often an address comes. Addresses live here, in memory, as long
 * as they are connected. A whole town hall may stand behind one address, so the limit for those who
 * have proved a pass is wide and the one for strangers is not. An IPv6 address counts by its /64.
 */
import { BucketMap } from './bucketMap';

export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

export class AddressBook {
  readonly #limits: ConnectionLimits;
  readonly #countByAddress = new Map<string, number>();
  /** All of an address may come at once, as after a restart, and then as many again within a minute. */
  readonly #arrivals: BucketMap;
  readonly #now: () => number;
  #total = 0;

  constructor(limits: ConnectionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#arrivals = new BucketMap({ burst: 2 * limits.perAddress, perSecond: limits.perAddress / 60 });
  }

  /** False when there is no room. */
  enter(address: string): boolean {
    const place = placeOf(address);
    const count = this.#countByAddress.get(place) ?? 0;
    if (this.#total >= this.#limits.total || count >= this.#limits.perAddress) return false;
    if (this.#arrivals.take(place, this.#now()) > 0) return false;
    this.#countByAddress.set(place, count + 1);
    this.#total += 1;
    return true;
  }

  leave(address: string): void {
    const place = placeOf(address);
    const count = this.#countByAddress.get(place) ?? 0;
    if (count <= 1) this.#countByAddress.delete(place);
    else this.#countByAddress.set(place, count - 1);
    this.#total -= 1;
  }
}

function placeOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + behind < 8) groups.push('0');
  }
  return groups.slice(0, 4).join(':');
}
