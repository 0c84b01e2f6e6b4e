import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { encodeCbor } from '../../../src/protocol/codec';
import {
  appendResult,
  doneResult,
  encodeFrame,
  OP,
  parseReply,
  parseRequest,
  passesResult,
  readResult,
  REFUSAL_THEN,
  REFUSALS,
  REPLY,
  tokenResult,
  watchResult,
  type ReplyFrame,
  type RequestFrame,
} from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { relayAuthMessage } from '../../../src/protocol/relayAuth';

const b = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const log = b(32, 2);
const key = b(32, 3);

const requests: Record<keyof typeof OP, RequestFrame> = {
  auth: [OP.auth, 1, b(32), b(64)],
  create: [OP.create, 2, log, 3, b(32), b(32), b(32)],
  append: [OP.append, 3, log, key, 7, [b(20), b(LIMITS.envelopeBytes)]],
  read: [OP.read, 4, log, key, 0, 1_048_576],
  watch: [OP.watch, 5, [[log, key, 5, 6]]],
  unwatch: [OP.unwatch, 6, [log, b(32, 9)]],
  put: [OP.put, 7, log, b(0), b(16), b(LIMITS.slotBytes)],
  close: [OP.close, 8, log, key],
  redact: [OP.redact, 9, log, key, 4, b(0)],
  cast: [OP.cast, 10, log, key, b(LIMITS.castBytes)],
  admit: [OP.admit, 11, [[b(32), true]]],
  revoke: [OP.revoke, 12, [b(32)]],
  passes: [OP.passes, 13],
  claim: [OP.claim, Number.MAX_SAFE_INTEGER, b(32)],
  token: [OP.token, 0],
};
const replies: Record<string, ReplyFrame> = {
  hello: [REPLY.hello, 1, b(32), b(16), 1_700_000_000_000],
  ok: [REPLY.ok, 3, true],
  refused: [REPLY.refused, 4, 'stale', 12],
  news: [REPLY.news, log, [[5, 100, b(8), b(30)]], 4],
  'news of a redacted one': [REPLY.news, log, [[5, 100, b(0), b(0), b(16), true]], 0],
  slot: [REPLY.slot, log, 3, b(16), b(10)],
  cast: [REPLY.cast, log, b(0)],
  closed: [REPLY.closed, log],
};

/** Each field of a frame, in turn, replaced by what must not stand there. */
function* corruptions(frame: readonly unknown[]): Generator<readonly unknown[]> {
  yield frame.slice(0, -1);
  yield [...frame, 0];
  for (let i = 1; i < frame.length; i++)
    for (const wrong of wrongFor(frame[i])) yield frame.map((field, index) => (index === i ? wrong : field));
}

function wrongFor(field: unknown): readonly unknown[] {
  const always = [null, 'x', { a: 1 }, -1, 1.5, 2 ** 53 - 0.5];
  if (field instanceof Uint8Array)
    return [...always, true, 7, [field], b(field.length === 33 ? 34 : 1_000_000)];
  if (typeof field === 'number') return [-1, 1.5, 'x', null, true, b(1), [field]];
  if (typeof field === 'boolean') return [0, 1, null, 'true'];
  if (typeof field === 'string') return ['Stale', '', 0, null];
  if (Array.isArray(field)) {
    const first: unknown = field[0];
    const inner = Array.isArray(first) ? [...corruptionsInside(first)].map((item) => [item]) : [];
    return [null, 0, 'x', { a: 1 }, [0], ['x'], [null], ...inner];
  }
  return [];
}

function* corruptionsInside(tuple: readonly unknown[]): Generator<readonly unknown[]> {
  yield tuple.slice(0, -1);
  yield [...tuple, 0];
  for (let i = 0; i < tuple.length; i++)
    for (const wrong of wrongFor(tuple[i])) yield tuple.map((field, at) => (at === i ? wrong : field));
}

/** Bytes by their length: what a failure prints has to be read. */
function shapeOf(frame: unknown): string {
  return JSON.stringify(frame, (_, value: unknown) =>
    value instanceof Uint8Array ? `${value.length} bytes` : value,
  );
}

describe('requests (SPEC F4)', () => {
  it.each(Object.entries(requests))('%s comes back as it was sent', (_, frame) => {
    expect(parseRequest(encodeFrame(frame))).toEqual({ ok: true, value: frame });
  });

  it.each(Object.entries(requests))('%s is refused with any one field corrupted', (_, frame) => {
    for (const corrupt of corruptions(frame))
      expect(parseRequest(encodeCbor(corrupt)), shapeOf(corrupt)).toMatchObject({
        ok: false,
        error: { type: 'malformed' },
      });
  });

  it('have the codes of the page, one after the other', () => {
    expect(Object.values(OP)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    for (const [name, frame] of Object.entries(requests)) expect(OP[name as keyof typeof OP]).toBe(frame[0]);
  });

  it('keep the sizes and counts of L1', () => {
    const isOk = (frame: unknown): boolean => parseRequest(encodeCbor(frame)).ok;
    const many = <T>(length: number, item: T): T[] => Array.from({ length }, () => item);
    expect(isOk([OP.append, 1, log, key, 0, many(256, b(11))])).toBe(true);
    expect(isOk([OP.append, 1, log, key, 0, many(257, b(11))])).toBe(false);
    expect(isOk([OP.append, 1, log, key, 0, [b(LIMITS.mailboxEnvelopeBytes)]])).toBe(true);
    expect(isOk([OP.append, 1, log, key, 0, [b(LIMITS.mailboxEnvelopeBytes + 1)]])).toBe(false);
    expect(isOk([OP.watch, 1, many(2_000, [log, key, 0, 0])])).toBe(true);
    expect(isOk([OP.watch, 1, many(2_001, [log, key, 0, 0])])).toBe(false);
    expect(isOk([OP.unwatch, 1, many(2_001, log)])).toBe(false);
    expect(isOk([OP.put, 1, log, key, b(16), b(LIMITS.slotBytes + 1)])).toBe(false);
    expect(isOk([OP.cast, 1, log, key, b(LIMITS.castBytes + 1)])).toBe(false);
    expect(isOk([OP.revoke, 1, many(LIMITS.passesPerFrame + 1, b(32))])).toBe(false);
    expect(isOk([OP.create, 1, log, 4, b(32), b(32), b(32)])).toBe(false);
    for (const length of [1, 16, 31, 33]) expect(isOk([OP.read, 1, log, b(length), 0, 1])).toBe(false);
  });

  // A frame of 190 KB once made four seconds and 300 MB of reports at the relay, and needed no pass.
  it('with a list too long are refused before its items are looked at', () => {
    const frames = [
      [OP.watch, 1, Array.from({ length: 30_000 }, () => [b(1), 1, 1, 1])],
      [OP.unwatch, 1, Array.from({ length: 190_000 }, () => [])],
      [OP.append, 1, log, key, 0, Array.from({ length: 190_000 }, () => 0)],
      [OP.admit, 1, Array.from({ length: 190_000 }, () => 0)],
      [OP.revoke, 1, Array.from({ length: 190_000 }, () => 0)],
    ];
    for (const frame of frames)
      expect(parseRequest(encodeCbor(frame))).toMatchObject({
        ok: false,
        error: { detail: expect.stringContaining('a list of at most') as string },
      });
  });

  it('are judged by the schema at their code and by no other (SPEC F1)', () => {
    for (const frame of Object.values(requests))
      for (const code of [...Object.values(OP), 15, 127, -1, 1.5, '0', null, true]) {
        if (code === frame[0]) continue;
        const parsed = parseRequest(encodeCbor([code, ...frame.slice(1)]));
        // Two codes may share a form; then the frame is what its code says.
        if (parsed.ok) expect(parsed.value[0]).toBe(code);
      }
    for (const frame of Object.values(replies)) expect(parseRequest(encodeFrame(frame)).ok).toBe(false);
  });
});

describe('replies (SPEC F4)', () => {
  it.each(Object.entries(replies))('%s comes back as it was sent', (_, frame) => {
    expect(parseReply(encodeFrame(frame))).toEqual({ ok: true, value: frame });
  });

  it.each(Object.entries(replies))('%s is refused with any one field corrupted', (name, frame) => {
    for (const corrupt of corruptions(frame)) {
      // What `ok` carries is judged by the schema of the operation; that it carries something, here.
      if (name === 'ok' && corrupt.length === 3 && corrupt[1] === frame[1]) continue;
      expect(parseReply(encodeCbor(corrupt)), shapeOf(corrupt)).toMatchObject({
        ok: false,
        error: { type: 'malformed' },
      });
    }
  });

  it('never pass for requests, nor requests for them', () => {
    for (const frame of Object.values(requests)) expect(parseReply(encodeFrame(frame)).ok).toBe(false);
  });

  it('without what they carry are none', () => {
    expect(parseReply(encodeCbor([REPLY.ok, 7]))).toMatchObject({ ok: false, error: { type: 'malformed' } });
    expect(parseReply(encodeCbor([REPLY.ok, 7, null]))).toMatchObject({ ok: true });
  });

  it('name a pass by eight bytes or none (SPEC K4)', () => {
    for (const length of [0, 8])
      expect(parseReply(encodeCbor([REPLY.news, log, [[5, 1, b(length), b(9)]], 0])).ok).toBe(true);
    for (const length of [1, 7, 9])
      expect(parseReply(encodeCbor([REPLY.news, log, [[5, 1, b(length), b(9)]], 0])).ok).toBe(false);
  });

  it('of an unknown code or no list at all are refused', () => {
    for (const value of [[], 0, 'x', null, {}, [135], [127, 1], [[128]], b(3), ['128']])
      expect(parseReply(encodeCbor(value)).ok, JSON.stringify(value)).toBe(false);
  });

  it('answer any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(() => [parseReply(bytes), parseRequest(bytes)]).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it('answer any changed byte of a valid frame', () => {
    const frames = [...Object.values(replies), requests.watch, requests.admit, requests.create].map((frame) =>
      encodeFrame(frame),
    );
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(), fc.nat(255), (whole, place, byte) => {
        const bytes = new Uint8Array(whole);
        bytes[place % bytes.length] = byte;
        expect(() => [parseReply(bytes), parseRequest(bytes)]).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('refusals (SPEC F5)', () => {
  it('say each what to do', () => {
    expect(Object.keys(REFUSAL_THEN).sort()).toEqual([...REFUSALS].sort());
    for (const refusal of REFUSALS)
      expect(parseReply(encodeFrame([REPLY.refused, 1, refusal, 0]))).toMatchObject({ ok: true });
  });
});

describe('results (SPEC F6, F7)', () => {
  const stored = [5, 100, b(8), b(30)];
  const good: [string, v.GenericSchema, unknown][] = [
    ['done', doneResult, true],
    ['append, whole', appendResult, [[[1, 2]], null]],
    ['append, cut short', appendResult, [[], ['stale', 4]]],
    ['read', readResult, [[stored], 5, 1, 0]],
    ['read, redacted', readResult, [[[5, 100, b(8), b(0), b(16), false]], 5, 1, 0]],
    [
      'watch',
      watchResult,
      [
        [0, 5, 1, 0, [[3, b(16), b(4)]]],
        [1, 'unknown-log'],
      ],
    ],
    ['passes', passesResult, [[b(32), false]]],
    ['token', tokenResult, b(32)],
  ];
  it.each(good)('%s', (_, schema, value) => {
    expect(v.safeParse(schema, value)).toMatchObject({ success: true, output: value });
  });

  it.each([
    ['done', doneResult, false],
    ['append', appendResult, [[[1]], null]],
    ['append', appendResult, [[[1, 2]], ['gone', 4]]],
    ['append', appendResult, [[[1, 2]]]],
    ['read', readResult, [[stored], 5, 1]],
    ['read with a redacted one that has bytes', readResult, [[[5, 1, b(8), b(1), b(16), false]], 5, 1, 0]],
    ['read with a long pseudonym', readResult, [[[5, 1, b(9), b(1)]], 5, 1, 0]],
    ['watch', watchResult, [[0, 'gone']]],
    ['watch', watchResult, [[0, 5, 1, 0, [[3, b(15), b(4)]]]]],
    ['passes', passesResult, [[b(31), false]]],
    ['token', tokenResult, b(16)],
    ['nothing for done', doneResult, undefined],
    ['nothing for append', appendResult, undefined],
    ['nothing for read', readResult, undefined],
    ['nothing for watch', watchResult, undefined],
    ['nothing for passes', passesResult, undefined],
    ['nothing for token', tokenResult, undefined],
  ] as [string, v.GenericSchema, unknown][])('wrong %s is refused', (_, schema, value) => {
    expect(v.safeParse(schema, value).success).toBe(false);
  });
});

describe('the relay’s challenge (SPEC F2)', () => {
  it('binds host and nonce, and the host is lower case', () => {
    const message = relayAuthMessage('Relay.Example:8443', b(32));
    expect(message).toEqual(encodeCbor(['depesche/relay-auth/1', 'relay.example:8443', b(32)]));
    expect(message).not.toEqual(relayAuthMessage('relay.example', b(32)));
    expect(message).not.toEqual(relayAuthMessage('relay.example:8443', b(32, 2)));
  });
});
