/**
 * What people do when their devices say that the relay is another one: an admin opens its one-time link in
 * the app (SPEC Q6), and again when somebody is still left behind after a while.
 */
import { sha256 } from '../../../src/crypto/hash';
import { seededRandom } from '../../../src/crypto/random';
import { bytesToBase64Url } from '../../../src/lib/bytes';
import { peek } from './peek';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

const PATIENCE_MS = 5 * 60_000;
const HESITATION_MS = 30_000;

export class Confirmation {
  readonly #world: World;
  #notBefore = 0;
  #tries = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Now and then. */
  async tend(): Promise<void> {
    const { relay, scheduler, oracle, dice } = this.#world;
    if (relay.replacedAt === undefined || !relay.isUp || scheduler.now < this.#notBefore) return;
    if (scheduler.now < relay.startedAt + HESITATION_MS) return;
    const waiting: WorldDevice[] = [];
    const admins: WorldDevice[] = [];
    for (const device of this.#world.seated()) {
      const { client, engine } = device;
      if (client === undefined || engine?.relay?.isOnline !== true || !oracle.isValid(engine)) continue;
      const { state } = await peek(client, 'observeSuccession');
      if (state === 'waits-for-admin' || state === 'waits-for-other') waiting.push(device);
      if (engine.isAdmin) admins.push(device);
    }
    const informed = admins.filter((admin) => waiting.includes(admin));
    const asked = informed.length > 0 ? informed : admins;
    const first = asked[this.#tries % Math.max(1, asked.length)];
    if (waiting.length === 0 || first === undefined) return;
    this.#notBefore = scheduler.now + PATIENCE_MS;
    this.#tries += 1;
    const token = seededRandom(`${this.#world.seed}/link/${this.#tries}`).bytes(32);
    await relay.store.setClaimToken(sha256(token));
    // Two may try at once.
    for (const admin of dice.isLucky(0.3) ? asked.slice(0, 2) : [first]) {
      admin.log('opens the link of the new relay');
      await admin.client?.intend({ type: 'continue-town', token: bytesToBase64Url(token) });
    }
  }
}
