/** A town on a relay of its own, with everybody in it. One per file of tests: founding takes its time. */
import { Staff } from './staff';
import { TestRelay, type TestRelayOptions } from './relay';

export interface Guest {
  readonly name: string;
  readonly device: 'phone' | 'desktop';
}

export class BrowserTown {
  readonly relay: TestRelay;
  readonly #staff: Staff[] = [];

  private constructor(relay: TestRelay) {
    this.relay = relay;
  }

  /** A relay, and nobody in town yet. */
  static async empty(relay?: TestRelayOptions): Promise<BrowserTown> {
    return new BrowserTown(await TestRelay.start(relay));
  }

  /** The first guest founds it, the others are invited. */
  static async of(name: string, guests: readonly Guest[]): Promise<BrowserTown> {
    const town = await BrowserTown.empty();
    try {
      for (const guest of guests) await town.#admit(name, guest);
      return town;
    } catch (error) {
      await town.close();
      throw error;
    }
  }

  get staff(): readonly Staff[] {
    return this.#staff;
  }

  get problems(): readonly string[] {
    return this.#staff.flatMap((one) => one.problems);
  }

  get setupLink(): string {
    if (this.relay.setupLink === undefined) throw new Error('the town is founded already');
    return this.relay.setupLink;
  }

  /** A browser that has never been here. */
  async newcomer(guest: Guest): Promise<Staff> {
    const staff = await Staff.open({ ...guest, address: this.relay.address });
    this.#staff.push(staff);
    return staff;
  }

  async close(): Promise<void> {
    for (const one of this.#staff) await one.end();
    await this.relay.end();
  }

  async #admit(townName: string, guest: Guest): Promise<void> {
    const founder = this.#staff[0];
    const staff = await this.newcomer(guest);
    if (founder === undefined) await staff.found(this.setupLink, townName);
    else await staff.join(await founder.invite());
  }
}
