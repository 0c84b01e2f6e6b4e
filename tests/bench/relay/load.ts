/**
 * A crowd of watchers in one room of a server, and messages sent into it. The same for each server: all watchers
 * get every message, the sender too; a message carries about as much as a short text of ours with its seal.
 */
import { insist } from '../row';

export const MESSAGE_BYTES = 330;

export interface Crowd {
  /** How many get each message. */
  readonly watchers: number;
  /** Sends `count` messages in one turn of the loop; `acknowledged` resolves when the server said so, if it does. */
  send(count: number): readonly Promise<void>[];
  /** Called for each delivery with the number of the message, from 0. */
  onDelivery: (message: number) => void;
  close(): void;
}

export interface LoadOptions {
  readonly messages: number;
  /** Sent at once; the pace of messages stays the same. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface LoadResult {
  /** ms from sending to each delivery. */
  readonly delivered: readonly number[];
  readonly acknowledged: readonly number[];
}

const PATIENCE_MS = 20_000;

export async function runLoad(crowd: Crowd, first: number, options: LoadOptions): Promise<LoadResult> {
  const { messages, burst, perSecond } = options;
  const sentAt: number[] = [];
  const delivered: number[] = [];
  const acknowledged: number[] = [];
  const counts = new Uint32Array(messages);
  const wanted = messages * crowd.watchers;
  let isLate = false;
  const all = new Promise<void>((resolve) => {
    const timer = setTimeout(
      () => {
        isLate = true;
        resolve();
      },
      PATIENCE_MS + (messages * 1_000) / perSecond,
    );
    crowd.onDelivery = (message) => {
      const index = message - first;
      const since = sentAt[index];
      insist(since !== undefined, `message ${message} was delivered before it was sent`);
      delivered.push(performance.now() - since);
      counts[index] = (counts[index] ?? 0) + 1;
      if (delivered.length !== wanted) return;
      clearTimeout(timer);
      resolve();
    };
  });
  const acks: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < messages; n += burst) {
    await until(start + (n * 1_000) / perSecond);
    const count = Math.min(burst, messages - n);
    const now = performance.now();
    for (let i = 0; i < count; i++) sentAt.push(now);
    for (const ack of crowd.send(count))
      acks.push(ack.then(() => acknowledged.push(performance.now() - now)));
  }
  await Promise.all([all, ...acks]);
  insist(!isLate, `${delivered.length} of ${wanted} deliveries came`);
  insist(
    counts.every((count) => count === crowd.watchers),
    'each message reaches each watcher once',
  );
  return { delivered, acknowledged };
}

async function until(due: number): Promise<void> {
  while (performance.now() < due)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
}
