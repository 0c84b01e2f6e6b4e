/** What comes over the socket and out of a link, before any key is needed. */
import type * as v from 'valibot';
import { invitationLinkText, parseLink, type InvitationLink } from '../../../src/domain/invitationLink';
import { encodeGroupContext, parseGroupContext } from '../../../src/domain/groupContext';
import type { LogId, PersonId } from '../../../src/domain/ids';
import { encodePosition, parsePosition } from '../../../src/domain/position';
import { bytesToBase64Url, type Bytes } from '../../../src/lib/bytes';
import { pad, unpad } from '../../../src/crypto/padding';
import { decodeCbor, encodeCbor } from '../../../src/protocol/codec';
import { encodeEnvelope, parseEnvelope } from '../../../src/protocol/envelope';
import { parseCbor } from '../../../src/protocol/fields';
import {
  appendResult,
  doneResult,
  encodeFrame,
  OP,
  parseReply,
  parseRequest,
  passesResult,
  readResult,
  REPLY,
  tokenResult,
  watchResult,
  type ReplyFrame,
  type RequestFrame,
} from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { countValues, hasByteOrderMark, must, mustBeSame, valueOrRefusal, type Target } from '../target';

const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);
const log = b(32, 2);
const key = b(32, 3);

const requests: readonly RequestFrame[] = [
  [OP.auth, 1, b(32), b(64)],
  [OP.create, 2, log, 3, b(32), b(32), b(32)],
  [OP.append, 3, log, key, 7, [b(20), b(300)]],
  [OP.read, 4, log, key, 0, 1_048_576],
  [
    OP.watch,
    5,
    [
      [log, key, 5, 6],
      [b(32, 7), b(0), 0, 0],
    ],
  ],
  [OP.unwatch, 6, [log, b(32, 9)]],
  [OP.put, 7, log, b(0), b(16), b(90)],
  [OP.close, 8, log, key],
  [OP.redact, 9, log, key, 4, b(0)],
  [OP.cast, 10, log, key, b(60)],
  [OP.admit, 11, [[b(32), true]]],
  [OP.revoke, 12, [b(32)]],
  [OP.passes, 13],
  [OP.claim, Number.MAX_SAFE_INTEGER, b(32)],
  [OP.token, 0],
];
const replies: readonly ReplyFrame[] = [
  [REPLY.hello, 1, b(32), b(16), 1_700_000_000_000],
  [REPLY.ok, 3, [[[1, 2]], null]],
  [REPLY.refused, 4, 'stale', 12],
  [
    REPLY.news,
    log,
    [
      [5, 100, b(8), b(30)],
      [6, 101, b(0), b(0), b(16), true],
    ],
    4,
  ],
  [REPLY.slot, log, 3, b(16), b(10)],
  [REPLY.cast, log, b(9)],
  [REPLY.closed, log],
];
const results: readonly (readonly [string, v.GenericSchema, unknown])[] = [
  ['done', doneResult, true],
  [
    'append',
    appendResult,
    [
      [
        [1, 2],
        [2, 2],
      ],
      ['stale', 4],
    ],
  ],
  [
    'read',
    readResult,
    [
      [
        [5, 100, b(8), b(30)],
        [6, 1, b(0), b(0), b(16), false],
      ],
      6,
      1,
      0,
    ],
  ],
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

const OWN = 'https://own.example';
const invitation: InvitationLink = {
  origin: 'https://town.example:8443',
  secret: b(32, 4),
  expiresAt: 1_790_000_000_000,
  founding: b(32, 5),
};
const linkText = invitationLinkText(invitation);
const linkSamples = [
  linkText,
  encodeURIComponent(linkText),
  `Hallo, hier: HTTPS://Town.Example/pfad/?x=1#/beitreten/${linkText.slice(linkText.lastIndexOf('/') + 1)}`,
  `${OWN}/#/einrichten/${bytesToBase64Url(b(32, 6))}`,
].map((text) => new Uint8Array(new TextEncoder().encode(text)));

export const wireTargets: readonly Target[] = [
  {
    name: 'CBOR (L2)',
    samples: [...requests, ...replies, { a: [1, { b: 'ä' }], c: null }, [-1, 2 ** 53 - 1]].map(encodeCbor),
    runs: 600,
    check(input) {
      const value = valueOrRefusal(decodeCbor(input));
      if (value === undefined) return false;
      must(countValues(value) <= LIMITS.cborItems, 'no more values than items');
      if (!hasByteOrderMark(input)) mustBeSame(input, encodeCbor(value), 'CBOR has one form');
      return true;
    },
  },
  {
    name: 'frames of a device (F1, F4)',
    samples: requests.map((frame) => encodeFrame(frame)),
    runs: 600,
    check(input) {
      const frame = valueOrRefusal(parseRequest(input));
      if (frame === undefined) return false;
      must(Number.isSafeInteger(frame[1]) && frame[1] >= 0, 'a request has a number');
      mustBeSame(input, encodeFrame(frame), 'a request has one form');
      return true;
    },
  },
  {
    name: 'frames of the relay (F1, F4)',
    samples: replies.map((frame) => encodeFrame(frame)),
    runs: 600,
    check(input) {
      const frame = valueOrRefusal(parseReply(input));
      if (frame === undefined) return false;
      must(frame[1] !== undefined, 'a reply carries something');
      if (!hasByteOrderMark(input)) mustBeSame(input, encodeFrame(frame), 'a reply has one form');
      return true;
    },
  },
  ...results.map(([name, schema, sample]): Target => ({
    name: `result of ${name} (F6, F7)`,
    samples: [encodeCbor(sample)],
    runs: 80,
    check(input) {
      const value = valueOrRefusal(parseCbor(schema, input));
      if (value === undefined) return false;
      mustBeSame(input, encodeCbor(value), 'a result has one form');
      return true;
    },
  })),
  {
    name: 'envelopes (E1)',
    samples: [false, true].map((isCommit) => encodeEnvelope({ isCommit, epochTag: b(8), sealed: b(60) })),
    runs: 300,
    check(input) {
      const envelope = valueOrRefusal(parseEnvelope(input));
      if (envelope === undefined) return false;
      must(input.length <= LIMITS.commitBytes, 'an envelope has its size');
      mustBeSame(input, encodeEnvelope(envelope), 'an envelope has one form');
      return true;
    },
  },
  {
    name: 'padding (E6)',
    samples: [0, 1, 252, 253, 500].flatMap((length) => {
      const padded = pad(b(length));
      return padded.ok ? [padded.value] : [];
    }),
    runs: 300,
    check(input) {
      const plain = valueOrRefusal(unpad(input));
      if (plain === undefined) return false;
      const again = pad(plain);
      must(again.ok, 'what was unpadded can be padded');
      mustBeSame(input, again.value, 'padding has one form');
      return true;
    },
  },
  {
    name: 'links (J1)',
    samples: linkSamples,
    runs: 400,
    check(input) {
      const link = parseLink(new TextDecoder().decode(input), OWN);
      if (link.type === 'setup') must(link.token.length === 32, 'a token has 32 bytes');
      if (link.type !== 'invitation') return link.type === 'setup';
      const again = parseLink(invitationLinkText(link.invitation), OWN);
      must(
        JSON.stringify(again) === JSON.stringify(link),
        `a link that was read is written as the same: ${link.invitation.origin}`,
      );
      return true;
    },
  },
  {
    name: 'group contexts (G2)',
    samples: (['town', 'direct', 'group'] as const).map((kind) =>
      encodeGroupContext({
        ruleset: 1,
        kind,
        log: 'ab'.repeat(32) as LogId,
        readKey: b(32),
        writeKey: b(32),
        pair: kind === 'direct' ? ['a1'.repeat(16) as PersonId, 'b2'.repeat(16) as PersonId] : undefined,
      }),
    ),
    runs: 300,
    check(input) {
      const context = valueOrRefusal(parseGroupContext(input));
      if (context === undefined) return false;
      mustBeSame(input, encodeGroupContext(context), 'a context has one form');
      return true;
    },
  },
  {
    name: 'positions (G6)',
    samples: [encodePosition({ generation: 0, seq: 7, chain: b(32) })],
    runs: 150,
    check(input) {
      const position = parsePosition(input);
      if (position === undefined) return false;
      mustBeSame(input, encodePosition(position), 'a position has one form');
      return true;
    },
  },
];
