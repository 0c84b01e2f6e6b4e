/** The application's part of a group's context: what every member must agree on (SPEC G2). */
import * as v from 'valibot';
import { ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { encodeCbor, type CborFailure } from '../protocol/codec';
import { bytesOf, parseCbor } from '../protocol/fields';
import { logIdSchema, personIdSchema, type LogId, type PersonId } from './ids';

/** The rules this version judges by. A group of a higher one is neither judged nor written to. */
export const RULESET = 1;

export interface GroupContext {
  readonly ruleset: number;
  readonly kind: 'town' | 'direct' | 'group';
  readonly log: LogId;
  readonly readKey: Bytes;
  readonly writeKey: Bytes;
  readonly pair: readonly [PersonId, PersonId] | undefined;
}

const schema = v.strictTuple([
  v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  v.picklist(['town', 'direct', 'group']),
  logIdSchema,
  bytesOf(32),
  bytesOf(32),
  v.nullable(v.strictTuple([personIdSchema, personIdSchema])),
]);

export function encodeGroupContext(context: GroupContext): Bytes {
  return encodeCbor([
    context.ruleset,
    context.kind,
    context.log,
    context.readKey,
    context.writeKey,
    context.pair ?? null,
  ]);
}

export function parseGroupContext(bytes: Uint8Array): Result<GroupContext, CborFailure> {
  const parsed = parseCbor(schema, bytes);
  if (!parsed.ok) return parsed;
  const [ruleset, kind, log, readKey, writeKey, pair] = parsed.value;
  return ok({ ruleset, kind, log, readKey, writeKey, pair: pair ?? undefined });
}
