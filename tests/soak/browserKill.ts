/**
 * Promise P2 in real Chromium: while somebody writes as fast as the app takes it, the whole browser is killed at
 * a moment nobody chose (SIGKILL), and opened again over the same profile. Whatever the screen had called saved
 * by then must be there, and must arrive at the other side exactly once.
 *
 * A text counts as called saved when its bubble, or the one that speaks for it, named a state behind "wird
 * gespeichert", and this process had heard of that before the kill. Limit: a killed process loses nothing the system had taken from it; that is
 * no power cut.
 */
import type { Page } from 'playwright-core';
import { SeededRandom } from '../helpers/seededRandom';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
/** High enough for all texts of a round at once: only what is in sight can be read. */
const WINDOW = { width: 1280, height: 3_000 };
/** Longer than anything in here takes on a busy machine. */
const PATIENCE_MS = 60_000;
/** What one round writes at most. */
const TEXTS_AT_ONCE = 40;

export interface BrowserKillOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export interface BrowserKillReport {
  readonly kills: number;
  /** Put into the field and sent; what the kill came before is not promised. */
  readonly written: number;
  readonly calledSaved: number;
  /** Of those, after the browser was opened again. */
  readonly there: number;
  /** Texts that the other side has exactly once: these, and some that the kill overtook. */
  readonly arrivedOnce: number;
  /** Empty when every promise was kept. */
  readonly faults: readonly string[];
}

export async function browserKill({ seed, rounds, say }: BrowserKillOptions): Promise<BrowserKillReport> {
  const random = new SeededRandom(seed);
  const faults: string[] = [];
  const counts = { kills: 0, written: 0, calledSaved: 0, there: 0, arrivedOnce: 0 };
  const town = await BrowserTown.of('Musterstadt', [
    { name: ANNA, device: 'desktop' },
    { name: BERT, device: 'desktop' },
  ]);
  try {
    const [anna, bert] = town.staff as [Staff, Staff];
    await anna.isKept();
    await bert.page.setViewportSize(WINDOW);
    for (let round = 1; round <= rounds; round++) {
      // A group of its own: all its texts are in sight, and the kill may meet its founding.
      const group = `Runde ${round}`;
      await anna.createGroup(group, [BERT]);
      const isOffline = random.unit() < 0.3;
      if (isOffline) await anna.goOffline();
      const [saved, written] = await writeUntilKilled(anna, random);
      counts.kills += 1;

      await anna.open();
      await anna.page.setViewportSize(WINDOW);
      await anna.visit();
      await anna.openConversation(group);
      const there = await textsOnceAllAreThere(anna, saved);
      const lost = saved.filter((text) => !there.includes(text));
      faults.push(...lost.map((text) => `round ${round}: "${text}" was called saved and is gone`));

      if (isOffline) await anna.goOnline();
      await bert.openConversation(group);
      const arrived = await textsOnceAllAreThere(bert, there);
      faults.push(...differences(round, there, arrived));

      counts.written += written;
      counts.calledSaved += saved.length;
      counts.there += saved.length - lost.length;
      counts.arrivedOnce += there.filter((text) => countOf(arrived, text) === 1).length;
      const network = isOffline ? 'without network' : 'online';
      say(`${round}: ${network}, ${written} written, ${saved.length} called saved, ${there.length} there`);
    }
    faults.push(...town.problems);
  } finally {
    await town.close();
  }
  return { ...counts, faults };
}

/** Answers what was called saved before the kill, and how many texts were sent. */
async function writeUntilKilled(
  anna: Staff,
  random: SeededRandom,
): Promise<readonly [saved: readonly string[], written: number]> {
  const saved = new Set<string>();
  let written = 0;
  await anna.page.exposeFunction('tellSaved', (text: string) => saved.add(text));
  await anna.page.exposeFunction('tellWritten', () => (written += 1));
  const pauseMs = random.oneOf([0, 5, 20, 60]);
  await startWriting(anna.page, pauseMs);
  await new Promise((resolve) => setTimeout(resolve, random.between(20, pauseMs < 20 ? 600 : 1_500)));
  // What the page says from now on may be on its way to a process that is dead already.
  await anna.kill();
  return [[...saved], written];
}

async function startWriting(page: Page, pauseMs: number): Promise<void> {
  await page.evaluate(
    ([pause, most]) => {
      const tell = globalThis as unknown as { tellSaved(text: string): void; tellWritten(): void };
      const field = document.querySelector('textarea');
      if (field === null) throw new Error('there is no field to write in');
      // Methods, because the page does not know the helper by which functions keep their names.
      const writer = {
        told: new Set<string>(),
        number: 0,
        look(): void {
          // Where a bubble names no state, the next one of the run says it for both.
          let state = '';
          for (const article of [...document.querySelectorAll('article')].reverse()) {
            state = article.querySelector('.meta .state')?.textContent ?? state;
            const text = article.querySelector('p.text')?.textContent ?? '';
            if (state === '' || state.includes('wird gespeichert') || this.told.has(text)) continue;
            this.told.add(text);
            tell.tellSaved(text);
          }
        },
        write(): void {
          this.number += 1;
          field.value = `Text ${this.number}`;
          field.dispatchEvent(new Event('input', { bubbles: true }));
          field.form?.requestSubmit();
          tell.tellWritten();
          if (this.number < most) setTimeout(() => this.write(), pause);
        },
      };
      new MutationObserver(() => writer.look()).observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      writer.write();
    },
    [pauseMs, TEXTS_AT_ONCE] as const,
  );
}

/** In order; all that are there when time is up if some never come. */
async function textsOnceAllAreThere(staff: Staff, wanted: readonly string[]): Promise<readonly string[]> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const texts = await staff.texts();
    if (wanted.every((text) => texts.includes(text)) || Date.now() > end) return texts;
    await staff.page.waitForTimeout(50);
  }
}

function differences(round: number, there: readonly string[], arrived: readonly string[]): readonly string[] {
  const faults: string[] = [];
  for (const text of there) {
    const count = countOf(arrived, text);
    if (count === 0) faults.push(`round ${round}: "${text}" did not arrive`);
    if (count > 1) faults.push(`round ${round}: "${text}" arrived ${count} times`);
    if (countOf(there, text) > 1) faults.push(`round ${round}: "${text}" is there more than once`);
  }
  if (faults.length === 0 && there.join('\n') !== arrived.join('\n'))
    faults.push(`round ${round}: the order differs: ${there.join(', ')} / ${arrived.join(', ')}`);
  return faults;
}

function countOf(texts: readonly string[], text: string): number {
  return texts.filter((one) => one === text).length;
}
