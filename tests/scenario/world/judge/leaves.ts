/** Who holds a leaf in an honest member's group is a device of its directory, under the key it has there (G7). */
import { bytesToHex } from '../../../../src/lib/bytes';
import type { Group } from '../../../../src/sync/logState';
import type { World } from '../world';

export class Leaves {
  readonly #world: World;
  readonly #seen = new WeakSet<Group>();

  constructor(world: World) {
    this.#world = world;
  }

  look(fault: (what: string) => void): void {
    for (const { name, engine } of this.#world.devices)
      for (const { log, state } of engine?.runners.values() ?? []) {
        const { group, fold } = state;
        if (engine === undefined || group === undefined || this.#seen.has(group)) continue;
        this.#seen.add(group);
        const { devices } = fold.type === 'town' ? fold.directory : engine.directory();
        for (const { device, signatureKey } of group.leaves) {
          const known = devices[device]?.facts.signatureKey;
          if (known === undefined || bytesToHex(known) !== bytesToHex(signatureKey))
            fault(`${name} has a stranger in ${log.slice(0, 8)}`);
        }
      }
  }
}
