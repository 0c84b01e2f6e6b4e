/**
 * Receipts are last values beside the log (SPEC A1–A4): delivered up to and read up to, one slot for a
 * device, sealed under the epoch and signed by the device, so that neither the relay nor another member
 * can speak for it. They only grow. Each names the link its device holds (SPEC E7), so that nobody calls
 * delivered what the relay has shown to nobody else.
 */
import * as v from 'valibot';
import { concatBytes, equalBytes, type Bytes } from '../lib/bytes';
import { sha256 } from '../crypto/hash';
import { openBytes, sealBytes } from '../crypto/seal';
import type { SecretKey } from '../crypto/secretKey';
import { signLabelled, verifyLabelled } from '../crypto/signature';
import { deviceIdSchema, idToBytes, type DeviceId, type LogId } from '../domain/ids';
import { encodeCbor } from '../protocol/codec';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';
import { bytesOf, parseCbor, uint } from '../protocol/fields';
import type { Group } from './logState';

export interface Receipt {
  readonly device: DeviceId;
  /** Seqs. */
  readonly delivered: number;
  readonly read: number;
  /** Its link at `delivered`. */
  readonly chain: Bytes;
}

const schema = v.strictTuple([deviceIdSchema, uint, uint, bytesOf(32), bytesOf(64)]);

/** Without a link it was `receipt`. */
const LABEL = 'receipt-link';

/** Tells the relay nothing but that the same device wrote it again. */
export function receiptSlot(log: LogId, device: DeviceId): Bytes {
  return sha256(encodeCbor(['depesche/receipt-slot/1', idToBytes(log), idToBytes(device)])).slice(0, 16);
}

export async function sealReceipt(
  log: LogId,
  group: Group,
  secret: SecretKey,
  receipt: Receipt,
): Promise<Bytes> {
  const { device, delivered, read, chain } = receipt;
  const signature = await signLabelled(secret, LABEL, ...signedParts(log, receipt));
  const plain = encodeCbor([device, delivered, read, chain, signature]);
  return concatBytes(group.tag, await sealBytes(group.key, associatedData(log), plain));
}

/** Undefined for another epoch's, a stranger's or a damaged one: the next one will come. */
export async function openReceipt(log: LogId, group: Group, value: Uint8Array): Promise<Receipt | undefined> {
  if (!equalBytes(value.subarray(0, EPOCH_TAG_BYTES), group.tag)) return undefined;
  const plain = await openBytes(group.key, associatedData(log), value.subarray(EPOCH_TAG_BYTES));
  if (!plain.ok) return undefined;
  const parsed = parseCbor(schema, plain.value);
  if (!parsed.ok) return undefined;
  const [device, delivered, read, chain, signature] = parsed.value;
  const leaf = group.leaves.find((candidate) => candidate.device === device);
  if (leaf === undefined) return undefined;
  const receipt = { device, delivered, read, chain };
  if (!(await verifyLabelled(leaf.signatureKey, signature, LABEL, ...signedParts(log, receipt))))
    return undefined;
  return receipt;
}

function signedParts(
  log: LogId,
  { device, delivered, read, chain }: Receipt,
): readonly [Bytes, Bytes, number, number, Bytes] {
  return [idToBytes(log), idToBytes(device), delivered, read, chain];
}

function associatedData(log: LogId): Bytes {
  return encodeCbor(['depesche/receipt-seal/1', idToBytes(log)]);
}
