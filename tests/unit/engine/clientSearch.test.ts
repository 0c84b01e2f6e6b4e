import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchConversations } from '../../../src/engine/clientSearch';
import type { ConversationSummary, SearchHit } from '../../../src/engine/views';
import { documentRowKey, rowKey } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import type { SealedRecords } from '../../../src/records/sealedRecords';
import { addToTimeline } from '../../../src/records/timelineRows';
import { ANNA, BERT, item, NAMES, openRecords, textItem } from './records';

function summary(number: number, at: number): ConversationSummary {
  return {
    number,
    kind: 'group',
    title: `Gruppe ${number}`,
    preview: undefined,
    at,
    unread: 0,
    waiting: 0,
    isPinned: false,
    isMuted: false,
    isArchived: false,
    isMember: true,
  };
}

/** Stores items as the engine does, and answers the conversation's summary. */
async function fill(
  records: SealedRecords,
  number: number,
  items: readonly TimelineRecord[],
): Promise<ConversationSummary> {
  const { writes } = await addToTimeline(records, number, [], items);
  await records.vault.commit({ writes });
  return summary(number, items.at(-1)?.relayAt ?? 1);
}

async function search(
  records: SealedRecords,
  conversations: readonly ConversationSummary[],
  query: string,
  signal = new AbortController().signal,
): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  for await (const hit of searchConversations(records, conversations, NAMES, query, signal)) hits.push(hit);
  return hits;
}

describe('search', () => {
  it('finds texts as German readers expect, with place, author and conversation', async () => {
    const records = await openRecords();
    const conversation = await fill(records, 1_000, [
      textItem(1, 'Die Straße ist gesperrt', { author: BERT }),
      textItem(2, 'Danke'),
    ]);
    expect(await search(records, [conversation], 'STRASSE')).toEqual([
      {
        conversation: 1_000,
        conversationTitle: 'Gruppe 1000',
        order: 256,
        authorName: 'Bert Böhm',
        text: 'Die Straße ist gesperrt',
        at: 15,
        matchStart: 4,
        matchEnd: 10,
      },
    ]);
  });

  it('finds texts only, and nothing for an empty query', async () => {
    const records = await openRecords();
    const conversation = await fill(records, 1_000, [
      textItem(1, 'Bauhof'),
      item(2, { kind: 'title', title: 'Bauhof' }, { effects: [{ type: 'renamed', title: 'Bauhof' }] }),
      item(3, { kind: 'unknown' }),
      { ...textItem(4, 'Bauhof'), proof: undefined, gap: { count: 1, reason: 'unreadable' } },
      textItem(5, 'Bauhof', { author: undefined }),
      textItem(6, 'Bauhof', { proof: { epochTag: new Uint8Array(8), entry: new Uint8Array(9) } }),
    ]);
    const hits = await search(records, [conversation], 'bauhof');
    expect(hits.map(({ at, authorName }) => [at, authorName])).toEqual([
      [55, ''],
      [15, 'Anna Ahrens'],
    ]);
    for (const empty of ['', '  ', '\u0301'])
      expect(await search(records, [conversation], empty)).toEqual([]);
    expect(await search(records, [], 'x')).toEqual([]);
    expect(await search(records, [summary(4_000, 9)], 'x')).toEqual([]);
  });

  it('does not look into documents or other conversations', async () => {
    const records = await openRecords();
    const conversation = await fill(records, 1_000, [textItem(1, 'hier')]);
    await fill(records, 1_001, [textItem(1, 'hier nicht')]);
    const row = documentRowKey(1_000, 256);
    await records.vault.commit({
      writes: [await records.put('rows', row, [textItem(1, 'hier auch nicht')])],
    });
    expect((await search(records, [conversation], 'hier')).map(({ text }) => text)).toEqual(['hier']);
  });

  it('is newest first across conversations, however the texts are spread', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 300 }), async (spread) => {
        const records = await openRecords();
        const lists: TimelineRecord[][] = [[], [], [], []];
        const expected: number[] = [];
        for (const [index, [where, isHit]] of spread.entries()) {
          const at = index + 1;
          lists[where]!.push(
            textItem(at, isHit ? `Treffer ${at}` : 'anderes', { relayAt: at, author: ANNA }),
          );
          if (isHit) expected.unshift(at);
        }
        const conversations: ConversationSummary[] = [];
        for (const [index, list] of lists.entries())
          conversations.push(await fill(records, 1_000 + index, list));
        expect((await search(records, conversations, 'treffer')).map(({ at }) => at)).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  });

  it('goes on behind rows that cannot be read', async () => {
    const records = await openRecords();
    const texts = Array.from({ length: 40 }, (_, i) => textItem(i + 1, `Treffer ${i + 1}`));
    const conversation = await fill(records, 1_000, texts);
    const broken = [...texts.slice(8, 26), texts[38]!];
    await records.vault.commit({
      writes: broken.map(({ order }) => ({
        store: 'rows',
        key: rowKey(1_000, order),
        value: new Uint8Array(50),
      })),
    });
    const hits = await search(records, [conversation], 'treffer');
    const found = texts.filter((text) => !broken.includes(text)).map(({ order }) => order);
    expect(hits.map(({ order }) => order)).toEqual(found.reverse());
  });

  it('shows the newest before it has read the rest, and ends when it is told to', async () => {
    const records = await openRecords();
    const texts = Array.from({ length: 600 }, (_, i) => textItem(i + 1, `Treffer ${i + 1}`));
    const conversation = await fill(records, 1_000, texts);
    let reads = 0;
    const counting = new Proxy(records, {
      get(target, name) {
        if (name === 'openRows' || name === 'range') reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const abort = new AbortController();
    const hits: SearchHit[] = [];
    for await (const hit of searchConversations(counting, [conversation], NAMES, 'treffer', abort.signal)) {
      hits.push(hit);
      if (hits.length === 1) expect(reads).toBe(1);
      if (hits.length === 3) abort.abort();
    }
    expect(hits.map(({ order }) => order)).toEqual([600, 599, 598].map((n) => n * 256));
    expect(reads).toBe(1);
    abort.abort();
    expect(await search(records, [conversation], 'treffer', abort.signal)).toEqual([]);
  });
});
