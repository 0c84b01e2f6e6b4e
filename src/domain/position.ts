/** Under which state of the directory a commit was made (SPEC G6): [generation, seq, chain]. */
import * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import { encodeCbor } from '../protocol/codec';
import { bytesOf, parseCbor, uint } from '../protocol/fields';

export interface Position {
  readonly generation: number;
  readonly seq: number;
  readonly chain: Bytes;
}

const schema = v.strictTuple([uint, uint, bytesOf(32)]);

export function encodePosition(position: Position): Bytes {
  return encodeCbor([position.generation, position.seq, position.chain]);
}

export function parsePosition(bytes: Uint8Array): Position | undefined {
  const parsed = parseCbor(schema, bytes);
  if (!parsed.ok) return undefined;
  const [generation, seq, chain] = parsed.value;
  return { generation, seq, chain };
}
