/**
 * One way back (SPEC B): a device that has lost its group asks in writing; a member puts the request into
 * the log; from then on its old leaf is due to be removed and a fresh one to be added. Pure: what has been
 * asked for stands in the fold, the same on every device.
 */
import * as v from 'valibot';
import type { Result } from '../lib/result';
import { bytesToHex, type Bytes } from '../lib/bytes';
import { encodeCbor, type CborFailure } from '../protocol/codec';
import { anyBytes, bytesOf, parseCbor, uint } from '../protocol/fields';
import { idFromBytes, idToBytes, type DeviceId, type LogId } from './ids';

/** What the asking device signs. */
export interface BackRequest {
  readonly log: LogId;
  readonly device: DeviceId;
  /** Made for this request; its private part waits on the device. */
  readonly keyPackage: Bytes;
  /** Where the device stands: the last seq it has folded, and its link there. */
  readonly seq: number;
  readonly chain: Bytes;
  /** It could read what the others wrote up to this seq, which is not behind `seq`. */
  readonly since: number;
  /** The device's clock, ms. */
  readonly at: number;
}

export interface SignedBackRequest extends BackRequest {
  readonly signature: Bytes;
}

/** A device asks at most once in this time. */
export const BACK_EVERY_MS = 3_600_000;
/** By the relay's time a request is good for so long, and clocks may be wrong by so much. */
const GOOD_FOR_MS = 7 * 86_400_000;
export const CLOCK_SLACK_MS = 86_400_000;

export interface OpenReturn {
  /** Without a request (SPEC J6) the directory's is used. */
  readonly keyPackage: Bytes | undefined;
  readonly seq: number;
  /** Where the device stood; absent without a request. */
  readonly place?: { readonly seq: number; readonly chain: Bytes };
  readonly isOut: boolean;
}
/** The last request of a device that was heard; `open` until its fresh leaf is in the group. */
export interface Return {
  readonly at: number;
  readonly open: OpenReturn | undefined;
}
/** By `returnKey`. */
export type Returns = Readonly<Record<string, Return>>;

interface Named {
  readonly device: DeviceId;
  readonly signatureKey: Uint8Array;
}

const schema = v.strictTuple([
  bytesOf(32),
  bytesOf(16),
  anyBytes,
  uint,
  bytesOf(32),
  uint,
  uint,
  bytesOf(64),
]);

export function encodeBackRequest(request: SignedBackRequest): Bytes {
  const { log, device, keyPackage, seq, chain, since, at, signature } = request;
  return encodeCbor([idToBytes(log), idToBytes(device), keyPackage, seq, chain, since, at, signature]);
}

export function parseBackRequest(bytes: Uint8Array): Result<SignedBackRequest, CborFailure> {
  const parsed = parseCbor(schema, bytes);
  if (!parsed.ok) return parsed;
  const [log, device, keyPackage, seq, chain, since, at, signature] = parsed.value;
  return {
    ok: true,
    value: {
      log: idFromBytes(log),
      device: idFromBytes(device),
      keyPackage,
      seq,
      chain,
      since,
      at,
      signature,
    },
  };
}

/** What a guest calls the town's log, whose id it does not know yet (SPEC B2). */
export function foundingName({ founding }: { readonly founding: Bytes }): LogId {
  return bytesToHex(founding) as LogId;
}

/** A key that another device claims opens nothing here: device and key are one name. */
export function returnKey({ device, signatureKey }: Named): string {
  return `${device}:${bytesToHex(signatureKey)}`;
}

/**
 * SPEC B3. `isPresent`: the device has a leaf now, which is to go. The same `returns` when the request comes
 * too soon after the last one, or too late after it was written.
 */
export function withRequest(
  returns: Returns,
  request: BackRequest & Named,
  heard: { readonly relayAt: number; readonly isPresent: boolean },
): Returns {
  const key = returnKey(request);
  const last = returns[key];
  const { at, keyPackage, seq, chain, since } = request;
  if (last !== undefined && at < last.at + BACK_EVERY_MS) return returns;
  if (at > heard.relayAt + CLOCK_SLACK_MS || heard.relayAt > at + GOOD_FOR_MS) return returns;
  return {
    ...returns,
    [key]: { at, open: { keyPackage, seq: since, place: { seq, chain }, isOut: !heard.isPresent } },
  };
}

/** SPEC B4: what a commit in force did to those who are on their way back. */
export function afterCommit(returns: Returns, removed: readonly Named[], added: readonly Named[]): Returns {
  let next = returns;
  for (const leaf of removed) {
    const found = next[returnKey(leaf)];
    if (found?.open !== undefined)
      next = { ...next, [returnKey(leaf)]: { ...found, open: { ...found.open, isOut: true } } };
  }
  for (const leaf of added) {
    const found = next[returnKey(leaf)];
    if (found?.open !== undefined) next = { ...next, [returnKey(leaf)]: { ...found, open: undefined } };
  }
  return next;
}

/** Its leaf in the group is the one it has lost. */
export function isReturning(returns: Returns | undefined, leaf: Named): boolean {
  return returns?.[returnKey(leaf)]?.open?.isOut === false;
}

/** The request that a leaf to be added answers. */
export function openReturn(returns: Returns | undefined, leaf: Named): Return['open'] {
  return returns?.[returnKey(leaf)]?.open;
}
