/** Under which state of the directory a commit was made (SPEC G6): [generation, seq, chain]. */
import * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import { decodeCbor, encodeCbor } from '../protocol/codec';

export interface Position {
  readonly generation: number;
  readonly seq: number;
  readonly chain: Bytes;
}

const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.strictTuple([
  uint,
  uint,
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 32, '32 bytes'),
]);

export function encodePosition(position: Position): Bytes {
  return encodeCbor([position.generation, position.seq, position.chain]);
}

export function parsePosition(bytes: Uint8Array): Position | undefined {
  const value = decodeCbor(bytes);
  if (!value.ok) return undefined;
  const parsed = v.safeParse(schema, value.value);
  if (!parsed.success) return undefined;
  const [generation, seq, chain] = parsed.output;
  return { generation, seq, chain };
}
