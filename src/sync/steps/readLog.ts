/** Reads from the relay what lies behind the cursor (SPEC F7, S4, S6). */
import { idToBytes } from '../../domain/ids';
import type * as v from 'valibot';
import type { Result } from '../../lib/result';
import { OP, readResult } from '../../protocol/frames';
import { LIMITS } from '../../protocol/limits';
import type { LogDesk } from '../logDesk';
import type { RelayFailure } from '../relayClient';
import { forgetFalseAcks } from './flight';
import { INGEST_BATCH, take } from './take';

const LEAST_READ_BYTES = 16 * 1024;

/** A page of the log that has been asked for. */
export interface AskedPage {
  /** It begins behind this seq. */
  readonly after: number;
  /** Which of the log's reads it is. */
  readonly read: number;
  readonly answer: Promise<Result<v.InferOutput<typeof readResult>, RelayFailure>>;
}

export async function readLog(desk: LogDesk): Promise<boolean> {
  const { memory } = desk;
  const { core, progress } = desk.state;
  const page = memory.ahead?.after === progress.cursor ? memory.ahead : askBehind(desk, progress.cursor);
  memory.ahead = undefined;
  const answer = await page.answer;
  if (!answer.ok) {
    memory.needsRead = true;
    // What did not come within the time for an answer may come in smaller pieces.
    if (answer.error.type === 'offline') memory.readBytes = Math.max(LEAST_READ_BYTES, memory.readBytes / 2);
    return desk.failed(answer.error);
  }
  const [envelopes, head, firstSeq] = answer.value;
  memory.head = Math.max(head, memory.news.at(-1)?.[0] ?? 0);
  if (head < progress.cursor) {
    memory.isRolledBack = true;
    desk.markTrouble('forked');
    return false;
  }
  if (firstSeq > progress.cursor + 1 && head > progress.cursor && core.kind === 'mailbox') {
    const passed = {
      ...desk.state,
      progress: { ...progress, cursor: firstSeq - 1, missed: firstSeq - 1 },
    };
    if (!(await desk.save(passed, []))) return false;
  } else if (firstSeq > progress.cursor + 1 && head > progress.cursor) {
    desk.markTrouble('needs-reentry');
    return false;
  }
  memory.retries = 0;
  // The next page is on its way while this one is taken in.
  const last = envelopes.at(-1)?.[0] ?? head;
  if (last < head) memory.ahead = askBehind(desk, last);
  memory.readBytes = Math.min(LIMITS.readBytes, memory.readBytes * 2);
  for (let at = 0; at < envelopes.length; at += INGEST_BATCH) {
    if (!(await take(desk, envelopes.slice(at, at + INGEST_BATCH)))) return false;
  }
  if (desk.state.progress.cursor >= head) {
    memory.readDone = page.read;
    desk.host.readToHead(desk.runner);
    return forgetFalseAcks(desk);
  }
  if (desk.state.progress.cursor > progress.cursor) return true;
  // More is promised than is shown: what was pushed beyond it can wait as well.
  memory.news = [];
  return desk.pause();
}

function askBehind({ host, memory, state: { core } }: LogDesk, after: number): AskedPage {
  const read = ++memory.readsBegun;
  // Before the request: what is asked for meanwhile is another read.
  memory.needsRead = false;
  const answer = host.relay.request(
    [OP.read, idToBytes(core.log), core.readKey, after, memory.readBytes],
    readResult,
  );
  return { after, read, answer };
}
