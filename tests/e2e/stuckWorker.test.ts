/** The engine's worker hangs in an endless loop: a new one takes over, and people go on writing. */
import type { Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const GROUP = 'Bauhof';

let town: BrowserTown;
let anna: Staff;
let bert: Staff;
/** All there is in the group, in order. */
const texts = ['Willkommen'];

beforeAll(async () => {
  town = await BrowserTown.of('Musterstadt', [
    { name: ANNA, device: 'desktop' },
    { name: BERT, device: 'desktop' },
  ]);
  [anna, bert] = town.staff as [Staff, Staff];
  await anna.createGroup(GROUP, [BERT]);
  await anna.write('Willkommen');
  await bert.openConversation(GROUP);
  await bert.sees('Willkommen');
});
afterAll(() => town.close());

/** The next thing the worker is asked begins a loop that never ends. */
function hang(worker: Worker): void {
  const isStarted = worker.evaluate(() => {
    addEventListener('message', () => {
      for (;;);
    });
  });
  // It may be gone before it could be told to.
  isStarted.catch(() => undefined);
}

async function bothHave(expected: readonly string[], timeout?: number): Promise<void> {
  for (const staff of [anna, bert]) await staff.shows(expected, timeout);
}

it('replaces a worker that hangs, and hands over what was written meanwhile', async () => {
  for (let round = 1; round <= 2; round++) {
    // The browser takes its time to end one that hangs.
    const worker = anna.page.workers().at(-1);
    expect(worker).toBeDefined();
    const replaced = anna.page.waitForEvent('worker', (other) => other !== worker);
    hang(worker as Worker);
    await anna.write(`Runde ${round}`);
    texts.push(`Runde ${round}`);
    await replaced;
    await bert.sees(`Runde ${round}`);
    await bert.write(`Antwort ${round}`);
    texts.push(`Antwort ${round}`);
    await bothHave(texts);
  }
});

it('says so when every new worker hangs too, and takes what is written', { timeout: 300_000 }, async () => {
  await anna.page.reload();
  anna.page.on('worker', hang);
  anna.page.workers().forEach(hang);
  await anna.text('Depesche kommt gerade nicht weiter').waitFor({ timeout: 60_000 });
  await anna.write('Das geht später hinaus');
  await anna.page.getByRole('status').getByText('Depesche kommt gerade nicht weiter').first().click();
  await anna.text(/^Etwas, das hier eingegangen ist, lässt sich nicht verarbeiten/).waitFor();
  await anna.text('Das geht später hinaus').waitFor();
  await anna.openConversation(GROUP);
  await anna.shows([...texts, 'Das geht später hinaus']);
  anna.page.off('worker', hang);
  texts.push('Das geht später hinaus');
  // Each new worker is waited for longer than the one before.
  await bothHave(texts, 120_000);
});

it('says nothing on any console', () => {
  expect(town.problems).toEqual([]);
});
