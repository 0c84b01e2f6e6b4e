/**
 * A canonical document at rest: one Yjs update and what each device has added so far. Deterministic
 * in the accepted updates, as far as Yjs' own encoding is.
 */
import * as v from 'valibot';
import * as Y from 'yjs';
import { copyBytes, type Bytes } from '../lib/bytes';
import { err, ok, type Failure, type Result } from '../lib/result';
import { decodeCbor, encodeCbor } from '../protocol/codec';
import { mapOf } from '../protocol/fields';

export interface DocumentState {
  readonly update: Bytes;
  readonly chargeByDevice: ReadonlyMap<string, number>;
}

/** The snapshot in the vault is damaged: read the log anew. */
export type StateFailure = Failure & { readonly type: 'damaged-state' };

const stateSchema = v.strictObject({
  version: v.literal(1),
  update: v.instance(Uint8Array),
  devices: mapOf(
    v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ),
});

export function encodeState({ update, chargeByDevice }: DocumentState): Bytes {
  return encodeCbor({ version: 1, update, devices: Object.fromEntries(chargeByDevice) });
}

export function decodeState(bytes: Uint8Array): Result<DocumentState, StateFailure> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return damaged(decoded.error.detail);
  const parsed = v.safeParse(stateSchema, decoded.value);
  if (!parsed.success) return damaged('shape');
  const update = copyBytes(parsed.output.update);
  const doc = new Y.Doc();
  try {
    Y.applyUpdate(doc, update);
  } catch {
    return damaged('update');
  } finally {
    doc.destroy();
  }
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return damaged('incomplete');
  return ok({ update, chargeByDevice: new Map(Object.entries(parsed.output.devices)) });
}

function damaged(detail: string | undefined): Result<never, StateFailure> {
  return err({ type: 'damaged-state', then: 'retry', ...(detail === undefined ? {} : { detail }) });
}
