/**
 * What a relay that lies makes of single frames. Each lie changes what a device is answered or told;
 * what it must not be able to do is in the oracle's hands, not here.
 */
import { bytesToHex, type Bytes } from '../../../src/lib/bytes';
import {
  encodeFrame,
  OP,
  REFUSALS,
  REPLY,
  type ReplyFrame,
  type RequestFrame,
  type StoredEnvelope,
} from '../../../src/protocol/frames';
import type { Dice } from './dice';

/** What a lie can see and use. */
export interface Liar {
  readonly dice: Dice;
  readonly now: number;
  /** All that the relay has of a log. */
  stored(log: Bytes): readonly StoredEnvelope[];
  /** Values of the log's slots that were replaced since. */
  oldSlots(log: Bytes): readonly Bytes[];
  bytes(length: number): Bytes;
}

export interface FrameLie {
  /** The answer instead of what is asked; undefined lets the request through. */
  answer?(liar: Liar, asked: RequestFrame): ReplyFrame | undefined;
  /** What becomes of a frame to the device; `asked` is what it answers. */
  tell?(liar: Liar, frame: ReplyFrame, asked: RequestFrame | undefined): readonly ReplyFrame[];
  /** Bytes that are sent before it. */
  noise?(liar: Liar): readonly Bytes[];
}

type Envelopes = readonly StoredEnvelope[];
type OkFrame = Extract<ReplyFrame, readonly [typeof REPLY.ok, ...unknown[]]>;

const HUGE = Number.MAX_SAFE_INTEGER;

/** Changes the envelopes of news and of what was read; the head goes with their number. */
function telling(change: (liar: Liar, list: Envelopes, log: Bytes) => Envelopes): FrameLie {
  return {
    tell: (liar, frame, asked) => {
      if (frame[0] === REPLY.news) {
        if (frame[2].length === 0) return [frame];
        return [[REPLY.news, frame[1], [...change(liar, frame[2], frame[1])], frame[3]]];
      }
      if (frame[0] !== REPLY.ok || asked?.[0] !== OP.read) return [frame];
      const [list, head, first, lastCommit] = frame[2] as [Envelopes, number, number, number];
      if (list.length === 0) return [frame];
      const changed = change(liar, list, asked[2]);
      return [okOf(frame, [changed, Math.max(0, head + changed.length - list.length), first, lastCommit])];
    },
  };
}

function okOf(frame: OkFrame, result: unknown): ReplyFrame {
  return [REPLY.ok, frame[1], result];
}

function refused(asked: RequestFrame, reason: (typeof REFUSALS)[number], number: number): ReplyFrame {
  return [REPLY.refused, asked[1], reason, number];
}

function withBytes(envelope: StoredEnvelope, bytes: Bytes): StoredEnvelope {
  return envelope.length === 6 ? envelope : [envelope[0], envelope[1], envelope[2], bytes];
}

function renumbered(list: Envelopes): Envelopes {
  const first = list[0]?.[0] ?? 0;
  return list.map((envelope, index) =>
    envelope.length === 6
      ? [first + index, envelope[1], envelope[2], envelope[3], envelope[4], envelope[5]]
      : [first + index, envelope[1], envelope[2], envelope[3]],
  );
}

/** Of the list, one place by chance. */
function changeOne(
  liar: Liar,
  list: Envelopes,
  change: (envelope: StoredEnvelope) => StoredEnvelope,
): Envelopes {
  const at = liar.dice.below(list.length);
  return list.map((envelope, index) => (index === at ? change(envelope) : envelope));
}

function flipped(liar: Liar, bytes: Bytes): Bytes {
  const copy = new Uint8Array(bytes);
  const at = liar.dice.below(Math.max(1, copy.length));
  copy[at] = (copy[at] ?? 0) ^ (1 << liar.dice.below(8));
  return copy;
}

/** What it may claim where a number is expected. */
function wildNumber(liar: Liar, truth: number): number {
  return liar.dice.pick([0, 1, Math.max(0, truth - 1), truth + 1, truth + 1_000, HUGE - 1, HUGE]);
}

export const FRAME_LIES = {
  alter: telling((liar, list) =>
    changeOne(liar, list, (envelope) => withBytes(envelope, flipped(liar, envelope[3]))),
  ),
  /** A genuine header over bytes of its own; at times an entry is called a commit, or a commit an entry. */
  forge: telling((liar, list) =>
    changeOne(liar, list, (envelope) => {
      const bytes = new Uint8Array(envelope[3]);
      if (liar.dice.isLucky(0.5) && bytes.length > 10) bytes.set(liar.bytes(bytes.length - 10), 10);
      if (liar.dice.isLucky(0.5) && bytes.length > 1) bytes[1] = (bytes[1] ?? 0) ^ 1;
      return withBytes(envelope, bytes);
    }),
  ),
  replay: telling((liar, list, log) => {
    const known = liar.stored(log);
    const [first] = list;
    if (known.length === 0 || first === undefined) return list;
    const old = liar.dice.pick(known);
    const again: StoredEnvelope = [first[0], liar.now, old[2], old[3]];
    return old.length === 6 ? list : renumbered([again, ...list]);
  }),
  reorder: telling((liar, list) => {
    const at = liar.dice.below(list.length);
    const [one, other] = [list[at], list[at + 1]];
    if (one === undefined || other === undefined) return list;
    const swapped = [...list.slice(0, at), other, one, ...list.slice(at + 2)];
    const first = list[0]?.[0] ?? 0;
    return renumbered(swapped.map((envelope, index) => (index === 0 ? moved(envelope, first) : envelope)));
  }),
  skip: telling((_, list) => {
    const first = list[0]?.[0] ?? 0;
    return renumbered(
      list.slice(1).map((envelope, index) => (index === 0 ? moved(envelope, first) : envelope)),
    );
  }),
  /** Entries that it calls redacted (SPEC F9). */
  redact: telling((liar, list) =>
    changeOne(liar, list, (envelope) =>
      envelope.length === 6
        ? envelope
        : [envelope[0], envelope[1], envelope[2], new Uint8Array(0), liar.bytes(16), liar.dice.isLucky(0.3)],
    ),
  ),
  times: telling((liar, list) =>
    list.map((envelope) => {
      const at = liar.dice.pick([0, HUGE, liar.now - 40 * 86_400_000, liar.now + 40 * 86_400_000]);
      return envelope.length === 6 ? envelope : [envelope[0], at, envelope[2], envelope[3]];
    }),
  ),
  withhold: {
    tell: (_, frame, asked) => {
      if (frame[0] === REPLY.news || frame[0] === REPLY.slot || frame[0] === REPLY.cast) return [];
      if (frame[0] !== REPLY.ok) return [frame];
      if (asked?.[0] === OP.watch) return [okOf(frame, [])];
      if (asked?.[0] !== OP.read) return [frame];
      const [, , first, lastCommit] = frame[2] as [Envelopes, number, number, number];
      return [okOf(frame, [[], asked[4], first, lastCommit])];
    },
  },
  stale: {
    answer: (liar, asked) =>
      asked[0] === OP.append ? [REPLY.ok, asked[1], [[], ['stale', wildNumber(liar, asked[4])]]] : undefined,
  },
  /** It says that it has stored what it has thrown away. */
  'false-ack': {
    answer: (liar, asked) => {
      if (asked[0] !== OP.append) return undefined;
      const head = liar.stored(asked[2]).length;
      const from = liar.dice.isLucky(0.8) ? head + 1 : wildNumber(liar, head);
      const acks = asked[5].map((_, index) => [Math.min(HUGE, from + index), liar.now]);
      return [REPLY.ok, asked[1], [acks, null]];
    },
  },
  refuse: {
    answer: (liar, asked) =>
      asked[0] !== OP.auth && liar.dice.isLucky(0.4)
        ? refused(asked, liar.dice.pick(REFUSALS), liar.dice.pick([0, 50, 5_000, HUGE]))
        : undefined,
  },
  numbers: {
    tell: (liar, frame, asked) => {
      if (liar.dice.isLucky(0.5)) return [frame];
      if (frame[0] === REPLY.news) return [[REPLY.news, frame[1], frame[2], wildNumber(liar, frame[3])]];
      if (frame[0] === REPLY.slot)
        return [[REPLY.slot, frame[1], wildNumber(liar, frame[2]), frame[3], frame[4]]];
      if (frame[0] !== REPLY.ok) return [frame];
      if (asked?.[0] === OP.read) {
        const [list, head, first, lastCommit] = frame[2] as [Envelopes, number, number, number];
        return [
          okOf(frame, [list, wildNumber(liar, head), wildNumber(liar, first), wildNumber(liar, lastCommit)]),
        ];
      }
      if (asked?.[0] !== OP.watch) return [frame];
      const items = asked[2].map((_, index) => [index, wildNumber(liar, 1), wildNumber(liar, 1), 0, []]);
      return [okOf(frame, items)];
    },
  },
  /** Receipts of before, and of other slots. */
  receipts: {
    tell: (liar, frame) => {
      if (frame[0] !== REPLY.slot) return [frame];
      const old = liar.oldSlots(frame[1]);
      return old.length === 0 ? [frame] : [[REPLY.slot, frame[1], frame[2], frame[3], liar.dice.pick(old)]];
    },
  },
  hello: {
    tell: (liar, frame) => {
      if (frame[0] !== REPLY.hello) return [frame];
      const kind = liar.dice.below(3);
      if (kind === 0) return [[frame[0], frame[1], frame[2], liar.bytes(16), frame[4]]];
      if (kind === 1) return [[frame[0], frame[1], frame[2], frame[3], wildNumber(liar, liar.now)]];
      return [frame, frame];
    },
  },
  rubbish: {
    noise: (liar) => {
      if (!liar.dice.isLucky(0.1)) return [];
      return [
        liar.dice.pick([
          liar.bytes(liar.dice.below(300)),
          // A hello of a later version; nesting; lists that promise more than there is.
          new Uint8Array([0x82, 0x18, 0x80, 0x09]),
          new Uint8Array(5_000).fill(0x81),
          new Uint8Array([0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
          encodeFrame([REPLY.ok, liar.dice.below(50), liar.dice.pick([null, true, [], 'nein', HUGE])]),
        ]),
      ];
    },
  },
} as const satisfies Record<string, FrameLie>;

export type FrameLieName = keyof typeof FRAME_LIES;

function moved(envelope: StoredEnvelope, seq: number): StoredEnvelope {
  return envelope.length === 6
    ? [seq, envelope[1], envelope[2], envelope[3], envelope[4], envelope[5]]
    : [seq, envelope[1], envelope[2], envelope[3]];
}

/** The log a frame speaks of, as hex; undefined when it is of none, or of several. */
export function logOf(frame: ReplyFrame | RequestFrame): string | undefined {
  const log = frame[0] >= REPLY.news ? frame[1] : frame[0] >= OP.create && frame[0] <= OP.cast ? frame[2] : 0;
  return log instanceof Uint8Array ? bytesToHex(log) : undefined;
}
