/** Everything the relay stores, tried with every key a removed device has held (P7). */
import { bytesToHex, type Bytes } from '../../../../src/lib/bytes';
import { idToBytes, type DeviceId, type LogId } from '../../../../src/domain/ids';
import { parseEnvelope } from '../../../../src/protocol/envelope';
import { openEntries, type OpenedEntry } from '../../../../src/sync/entrySeal';
import type { Group } from '../../../../src/sync/logState';
import type { World } from '../world';
import type { Court } from './court';

/** `liar`: a hostile member tells whom it likes. */
export async function verifyRemoved(
  { census, witness, fault }: Court,
  world: World,
  liar?: DeviceId,
): Promise<void> {
  for (const [key, removedAt] of witness.removedAt) {
    const [log, id] = key.split('/') as [LogId, DeviceId];
    const isBack = census
      .membersOf(log)
      .some(([, { state }]) => state.group?.leaves.some((leaf) => leaf.device === id));
    if (isBack) continue;
    // Taken in again, though nobody is in that log any more: up to there nothing was for it.
    const addedAt = witness.addedAt.get(key) ?? 0;
    const until = addedAt > removedAt ? addedAt : Infinity;
    const page = await world.relay.store.read(idToBytes(log), 0, Infinity);
    if (!page.ok) continue;
    const before = new Set(
      page.value.envelopes.filter(({ seq }) => seq <= removedAt).map(({ id: name }) => bytesToHex(name)),
    );
    const held = census.holdersOf(id).flatMap((device) => witness.of(device, log)?.groups ?? []);
    const said = new Set<string>();
    for (const row of page.value.envelopes.filter(({ seq }) => seq <= removedAt))
      for (const entry of await openedBy(log, held, row.bytes)) said.add(entry.id);
    for (const device of census.holdersOf(id))
      for (const row of page.value.envelopes) {
        // What a relay shows once more, or a member seals once more, was written before.
        if (row.isCommit || row.seq <= removedAt || row.seq > until) continue;
        if (before.has(bytesToHex(row.id))) continue;
        const groups = witness.of(device, log)?.groups ?? [];
        const opened = await openedBy(log, groups, row.bytes);
        if (opened.some((entry) => entry.device !== liar && !said.has(entry.id)))
          fault(`${device.name} was removed at ${removedAt} and opens ${row.seq}`);
      }
  }
}

/** What any of these keys opens. */
async function openedBy(log: LogId, groups: readonly Group[], bytes: Bytes): Promise<readonly OpenedEntry[]> {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok || envelope.value.isCommit) return [];
  for (const group of groups) {
    const opened = await openEntries(log, group, envelope.value);
    if (opened.ok) return opened.value;
  }
  return [];
}
