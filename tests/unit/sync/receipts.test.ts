import { beforeAll, describe, expect, it } from 'vitest';
import { sealBytes } from '../../../src/crypto/seal';
import { signLabelled } from '../../../src/crypto/signature';
import { idToBytes, type DeviceId, type LogId } from '../../../src/domain/ids';
import { concatBytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import { LIMITS } from '../../../src/protocol/limits';
import type { Group } from '../../../src/sync/logState';
import { openReceipt, receiptSlot, sealReceipt } from '../../../src/sync/receipts';
import { Party } from './party';

let party: Party;
let group: Group;
let other: Group;
beforeAll(async () => {
  party = await Party.of('receipts', 3);
  group = (await party.groups(2))[0]!;
  const stranger = (await (await Party.of('another epoch', 1)).groups(1))[0]!;
  other = { ...stranger, leaves: group.leaves };
});

const LINK = new Uint8Array(32).fill(5);
const OTHER_LOG = 'f'.repeat(64) as LogId;
const secretOf = (index: number) => party.member(index).test.self.signatureSecret;
const receipt = (index: number, delivered = 7, read = 5) => ({
  device: party.member(index).device,
  delivered,
  read,
  chain: LINK,
});
const sealed = (index: number, signer = index, log = party.log, under = group) =>
  sealReceipt(log, under, secretOf(signer), receipt(index));

/** What a member could put there that `sealReceipt` would not. */
async function written(fields: readonly unknown[]): Promise<Uint8Array> {
  const associated = encodeCbor(['depesche/receipt-seal/1', idToBytes(party.log)]);
  return concatBytes(group.tag, await sealBytes(group.key, associated, encodeCbor(fields)));
}

describe('a receipt (SPEC A1, A2)', () => {
  it('opens as it was sealed, and fits into a slot', async () => {
    const value = await sealed(1);
    expect(await openReceipt(party.log, group, value)).toEqual(receipt(1));
    expect(value.length).toBeLessThanOrEqual(LIMITS.slotBytes);
    const large = await sealReceipt(party.log, group, secretOf(0), receipt(0, 2 ** 53 - 1, 2 ** 53 - 1));
    expect(large.length).toBeLessThanOrEqual(LIMITS.slotBytes);
  });

  it('of another epoch or log is passed over', async () => {
    expect(await openReceipt(party.log, group, await sealed(1, 1, party.log, other))).toBeUndefined();
    const [relabelled, old] = [await sealed(1, 1, party.log, other), await sealed(1)];
    relabelled.set(group.tag);
    expect(await openReceipt(party.log, group, relabelled)).toBeUndefined();
    expect(await openReceipt(party.log, other, old)).toBeUndefined();
    expect(await openReceipt(OTHER_LOG, group, old)).toBeUndefined();
    expect(await openReceipt(party.log, group, await sealed(1, 1, OTHER_LOG))).toBeUndefined();
  });

  it('that another member signed is passed over', async () => {
    expect(await openReceipt(party.log, group, await sealed(1, 0))).toBeUndefined();
    expect(await openReceipt(party.log, group, await sealed(0, 1))).toBeUndefined();
  });

  it('of a device without a leaf is passed over', async () => {
    expect(await openReceipt(party.log, group, await sealed(2))).toBeUndefined();
  });

  it('whose numbers, device or log were changed inside is passed over', async () => {
    const { device } = party.member(1);
    const sign = (log: LogId, of: DeviceId, delivered: number, read: number, label = 'receipt-link') =>
      signLabelled(secretOf(1), label, idToBytes(log), idToBytes(of), delivered, read, LINK);
    const good = await sign(party.log, device, 7, 5);
    expect(await openReceipt(party.log, group, await written([device, 7, 5, LINK, good]))).toEqual(
      receipt(1),
    );
    for (const fields of [
      [device, 8, 5, LINK, good],
      [device, 7, 6, LINK, good],
      [device, 5, 7, LINK, good],
      [party.member(0).device, 7, 5, LINK, good],
      [device, 7, 5, LINK, await sign(OTHER_LOG, device, 7, 5)],
      [device, 7, 5, LINK, await sign(party.log, party.member(0).device, 7, 5)],
      [device, 7, 5, LINK, new Uint8Array(64)],
      [device, 7, 5, LINK, good.subarray(1)],
      [device, -1, 5, LINK, good],
      [device, 7, 1.5, LINK, good],
      [idToBytes(device), 7, 5, LINK, good],
      [device, 7, 5, LINK, good, 0],
      [device, 7, 5, LINK],
      [device, 7, 5, good],
      [device, 7, 5, new Uint8Array(32), good],
      [device, 7, 5, LINK, await sign(party.log, device, 7, 5, 'receipt')],
    ])
      expect(await openReceipt(party.log, group, await written(fields))).toBeUndefined();
  });

  it('that is damaged anywhere is passed over', async () => {
    const value = await sealed(1);
    for (let i = 0; i < value.length; i++) {
      const damaged = new Uint8Array(value);
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      expect(await openReceipt(party.log, group, damaged), `byte ${i}`).toBeUndefined();
      expect(await openReceipt(party.log, group, value.subarray(0, i)), `${i} bytes`).toBeUndefined();
    }
  });
});

describe('the slot (SPEC A1)', () => {
  it('is one for each device and log', () => {
    const { device } = party.member(0);
    const slots = [
      receiptSlot(party.log, device),
      receiptSlot(party.log, party.member(1).device),
      receiptSlot(OTHER_LOG, device),
    ];
    for (const slot of slots) expect(slot).toHaveLength(16);
    expect(new Set(slots.map((slot) => slot.join())).size).toBe(3);
    expect(receiptSlot(party.log, device)).toEqual(slots[0]);
  });
});
