import { describe, expect, it } from 'vitest';
import type { SearchHit } from '../../../src/engine/views';
import { MessageSearch } from '../../../src/ui/search/messageSearch.svelte';

const hit = (order: number, text: string): SearchHit => ({
  conversation: 1,
  conversationTitle: 'Winterdienst',
  order,
  authorName: 'Anna',
  text,
  at: order,
  matchStart: 0,
  matchEnd: 1,
});

/** Answers hits only when told to. */
class SlowSearch {
  readonly asked: string[] = [];
  readonly signals: AbortSignal[] = [];
  pulled = 0;
  #waiting: (() => void)[] = [];
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  async *search(query: string, signal: AbortSignal): AsyncIterable<SearchHit> {
    this.asked.push(query);
    this.signals.push(signal);
    for (let i = 0; i < this.#count; i++) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      this.pulled += 1;
      yield hit(i, query);
    }
  }
  async answer(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#waiting.shift()?.();
      await pause(0);
    }
    await pause(0);
  }
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const times = { debounceMs: 0, paintMs: 0 };

describe('MessageSearch', () => {
  it('asks for nothing until there are two characters', async () => {
    const source = new SlowSearch(3);
    const search = new MessageSearch(source, times);
    search.query = ' ';
    expect(search.step).toBe('empty');
    search.query = 'h';
    await pause(5);
    expect(search.step).toBe('short');
    expect(source.asked).toEqual([]);
  });

  it('searches once for what was typed quickly', async () => {
    const source = new SlowSearch(1);
    const search = new MessageSearch(source, { debounceMs: 15, paintMs: 0 });
    for (const typed of ['hy', 'hyd', 'hydr']) search.query = typed;
    await pause(30);
    expect(source.asked).toEqual(['hydr']);
    search.stop();
  });

  it('shows hits as they come and says when all are there', async () => {
    const source = new SlowSearch(2);
    const search = new MessageSearch(source, times);
    search.query = 'hydr';
    await pause(5);
    await source.answer(1);
    expect([search.step, search.hits.length]).toEqual(['searching', 1]);
    await source.answer(1);
    await pause(1);
    expect([search.step, search.hits.length]).toEqual(['done', 2]);
  });

  it('never shows a hit of an abandoned query under the new one', async () => {
    const source = new SlowSearch(5);
    const search = new MessageSearch(source, times);
    search.query = 'alt';
    await pause(5);
    await source.answer(1);
    search.query = 'neu';
    await pause(5);
    expect(source.signals[0]?.aborted).toBe(true);
    // The first one to answer is the old search, late.
    await source.answer(2);
    expect(new Set(search.hits.map((x) => x.text))).toEqual(new Set(['neu']));
    search.stop();
  });

  it('stops reading the vault after a page, and goes on when asked', async () => {
    async function* endless(query: string): AsyncIterable<SearchHit> {
      for (let i = 0; ; i++) {
        await pause(0);
        yield hit(i, query);
      }
    }
    const search = new MessageSearch({ search: endless }, times);
    search.query = 'hydr';
    await expect.poll(() => search.step).toBe('paused');
    expect(search.hits.length).toBe(40);
    search.more();
    await expect.poll(() => search.step).toBe('paused');
    expect(search.hits.length).toBe(80);
  });

  it('keeps what it found when the search breaks', async () => {
    async function* broken(query: string): AsyncIterable<SearchHit> {
      yield hit(0, query);
      await pause(0);
      throw new Error('connection lost');
    }
    const search = new MessageSearch({ search: broken }, times);
    search.query = 'hydr';
    await expect.poll(() => search.step).toBe('failed');
    expect(search.hits.length).toBe(1);
  });
});
