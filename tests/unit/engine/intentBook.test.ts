import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EntryIntent } from '../../../src/records/logRecords';
import { IntentBook, NotStored } from '../../../src/engine/intentBook';
import { entryOfAsk, type Ask } from '../../../src/engine/setupRecords';
import type { SealedRecords } from '../../../src/records/sealedRecords';
import { entryId, entryIntent, openRecords } from './records';

let records: SealedRecords;
let handled: number[];
let told: (readonly number[])[];
let failures: Error[];
let pauses: number;
let book: IntentBook;
const failed = vi.fn();

beforeEach(async () => {
  records = await openRecords();
  handled = [];
  told = [];
  failures = [];
  pauses = 0;
  book = newBook();
});

function newBook(): IntentBook {
  return new IntentBook(records, {
    handle: ([{ number }]) => {
      handled.push(number);
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve(1) : Promise.reject(failure);
    },
    pause: () => {
      pauses += 1;
      return Promise.resolve();
    },
    entriesAdded: (logs) => {
      if (logs.size > 0) told.push([...logs]);
    },
  });
}

const ask = (n: number): Ask => ({
  type: 'ask',
  intent: { type: 'send-text', conversation: 1_000, text: `Wunsch ${n}` },
  entry: entryId(n),
  salt: new Uint8Array(16),
  askedAt: n,
});

async function add(intent: Ask | EntryIntent): Promise<number> {
  const added = await records.addIntent(intent);
  if (!added.ok) throw new Error(added.error.type);
  return added.value;
}
const numbersOf = (log = 1_000) => book.waiting(log).map(({ number }) => number);
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));
const start = () => book.start(failed);

describe('reading the store', () => {
  it('takes what waited before, in order, wishes to be carried out and entries to be kept', async () => {
    const numbers = [
      await add(ask(1)),
      await add(entryIntent(2)),
      await add(ask(3)),
      await add(entryIntent(4)),
    ];
    await start();
    await vi.waitFor(() => expect(handled).toEqual([numbers[0], numbers[2]]));
    expect(numbersOf()).toEqual([numbers[1], numbers[3]]);
    expect(book.all().map(({ number }) => number)).toEqual([numbers[1], numbers[3]]);
  });

  it('has every entry at hand when it has started, though wishes before them take long', async () => {
    let letGo: () => void = () => undefined;
    const first = await add(ask(1));
    const second = await add(entryIntent(2));
    book = new IntentBook(records, {
      handle: ([{ number }]) => {
        handled.push(number);
        return new Promise((resolve) => {
          letGo = () => {
            resolve(1);
          };
        });
      },
      pause: () => Promise.resolve(),
      entriesAdded: () => undefined,
    });
    await start();
    expect(numbersOf()).toEqual([second]);
    await vi.waitFor(() => expect(handled).toEqual([first]));
    letGo();
  });

  it('starts with nothing, and with what cannot be read', async () => {
    await start();
    expect(book.all()).toEqual([]);
    book.stop();
    await records.vault.addIntent(new Uint8Array(40));
    book = newBook();
    await start();
    expect(book.all()).toEqual([]);
  });

  it('takes nothing twice, whatever is written beside it', async () => {
    const numbers = [await add(ask(1))];
    await start();
    for (let i = 2; i <= 20; i++) numbers.push(await add(ask(i)));
    await vi.waitFor(() => expect(handled).toHaveLength(20));
    // A wish becomes an entry under its own number; the store tells of it again.
    await records.vault.commit({ writes: [await records.putIntent(numbers[0]!, entryIntent(1))] });
    await records.vault.commit({ writes: [{ store: 'intents', delete: [numbers[1]!, 0] }] });
    await settled();
    expect(handled).toEqual(numbers);
  });

  it('carries out wishes one after the other', async () => {
    let running = 0;
    let most = 0;
    book = new IntentBook(records, {
      handle: async ([{ number }]) => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        handled.push(number);
        return 1;
      },
      pause: () => Promise.resolve(),
      entriesAdded: () => undefined,
    });
    const numbers: number[] = [];
    for (let i = 0; i < 5; i++) numbers.push(await add(ask(i)));
    await start();
    for (let i = 5; i < 10; i++) numbers.push(await add(ask(i)));
    await vi.waitFor(() => expect(handled).toEqual(numbers));
    expect(most).toBe(1);
  });

  it('tells of the logs for which entries came, those made of wishes included', async () => {
    const number = await add(ask(1));
    await add(entryIntent(2, { log: 2_000 }));
    book = new IntentBook(records, {
      handle: ([{ number: asked, ask: wish }]) => {
        book.set(asked, entryOfAsk(wish, 3_000, { kind: 'text', text: 'x' }));
        return Promise.resolve(1);
      },
      pause: () => Promise.resolve(),
      entriesAdded: (logs) => told.push([...logs]),
    });
    await start();
    await vi.waitFor(() => expect(new Set(told.flat())).toEqual(new Set([2_000, 3_000])));
    expect(numbersOf(3_000)).toEqual([number]);
  });

  it('offers what follows with each wish, and goes on behind what was carried out together', async () => {
    const offered: (readonly number[])[] = [];
    book = new IntentBook(records, {
      handle: (wishes) => {
        offered.push(wishes.map(({ number }) => number));
        return Promise.resolve(Math.min(2, wishes.length));
      },
      pause: () => Promise.resolve(),
      entriesAdded: () => undefined,
    });
    const [a, b, c] = [await add(ask(1)), await add(ask(2)), await add(ask(3))];
    await start();
    await vi.waitFor(() => expect(offered).toEqual([[a, b, c], [c]]));
  });

  it('ends with stop', async () => {
    await start();
    book.stop();
    await add(ask(1));
    await settled();
    expect(handled).toEqual([]);
  });
});

describe('a wish that fails', () => {
  it('because it could not be stored is tried again before the next one', async () => {
    const [one, two] = [await add(ask(1)), await add(ask(2))];
    failures = [new NotStored(), new NotStored()];
    await start();
    await vi.waitFor(() => expect(handled).toEqual([one, one, one, two]));
    expect(pauses).toBe(2);
  });

  it('for another reason does not hold up the others', async () => {
    const [one, two] = [await add(ask(1)), await add(ask(2))];
    failures = [new Error('a bug')];
    await start();
    await vi.waitFor(() => expect(handled).toEqual([one, two]));
    expect(pauses).toBe(0);
  });
});

describe('entries of the engine’s own', () => {
  it('are at hand at once and not taken again when the store tells of them', async () => {
    await start();
    const intent = entryIntent(1, { counter: 5 });
    const number = await add(intent);
    book.tell(number, intent);
    book.remove(number);
    await settled();
    expect(book.all()).toEqual([]);
    const next = await add(entryIntent(2));
    await vi.waitFor(() => expect(numbersOf()).toEqual([next]));
  });

  it('changed before the store tells of them keep the change', async () => {
    await start();
    const number = await add(entryIntent(1));
    book.tell(number, entryIntent(1));
    book.set(number, entryIntent(1, { counter: 9 }));
    await settled();
    expect(book.waiting(1_000)).toEqual([{ number, intent: entryIntent(1, { counter: 9 }) }]);
  });
});

describe('order (SPEC O2)', () => {
  it('what has a counter goes first, by counter; then what was asked for, by number', () => {
    book.set(4, entryIntent(4));
    book.set(2, entryIntent(2, { counter: 12 }));
    book.set(3, entryIntent(3));
    book.set(9, entryIntent(9, { counter: 11 }));
    book.set(1, entryIntent(1));
    expect(numbersOf()).toEqual([9, 2, 1, 3, 4]);
    // A counter is given: it moves.
    book.set(4, entryIntent(4, { counter: 13 }));
    expect(numbersOf()).toEqual([9, 2, 4, 1, 3]);
    book.remove(2);
    expect(numbersOf()).toEqual([9, 4, 1, 3]);
    book.remove(2);
    expect(numbersOf()).toEqual([9, 4, 1, 3]);
  });

  it('is one for each log; a log nobody writes to is empty', () => {
    book.set(1, entryIntent(1));
    book.set(2, entryIntent(2, { log: 2_000 }));
    expect([numbersOf(), numbersOf(2_000), numbersOf(3_000)]).toEqual([[1], [2], []]);
    book.set(1, entryIntent(1, { log: 2_000 }));
    expect([numbersOf(), numbersOf(2_000)]).toEqual([[], [1, 2]]);
  });

  it('is that of a sorted list, whatever is set and removed', () => {
    const step = fc.record({
      number: fc.integer({ min: 1, max: 12 }),
      act: fc.constantFrom('fresh', 'counted', 'remove', 'remove-all'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const one = newBook();
        const model = new Map<number, number>();
        let counter = 1;
        for (const { number, act } of steps) {
          if (act === 'remove') {
            one.remove(number);
            model.delete(number);
          } else if (act === 'remove-all') {
            one.removeAll([number, number + 1, 99]);
            model.delete(number);
            model.delete(number + 1);
          } else {
            const given = act === 'counted' ? counter++ : undefined;
            one.set(number, entryIntent(number, { counter: given }));
            model.set(number, given ?? Infinity);
          }
          const expected = [...model].sort(([m, x], [n, y]) => (x === y ? m - n : x - y)).map(([n]) => n);
          expect(one.waiting(1_000).map((item) => item.number)).toEqual(expected);
        }
      }),
    );
  });
});
