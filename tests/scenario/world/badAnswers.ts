/** Answers that get lost on their way, or say that something was not done although it was. */
import { encodeCbor } from '../../../src/protocol/codec';
import { OP, parseReply, parseRequest, REPLY, type RequestFrame } from '../../../src/protocol/frames';

const REFUSED = ['stale', 'busy', 'storage'] as const;
export const ASKED = ['commit', 'append', 'any'] as const;
export const SPOILT = ['lost', ...REFUSED] as const;

/** Of the next request of this kind. */
export interface BadAnswer {
  readonly asked: (typeof ASKED)[number];
  readonly spoilt: (typeof SPOILT)[number];
}

export interface AnswerFate {
  /** Of the request on its connection. */
  readonly number: number;
  readonly isAppend: boolean;
  readonly spoilt: BadAnswer['spoilt'];
}

/** Undefined when the request is not the one that is waited for. */
export function fateOf({ asked, spoilt }: BadAnswer, frame: Uint8Array): AnswerFate | undefined {
  const request = parseRequest(frame);
  if (!request.ok || !isMeant(asked, request.value)) return undefined;
  return { number: request.value[1], isAppend: request.value[0] === OP.append, spoilt };
}

function isMeant(asked: BadAnswer['asked'], request: RequestFrame): boolean {
  if (asked === 'any') return true;
  if (request[0] !== OP.append) return false;
  return asked === 'append' || request[5].some((envelope) => ((envelope[1] ?? 0) & 1) === 1);
}

/** What arrives of a frame; undefined when nothing does. A fate that has come true is taken off the list. */
export function spoiltAnswer(fates: AnswerFate[], frame: Uint8Array): Uint8Array | undefined {
  const reply = parseReply(frame);
  if (!reply.ok || (reply.value[0] !== REPLY.ok && reply.value[0] !== REPLY.refused)) return frame;
  const [, number] = reply.value;
  const at = fates.findIndex((fate) => fate.number === number);
  const [fate] = at < 0 ? [] : fates.splice(at, 1);
  if (fate === undefined) return frame;
  if (fate.spoilt === 'lost') return undefined;
  return fate.isAppend
    ? encodeCbor([REPLY.ok, number, [[], [fate.spoilt, 0]]])
    : encodeCbor([REPLY.refused, number, fate.spoilt, 0]);
}
