/**
 * One device's years in a town, made once for all rows that need them: 200 conversations in a vault on the disk of a
 * Chromium, with a relay that has the same. Two of it, alike but for what is in them: `small` with 1,000 entries,
 * `large` with 100,000. Both live under one address, because a vault belongs to an origin; one is open at a time.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { TestBrowser } from '../../helpers/browser';
import { TestRelay } from '../../helpers/relay';
import { cacheFolder } from '../folders';
import { openBench } from '../page/openBench';
import { openBrowser } from '../page/openBrowser';
import { buildPages } from '../page/buildPages';
import { insist } from '../row';
import { textsFrom } from './texts';
import { Writer } from './writer';

export type Size = 'small' | 'large';

export const CONVERSATIONS = 200;
export const TITLES = Array.from({ length: CONVERSATIONS }, (_, n) => `Gruppe ${n + 1}`);
const ENTRIES = { small: 1_000, large: 100_000 } as const;
/** Of one author, as after a queue was flushed; they fill a padded 8 KiB well. */
export const PER_ENVELOPE = 28;
/** The conversations grow by turns, in so many rounds. */
const TURNS = 4;

export class BigTown {
  readonly folder: string;
  readonly writer: Writer;
  readonly conversations: Readonly<Record<string, number>>;
  /** Messages by title, by town. */
  readonly counts: Readonly<Record<Size, Map<string, number>>>;
  readonly #port: number;
  #open:
    { readonly size: Size; readonly relay: TestRelay; readonly browser: TestBrowser | undefined } | undefined;

  private constructor(
    folder: string,
    writer: Writer,
    conversations: Readonly<Record<string, number>>,
    counts: Readonly<Record<Size, Map<string, number>>>,
    port: number,
  ) {
    this.folder = folder;
    this.writer = writer;
    this.conversations = conversations;
    this.counts = counts;
    this.#port = port;
  }

  static async make(say: (text: string) => void): Promise<BigTown> {
    const folder = mkdtempSync(join(cacheFolder, 'bench/town-'));
    const relay = await TestRelay.start({
      main: await buildPages(),
      dataFolder: join(folder, 'relay-small'),
    });
    const { browser, page } = await openBench(relay.address, join(folder, 'browser-small'));
    try {
      say(`founding a town with ${CONVERSATIONS} conversations …`);
      const token = /einrichten\/([\w-]+)/.exec(relay.setupLink ?? '')?.[1] ?? '';
      const link = await page.evaluate(async (setupToken) => {
        await window.bench.open();
        await window.bench.found(setupToken, 'Rechenstadt', 'Anna Leserin');
        return window.bench.invite();
      }, token);
      const writer = await Writer.join(relay.address, link, TITLES);
      const conversations = await page.evaluate((count) => window.bench.conversations(count), CONVERSATIONS);
      const counts = { small: new Map<string, number>(), large: new Map<string, number>() };
      const town = new BigTown(folder, writer, conversations, counts, relay.port);
      say(`writing ${ENTRIES.small} entries …`);
      await town.#fill('small', page, ENTRIES.small);
      await browser.close();
      await relay.stop();
      cpSync(join(folder, 'relay-small'), join(folder, 'relay-large'), { recursive: true });
      cpSync(join(folder, 'browser-small'), join(folder, 'browser-large'), { recursive: true });
      for (const [title, count] of counts.small) counts.large.set(title, count);
      say(`writing ${ENTRIES.large} entries …`);
      const began = performance.now();
      await town.openRelay('large');
      const large = await openBench(town.address, town.#profile('large'));
      await large.page.evaluate(() => window.bench.open());
      await town.#fill('large', large.page, ENTRIES.large);
      await large.browser.close();
      await town.close();
      say(`they are there after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
      return town;
    } catch (error) {
      await browser.close();
      await relay.stop();
      throw error;
    }
  }

  get address(): string {
    insist(this.#open !== undefined, 'a town is open');
    return this.#open.relay.address;
  }

  get port(): number {
    return this.#port;
  }

  countOf(size: Size, title: string): number {
    return this.counts[size].get(title) ?? 0;
  }

  total(size: Size): number {
    return [...this.counts[size].values()].reduce((sum, count) => sum + count, 0);
  }

  /** The relay of that town, and nobody there. */
  async openRelay(size: Size): Promise<void> {
    await this.close();
    const relay = await TestRelay.start({
      main: await buildPages(),
      dataFolder: join(this.folder, `relay-${size}`),
      port: this.#port,
    });
    this.#open = { size, relay, browser: undefined };
  }

  /** The reader's browser as after a start of the computer, without a page yet. */
  async openBrowser(size: Size): Promise<TestBrowser> {
    if (this.#open?.size !== size) await this.openRelay(size);
    insist(this.#open !== undefined, 'a town is open');
    await this.#open.browser?.close();
    const browser = await openBrowser(this.#profile(size));
    this.#open = { ...this.#open, browser };
    return browser;
  }

  /** Into one conversation of the town whose relay is open. */
  async write(size: Size, title: string, count: number, perEnvelope: number): Promise<void> {
    insist(this.#open?.size === size, `the relay of the ${size} town is open`);
    const envelopes = await this.writer.seal(title, textsFrom(this.countOf(size, title), count), perEnvelope);
    await this.writer.append(this.#port, title, envelopes);
    this.counts[size].set(title, this.countOf(size, title) + count);
  }

  async close(): Promise<void> {
    await this.#open?.browser?.close();
    await this.#open?.relay.stop();
    this.#open = undefined;
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #profile(size: Size): string {
    return join(this.folder, `browser-${size}`);
  }

  /** Until the town has `total` entries and the page's device has them all. */
  async #fill(size: Size, page: Page, total: number): Promise<void> {
    const each = total / CONVERSATIONS;
    for (let turn = 1; turn <= TURNS; turn++) {
      const work: { title: string; envelopes: Awaited<ReturnType<Writer['seal']>> }[] = [];
      for (const title of TITLES) {
        const has = this.countOf(size, title);
        const wants = Math.round((each * turn) / TURNS) - has;
        if (wants <= 0) continue;
        const envelopes = await this.writer.seal(title, textsFrom(has, wants), PER_ENVELOPE);
        work.push({ title, envelopes });
        this.counts[size].set(title, has + wants);
      }
      await this.writer.appendAll(this.#port, work);
    }
    const added = total - (size === 'large' ? ENTRIES.small : 0);
    await page.evaluate(async (count) => {
      await window.bench.untilUnread(count);
      await window.bench.markAllRead();
    }, added);
  }
}

let made: Promise<BigTown> | undefined;

/** The same for every row of a run. */
export function bigTown(say: (text: string) => void): Promise<BigTown> {
  made ??= BigTown.make(say);
  return made;
}

export async function endBigTown(): Promise<void> {
  if (made === undefined) return;
  await made.then(
    (town) => town.end(),
    () => undefined,
  );
}
