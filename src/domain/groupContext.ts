/** The application's part of a group's context: what every member must agree on (SPEC G2). */
import * as v from 'valibot';
import { err, ok, type Result } from '../lib/result';
import type { Bytes } from '../lib/bytes';
import { decodeCbor, encodeCbor, type CborFailure } from '../protocol/codec';
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

const bytes32 = v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 32, '32 bytes');
const schema = v.strictTuple([
  v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  v.picklist(['town', 'direct', 'group']),
  logIdSchema,
  bytes32,
  bytes32,
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
  const value = decodeCbor(bytes);
  if (!value.ok) return value;
  const parsed = v.safeParse(schema, value.value);
  if (!parsed.success) return err({ type: 'malformed', then: 'ignore', detail: parsed.issues[0].message });
  const [ruleset, kind, log, readKey, writeKey, pair] = parsed.output;
  return ok({ ruleset, kind, log, readKey, writeKey, pair: pair ?? undefined });
}
