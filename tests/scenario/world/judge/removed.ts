/** Everything the relay stores, tried with every key a removed device has held (P7). */
import { idToBytes, type DeviceId, type LogId } from '../../../../src/domain/ids';
import { parseEnvelope } from '../../../../src/protocol/envelope';
import { openEntries } from '../../../../src/sync/entrySeal';
import type { World } from '../world';
import type { Court } from './court';

export async function verifyRemoved({ census, witness, fault }: Court, world: World): Promise<void> {
  for (const [key, removedAt] of witness.removedAt) {
    const [log, id] = key.split('/') as [LogId, DeviceId];
    const isBack = census
      .membersOf(log)
      .some(([, { state }]) => state.group?.leaves.some((leaf) => leaf.device === id));
    if (isBack) continue;
    const page = await world.relay.store.read(idToBytes(log), removedAt, Infinity);
    if (!page.ok) continue;
    for (const device of census.holdersOf(id))
      for (const row of page.value.envelopes) {
        const envelope = parseEnvelope(row.bytes);
        if (!envelope.ok || row.isCommit) continue;
        for (const group of witness.of(device, log)?.groups ?? [])
          if ((await openEntries(log, group, envelope.value)).ok)
            fault(`${device.name} was removed at ${removedAt} and opens ${row.seq}`);
      }
  }
}
