/** Names of things. All are lowercase hex of 16 bytes, except logs (32 bytes). */
import * as v from 'valibot';
import type { Brand } from '../lib/brand';
import { bytesToHex, hexToBytes, type Bytes } from '../lib/bytes';
import { assert } from '../lib/assert';

export type PersonId = Brand<string, 'PersonId'>;
export type DeviceId = Brand<string, 'DeviceId'>;
export type EntryId = Brand<string, 'EntryId'>;
export type InvitationId = Brand<string, 'InvitationId'>;
export type LogId = Brand<string, 'LogId'>;

const hex16 = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const personIdSchema = v.pipe(
  hex16,
  v.transform((x) => x as PersonId),
);
export const deviceIdSchema = v.pipe(
  hex16,
  v.transform((x) => x as DeviceId),
);
export const entryIdSchema = v.pipe(
  hex16,
  v.transform((x) => x as EntryId),
);
export const invitationIdSchema = v.pipe(
  hex16,
  v.transform((x) => x as InvitationId),
);
export const logIdSchema = v.pipe(
  hex32,
  v.transform((x) => x as LogId),
);

/** `bytes` come from our own code: 16 of them, or 32 for a log. */
export function idFromBytes<Id extends PersonId | DeviceId | EntryId | InvitationId | LogId>(
  bytes: Uint8Array,
): Id {
  assert(bytes.length === 16 || bytes.length === 32, 'an id has 16 or 32 bytes');
  return bytesToHex(bytes) as Id;
}

export function idToBytes(id: PersonId | DeviceId | EntryId | InvitationId | LogId): Bytes {
  const bytes = hexToBytes(id);
  assert(bytes, 'an id is hex');
  return bytes;
}
