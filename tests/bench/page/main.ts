/** A page of the relay's origin that has the app's engine and no screen; `window.bench` is what rows drive. */
import type { AppClient } from '../../../src/engine/client';
import { openAppClient } from '../../../src/engine/openClient';
import type { ConversationNumber } from '../../../src/engine/views';
import type { PersonId } from '../../../src/domain/ids';
import type { Figures, Order } from './arithmetic.worker';
import workerUrl from './arithmetic.worker?worker&url';

export interface BenchApi {
  /** Opens the vault and leads. */
  open(): Promise<void>;
  found(token: string, townName: string, ownName: string): Promise<void>;
  invite(): Promise<string>;
  join(link: string, ownName: string): Promise<void>;
  persons(): Promise<readonly { readonly id: PersonId; readonly isMe: boolean }[]>;
  openDirect(person: PersonId): Promise<ConversationNumber>;
  /** By title; waits until there are as many. */
  conversations(count: number): Promise<Readonly<Record<string, ConversationNumber>>>;
  /** Resolves when that many messages of others are stored and unread. */
  untilUnread(count: number): Promise<void>;
  /** Resolves when that text is the last of the conversation. */
  untilLast(conversation: ConversationNumber, text: string): Promise<void>;
  markAllRead(): Promise<void>;
  /** Texts that say when they were written, one every `everyMs`. */
  sendStamped(conversation: ConversationNumber, count: number, everyMs: number): Promise<void>;
  /** ms from the sender's wish to this page's knowledge, for each of `count` stamped texts. */
  receiveStamped(conversation: ConversationNumber, count: number): Promise<readonly number[]>;
  /** ms until that many hits; fewer when there are no more. */
  search(query: string, hits: number): Promise<{ readonly ms: number; readonly hits: number }>;
  arithmetic(order: Order): Promise<Figures>;
}

declare global {
  interface Window {
    bench: BenchApi;
  }
}

const STAMP = 'stamped ';
/** The one name the relay's policy allows besides Svelte's; this page is not the app and has no other. */
const trusted = (
  globalThis as unknown as {
    trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } };
  }
).trustedTypes?.createPolicy('depesche', { createScriptURL: (url: string) => url });
const trustedScriptUrl = (url: string): string => trusted?.createScriptURL(url) ?? url;

let opened: AppClient | undefined;

function client(): AppClient {
  if (opened === undefined) throw new Error('the client is not open');
  return opened;
}

function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** The first value for which `pick` has an answer. */
function firstOf<T, A>(
  observe: (onValue: (value: T) => void) => () => void,
  pick: (value: T) => A | undefined,
): Promise<A> {
  return new Promise((resolve) => {
    let isDone = false;
    const stop = observe((value) => {
      const answer = pick(value);
      if (answer === undefined || isDone) return;
      isDone = true;
      resolve(answer);
      setTimeout(() => stop(), 0);
    });
  });
}

async function must(result: Promise<{ readonly ok: boolean }>): Promise<void> {
  if (!(await result).ok) throw new Error('the vault does not take it');
}

async function markRead(conversation: ConversationNumber): Promise<void> {
  const upTo = await firstOf(
    (onValue: Parameters<AppClient['observeConversation']>[1]) =>
      client().observeConversation(conversation, onValue),
    (view) => view?.lastOrder,
  );
  await must(client().intend({ type: 'mark-read', conversation, upTo }));
}

const isReady = () =>
  firstOf(
    (onValue: (view: { readonly phase: string }) => void) => client().observeSetup(onValue),
    ({ phase }) => (phase === 'ready' ? true : undefined),
  );

window.bench = {
  async open() {
    const made = await openAppClient({ trustedScriptUrl, onTooNew: () => undefined });
    if (typeof made === 'string') throw new Error(made);
    opened = made;
  },

  async found(token, townName, ownName) {
    await must(client().intend({ type: 'found-town', token, relay: location.origin, townName, ownName }));
    await isReady();
  },

  async invite() {
    await must(client().intend({ type: 'invite', uses: 1, expiresAt: Date.now() + 86_400_000 }));
    return firstOf(
      (onValue: Parameters<AppClient['observeInvitations']>[0]) => client().observeInvitations(onValue),
      (all) => all.find(({ state }) => state === 'open')?.link,
    );
  },

  async join(link, ownName) {
    await must(client().intend({ type: 'join-town', link, ownName }));
    await isReady();
  },

  persons: () =>
    firstOf(
      (onValue: Parameters<AppClient['observeDirectory']>[0]) => client().observeDirectory(onValue),
      ({ persons }) => (persons.length < 2 ? undefined : persons.map(({ id, isMe }) => ({ id, isMe }))),
    ),

  async openDirect(person) {
    const conversation = await client().openDirect(person);
    if (!conversation.ok) throw new Error(conversation.error.type);
    return conversation.value;
  },

  conversations: (count) =>
    firstOf(
      (onValue: Parameters<AppClient['observeList']>[0]) => client().observeList(onValue),
      ({ conversations }) => {
        const named = conversations.filter(({ title }) => title !== '');
        return named.length < count
          ? undefined
          : Object.fromEntries(named.map(({ title, number }) => [title, number]));
      },
    ),

  untilUnread: (count) =>
    firstOf(
      (onValue: Parameters<AppClient['observeList']>[0]) => client().observeList(onValue),
      ({ conversations }) => {
        const unread = conversations.reduce((sum, one) => sum + one.unread, 0);
        if (unread > count) throw new Error(`${unread} unread where ${count} were sent`);
        return unread === count ? true : undefined;
      },
    ).then(() => undefined),

  untilLast: (conversation, text) =>
    new Promise((resolve) => {
      const timeline = client().openTimeline(conversation, {
        limit: 10,
        onChange: ({ items, hasNewer }) => {
          // A window is bounded: what came in beyond it is asked for.
          if (hasNewer) void timeline.loadNewer(items.length);
          const last = items.at(-1)?.content;
          if (last?.type !== 'text' || last.text !== text) return;
          setTimeout(() => timeline.close(), 0);
          resolve();
        },
      });
    }),

  async markAllRead() {
    for (;;) {
      const list = await firstOf(
        (onValue: Parameters<AppClient['observeList']>[0]) => client().observeList(onValue),
        ({ conversations }) => conversations,
      );
      const unread = list.filter((one) => one.unread > 0);
      if (unread.length === 0) return;
      for (const { number } of unread) await markRead(number);
      // A view follows its rows: what it did not count yet is asked for again.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  },

  async sendStamped(conversation, count, everyMs) {
    for (let n = 0; n < count; n++) {
      const text = `${STAMP}${wallClock()}`;
      await must(client().intend({ type: 'send-text', conversation, text }));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  },

  receiveStamped: (conversation, count) =>
    new Promise((resolve) => {
      const began = wallClock();
      const waits = new Map<string, number>();
      const timeline = client().openTimeline(conversation, {
        limit: 10,
        onChange: ({ items }) => {
          const now = wallClock();
          for (const { content } of items) {
            if (content.type !== 'text' || !content.text.startsWith(STAMP) || waits.has(content.text))
              continue;
            const sentAt = Number(content.text.slice(STAMP.length));
            // What was sent to an earlier call stands there as well.
            if (sentAt >= began) waits.set(content.text, now - sentAt);
          }
          if (waits.size < count) return;
          setTimeout(() => timeline.close(), 0);
          resolve([...waits.values()]);
        },
      });
    }),

  async search(query, hits) {
    const stop = new AbortController();
    const from = performance.now();
    let found = 0;
    for await (const hit of client().search(query, stop.signal)) {
      if (!hit.text.includes(query)) throw new Error('a hit that is none');
      if (++found === hits) break;
    }
    const ms = performance.now() - from;
    stop.abort();
    return { ms, hits: found };
  },

  arithmetic: (order) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module' });
      worker.onmessage = ({ data }: MessageEvent<Figures | { readonly error: string }>) => {
        worker.terminate();
        if ('error' in data) reject(new Error(data.error));
        else resolve(data);
      };
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(order);
    }),
};
