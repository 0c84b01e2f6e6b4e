/**
 * What a session has typed since `fromClock`, as the fewest structs. `Y.mergeUpdates` alone keeps one
 * struct per keystroke; the document has merged them already. The delete set is taken from the
 * updates themselves: the document's own would repeat every deletion ever made.
 */
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { copyBytes, type Bytes } from '../lib/bytes';
import { readUpdate } from './readUpdate';

/** Undefined when one transaction alone is larger than an update may be. */
export function packUpdates(
  doc: Y.Doc,
  client: number,
  fromClock: number,
  updates: readonly Uint8Array[],
): Bytes[] | undefined {
  const [first, ...rest] = updates;
  if (first === undefined) return [];
  const packed = encodeOwn(doc, client, fromClock, Y.mergeUpdates([...updates]));
  if (readUpdate(packed).ok) return [packed];
  // Too much at once: as many transactions together as fit, in their order.
  const out: Bytes[] = [];
  let group: Uint8Array = first;
  for (const update of rest) {
    const larger = Y.mergeUpdates([group, update]);
    if (readUpdate(larger).ok) {
      group = larger;
      continue;
    }
    out.push(copyBytes(group));
    group = update;
  }
  out.push(copyBytes(group));
  return out.every((update) => readUpdate(update).ok) ? out : undefined;
}

function encodeOwn(doc: Y.Doc, client: number, fromClock: number, merged: Uint8Array): Bytes {
  const encoder = new Y.UpdateEncoderV1();
  const structs = doc.store.clients.get(client) ?? [];
  const start =
    fromClock < Y.getState(doc.store, client) ? Y.findIndexSS(structs, fromClock) : structs.length;
  const fresh = structs.slice(start);
  encoding.writeVarUint(encoder.restEncoder, fresh.length === 0 ? 0 : 1);
  if (fresh.length > 0) {
    encoding.writeVarUint(encoder.restEncoder, fresh.length);
    encoder.writeClient(client);
    encoding.writeVarUint(encoder.restEncoder, fromClock);
    for (const struct of fresh) struct.write(encoder, Math.max(0, fromClock - struct.id.clock));
  }
  writeDeletes(encoder.restEncoder, Y.decodeUpdate(merged).ds.clients);
  return copyBytes(encoder.toUint8Array());
}

function writeDeletes(
  encoder: encoding.Encoder,
  rangesByClient: ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]>,
): void {
  encoding.writeVarUint(encoder, rangesByClient.size);
  for (const [client, ranges] of rangesByClient) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length);
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, len);
    }
  }
}
