/** Everything the relay stores, tried with every key a removed device has held (P7). */
import { bytesToHex } from '../../../../src/lib/bytes';
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
    const page = await world.relay.store.read(idToBytes(log), 0, Infinity);
    if (!page.ok) continue;
    const before = new Set(
      page.value.envelopes.filter(({ seq }) => seq <= removedAt).map(({ id: name }) => bytesToHex(name)),
    );
    for (const device of census.holdersOf(id))
      for (const row of page.value.envelopes) {
        const envelope = parseEnvelope(row.bytes);
        // What a relay shows once more was written before.
        const isOld = row.seq <= removedAt || before.has(bytesToHex(row.id));
        if (!envelope.ok || row.isCommit || isOld) continue;
        for (const group of witness.of(device, log)?.groups ?? [])
          if ((await openEntries(log, group, envelope.value)).ok)
            fault(`${device.name} was removed at ${removedAt} and opens ${row.seq}`);
      }
  }
}
